"""Batches of training pairs, each a pure function of (pairs, params, seed, step).

A batch is monolingual with probability ``mono_ratio``, else cross-lingual (arXiv 2408.10536, section 3). Every
strategy gives the same number of batches and pairs. Any step can be drawn without the steps before it.
"""

from typing import NamedTuple

import numpy as np

from stages.hybrid.batches.pair_index import PairIndex
from stages.hybrid.batches.params import SamplerParams
from stages.hybrid.fair_negatives import Occupied
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Batch

TRIES_PER_PAIR = 200  # random draws before all groups that still fit are listed


class Source(NamedTuple):
    """A training set that can make batches of a kind."""

    kind: str
    data: PairIndex
    share: float  # probability that a batch is of this kind and from this training set
    pair_shares: np.ndarray  # (languages, languages), probability of each query and passage language


class Sampler:
    """Draws any batch of a plan. Drawing a batch does not change the sampler."""

    def __init__(self, datasets: list[PairIndex], params: SamplerParams, seed: int) -> None:
        """Find the training sets and languages that each kind of batch in ``params`` can be drawn from.

        Raises:
            UserError: No training set can make a batch of some kind, or no training set has the language of a weight.
        """
        self.datasets, self.params, self.seed = datasets, params, seed
        known = sorted({language for data in datasets for language in data.languages})
        unknown = sorted(set(params.language_weights) - set(known))
        if unknown:
            raise UserError(
                f"sampler.language_weights names {', '.join(unknown)}, expected languages of the training pairs "
                f"({', '.join(known)}); remove it, or add pairs"
            )
        self.sources = {kind: _sources(datasets, params, kind) for kind in params.kinds}

    def draw(self, step: int) -> Batch:
        """Return the batch of ``step``, from 0. It is the same whatever was drawn before."""
        rng = np.random.Generator(np.random.Philox(key=[self.seed, step]))
        kind = self._draw_kind(rng)
        sources = self.sources[kind]
        source = sources[int(_pick(rng, np.array([source.share for source in sources]), number=1)[0])]
        languages = source.data.languages
        queries, passages = self._draw_languages(rng, source)
        groups = _draw_groups(rng, source.data, queries, passages)
        return Batch(
            step,
            kind,
            source.data.name,
            [str(source.data.group_ids[group]) for group in groups],
            [languages[query] for query in queries],
            [languages[passage] for passage in passages],
        )

    def _draw_kind(self, rng: np.random.Generator) -> str:
        """Return the batch's kind. Every strategy draws one number, so the numbers after it do not depend on it."""
        monolingual = rng.random() < self.params.mono_ratio
        if self.params.strategy == "hybrid":
            return "monolingual" if monolingual else "cross_lingual"
        return self.params.strategy

    def _draw_languages(self, rng: np.random.Generator, source: Source) -> tuple[list[int], list[int]]:
        """Return the query language and the passage language of each pair in a batch, as numbers."""
        size, languages = self.params.batch_size, len(source.data.languages)
        drawn = _pick(rng, source.pair_shares.ravel(), number=1 if source.kind == "monolingual" else size)
        queries, passages = np.divmod(np.resize(drawn, size), languages)
        return queries.tolist(), passages.tolist()


def _sources(datasets: list[PairIndex], params: SamplerParams, kind: str) -> list[Source]:
    """Return the training sets that can make batches of ``kind``.

    Raises:
        UserError: No training set can.
    """
    joint = [_pair_weights(data, params, kind) for data in datasets]
    most = max((int(data.shared[w > 0].max(initial=0)) for data, w in zip(datasets, joint, strict=True)), default=0)
    size = params.batch_size
    if most < size:
        excluded = "" if kind == "cross_lingual" else ", not counting sets in which every query is its own passage"
        raise UserError(
            f"no training set can make a {kind} batch of {size} pairs: found at most {most} groups that share its "
            f"languages{excluded}, expected {size}; lower sampler.batch_size, add pairs, or change sampler.strategy or "
            "sampler.language_weights"
        )
    joint = [weights * (data.shared >= size) for data, weights in zip(datasets, joint, strict=True)]
    able = [(data, weights / weights.sum()) for data, weights in zip(datasets, joint, strict=True) if weights.any()]
    sizes = np.array([data.has.sum() for data, _ in able], dtype=float) ** params.dataset_exponent
    shares = params.kinds[kind] * sizes / sizes.sum()
    return [Source(kind, data, float(share), pairs) for (data, pairs), share in zip(able, shares, strict=True)]


def _pair_weights(data: PairIndex, params: SamplerParams, kind: str) -> np.ndarray:
    """Return the relative weight of each ordered pair of languages for ``kind``, shape (languages, languages)."""
    if data.is_parallel_text and kind != "cross_lingual":
        return np.zeros_like(data.shared, dtype=float)
    weights = data.sizes.astype(float) ** params.language_exponent
    weights *= [params.language_weights.get(language, 1.0) for language in data.languages]
    if kind == "en_en":
        weights *= [language == "en" for language in data.languages]
    if kind == "cross_lingual":
        return np.outer(weights, weights) * (1 - np.eye(len(weights)))
    return np.diag(weights)


def _draw_groups(rng: np.random.Generator, data: PairIndex, queries: list[int], passages: list[int]) -> list[int]:
    """Return a group for each query and passage language, as row numbers; no group occurs twice."""
    taken = _Taken(data)
    for query, passage in zip(queries, passages, strict=True):
        taken.draw(rng, data.groups_with(query, passage))
    return taken.groups


class _Taken:
    """The groups that are in a batch so far."""

    def __init__(self, data: PairIndex) -> None:
        self.data = data
        self.groups: list[int] = []
        self._occupied = Occupied()

    def draw(self, rng: np.random.Generator, groups: np.ndarray) -> None:
        """Add one of ``groups``: a fair negative of all groups in the batch, or any new group if there is none.

        A batch with more pairs than pages cannot avoid such groups. The loss masks them.
        """
        for _ in range(TRIES_PER_PAIR):
            group = int(groups[int(rng.random() * len(groups))])
            if not self._occupied.is_unfair(self.data.codes_of(group)):
                return self._add(group)
        left = groups[~np.isin(groups, self.groups)]
        unfair = self._occupied.are_unfair(self.data.codes[left])
        left = left if unfair.all() else left[~unfair]
        return self._add(int(left[int(rng.random() * len(left))]))

    def _add(self, group: int) -> None:
        self.groups.append(group)
        self._occupied.add(self.data.codes_of(group))


def _pick(rng: np.random.Generator, shares: np.ndarray, *, number: int) -> np.ndarray:
    """Return ``number`` places in ``shares``, drawn in proportion to them; a share of 0 is never drawn."""
    limits = np.cumsum(shares)
    return np.searchsorted(limits / limits[-1], rng.random(number), side="right")
