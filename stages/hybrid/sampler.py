"""Batches of training pairs, each a pure function of (pairs, settings, seed, step).

A batch is monolingual with probability ``mono_ratio``, else cross-lingual (arXiv 2408.10536, section 3). Every
strategy yields the same number of batches and of pairs. Any step is drawn on its own, in time that does not grow with
the step.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from stages.hybrid.errors import UserError

STRATEGIES = ("hybrid", "monolingual", "cross_lingual", "en_en", "x_x")
TRIES_PER_PAIR = 200  # random draws before the groups that are left are listed


@dataclass(frozen=True)
class SamplerSettings:
    """How batches are drawn.

    ``strategy``: ``hybrid``; ``monolingual`` and ``cross_lingual`` are hybrid's two ends; ``en_en`` (English only) and
    ``x_x`` (monolingual pairs of mixed languages in one batch) are LAReQA's baselines (arXiv 2004.05484).
    ``mono_ratio``: probability in [0, 1] that a hybrid batch is monolingual.
    ``dataset_exponent`` and ``language_exponent``: probability in proportion to size ** exponent; 0 is uniform, 1 by
    size.
    ``language_weights``: relative weights that replace the size; a language that is not named has weight 1, and 0
    leaves it out.
    """

    strategy: str
    mono_ratio: float
    batches: int
    batch_size: int
    dataset_exponent: float
    language_exponent: float
    language_weights: dict[str, float]

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise UserError(f"strategy is {self.strategy!r}, expected one of {', '.join(STRATEGIES)}")
        if not 0 <= self.mono_ratio <= 1:
            raise UserError(f"mono_ratio is {self.mono_ratio}, expected a probability from 0 to 1")
        if self.batches < 1 or self.batch_size < 2:
            raise UserError(f"batches is {self.batches} and batch_size {self.batch_size}, expected at least 1 and 2")
        for name in ("dataset_exponent", "language_exponent"):
            if not 0 <= getattr(self, name) <= 1:
                raise UserError(f"{name} is {getattr(self, name)}, expected 0 (uniform) to 1 (by size)")
        if any(weight < 0 for weight in self.language_weights.values()):
            raise UserError(f"language_weights is {self.language_weights}, expected no negative weight")


class Batch(NamedTuple):
    """A batch; the three lists are parallel, one entry a pair."""

    step: int  # from 0
    kind: str  # monolingual, cross_lingual, en_en or x_x
    dataset: str
    group_ids: list[str]
    query_langs: list[str]
    passage_langs: list[str]


class PairIndex:
    """The training pairs of one data set, by group and language."""

    def __init__(self, name: str, pairs: pd.DataFrame) -> None:
        """Index ``pairs``, with the columns of `records.Pair` and ``twin_id`` (equal for groups that say the same)."""
        self.name = name
        self.group_ids = np.array(sorted(pairs["group_id"].unique()), dtype=object)
        self.languages = sorted(pairs["lang"].unique())
        rows = np.searchsorted(self.group_ids, pairs["group_id"].to_numpy(dtype=object))
        columns = np.searchsorted(self.languages, pairs["lang"].to_numpy(dtype=object))
        self.has = np.zeros((len(self.group_ids), len(self.languages)), dtype=bool)  # (groups, languages)
        self.has[rows, columns] = True
        first = pairs.drop_duplicates("group_id").sort_values("group_id")
        self.pages = pd.factorize(first["page_id"])[0]
        self.twins = pd.factorize(first["twin_id"])[0]
        self._shared: dict[tuple[int, int], np.ndarray] = {}

    def groups_with(self, first: int, second: int) -> np.ndarray:
        """Return the groups that have both languages, as row numbers in ascending order."""
        key = (min(first, second), max(first, second))
        if key not in self._shared:
            self._shared[key] = np.flatnonzero(self.has[:, key[0]] & self.has[:, key[1]])
        return self._shared[key]

    @cached_property
    def sizes(self) -> np.ndarray:
        """Pairs a language, shape (languages,)."""
        return self.has.sum(axis=0)


class Sampler:
    """Draws any batch of a plan; holds no state that drawing changes."""

    def __init__(self, datasets: list[PairIndex], settings: SamplerSettings, seed: int) -> None:
        """Check that every kind of batch that ``settings`` can ask for can be filled.

        Raises:
            UserError: a data set has too few groups or languages for the batch size and strategy.
        """
        self.datasets, self.settings, self.seed = datasets, settings, seed
        self._dataset_shares = _shares(np.array([data.has.sum() for data in datasets]), settings.dataset_exponent)
        self._language_shares = [self._shares_of_languages(data) for data in datasets]
        for number, data in enumerate(datasets):
            for kind in self._kinds():
                self._check(number, kind, data)

    def draw(self, step: int) -> Batch:
        """Return the batch of ``step`` (from 0): same step, same batch, whatever was drawn before."""
        rng = np.random.Generator(np.random.Philox(key=[self.seed, step]))
        number = _pick(rng, self._dataset_shares)
        kind = self._draw_kind(rng)
        data = self.datasets[number]
        groups, pairs = self._fill(rng, number, kind)
        return Batch(
            step,
            kind,
            data.name,
            [str(data.group_ids[group]) for group in groups],
            [data.languages[query] for query, _ in pairs],
            [data.languages[passage] for _, passage in pairs],
        )

    def _kinds(self) -> list[str]:
        """Return the kinds of batch that can come up."""
        if self.settings.strategy != "hybrid":
            return [self.settings.strategy]
        ratio = self.settings.mono_ratio
        return [kind for kind, share in (("monolingual", ratio), ("cross_lingual", 1 - ratio)) if share > 0]

    def _draw_kind(self, rng: np.random.Generator) -> str:
        """Return the batch's kind; every strategy draws one number, so that the rest of the stream is shared."""
        monolingual = rng.random() < self.settings.mono_ratio
        if self.settings.strategy == "hybrid":
            return "monolingual" if monolingual else "cross_lingual"
        return self.settings.strategy

    def _fill(self, rng: np.random.Generator, number: int, kind: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Return ``batch_size`` groups and their (query, passage) languages."""
        data, shares = self.datasets[number], self._language_shares[number]
        language = _pick(rng, self._monolingual_shares(number)) if kind == "monolingual" else -1
        taken = _Taken(data)
        pairs = []
        for _ in range(self.settings.batch_size):
            pair = (language, language) if kind == "monolingual" else self._draw_languages(rng, data, shares, kind)
            taken.draw(rng, data.groups_with(*pair))
            pairs.append(pair)
        return taken.groups, pairs

    def _draw_languages(
        self, rng: np.random.Generator, data: PairIndex, shares: np.ndarray, kind: str
    ) -> tuple[int, int]:
        """Return a (query, passage) language pair that at least one group has."""
        if kind == "en_en":
            english = data.languages.index("en")
            return english, english
        while True:
            first = _pick(rng, shares)
            second = first if kind == "x_x" else _pick(rng, shares)
            if (kind == "x_x" or first != second) and len(data.groups_with(first, second)) >= self.settings.batch_size:
                return first, second

    def _shares_of_languages(self, data: PairIndex) -> np.ndarray:
        weights = self.settings.language_weights
        shares = _shares(data.sizes, self.settings.language_exponent)
        shares = shares * np.array([weights.get(language, 1.0) for language in data.languages])
        if shares.sum() == 0:
            raise UserError(
                f"sampler.language_weights leaves no language of data set {data.name}; give one a weight above 0"
            )
        return shares / shares.sum()

    def _monolingual_shares(self, number: int) -> np.ndarray:
        """Return the languages' shares without those that have fewer groups than a batch."""
        shares = self._language_shares[number] * (self.datasets[number].sizes >= self.settings.batch_size)
        return shares / shares.sum()

    def _check(self, number: int, kind: str, data: PairIndex) -> None:
        """Raise `UserError` where no batch of ``kind`` can be drawn from ``data``."""
        size, shares = self.settings.batch_size, self._language_shares[number]
        chosen = np.flatnonzero(shares)
        if kind == "en_en":
            chosen = np.array([data.languages.index("en")] if "en" in data.languages else [], dtype=int)
        pairs = [(int(a), int(b)) for a in chosen for b in chosen if (a != b) == (kind == "cross_lingual")]
        most = max((len(data.groups_with(a, b)) for a, b in pairs), default=0)
        if most < size:
            raise UserError(
                f"data set {data.name}: a {kind} batch of {size} pairs needs {size} groups that share its languages, "
                f"found {most} at most; lower sampler.batch_size, add pairs, or change sampler.strategy"
            )


class _Taken:
    """The groups of a batch so far, and what they rule out."""

    def __init__(self, data: PairIndex) -> None:
        self.data = data
        self.groups: list[int] = []
        self._groups: set[int] = set()
        self._pages: set[int] = set()
        self._twins: set[int] = set()

    def draw(self, rng: np.random.Generator, candidates: np.ndarray) -> None:
        """Add a group of ``candidates``: of a page and a meaning that are new here if there is one, else a new group.

        The loss masks what a batch of more pairs than pages cannot avoid.
        """
        for _ in range(TRIES_PER_PAIR):
            group = int(candidates[int(rng.random() * len(candidates))])
            if self._is_new(group):
                return self._add(group)
        left = [int(group) for group in candidates if self._is_new(int(group))]
        left = left or [int(group) for group in candidates if int(group) not in self._groups]
        return self._add(left[int(rng.random() * len(left))])

    def _is_new(self, group: int) -> bool:
        known = group in self._groups or self.data.pages[group] in self._pages or self.data.twins[group] in self._twins
        return not known

    def _add(self, group: int) -> None:
        self.groups.append(group)
        self._groups.add(group)
        self._pages.add(int(self.data.pages[group]))
        self._twins.add(int(self.data.twins[group]))


def _shares(sizes: np.ndarray, exponent: float) -> np.ndarray:
    """Return probabilities in proportion to size ** exponent; size 0 has probability 0."""
    weights = np.where(sizes > 0, sizes.astype(float) ** exponent, 0.0)
    return weights / weights.sum()


def _pick(rng: np.random.Generator, shares: np.ndarray) -> int:
    """Return a number drawn by ``shares``; a share of 0 is never drawn."""
    return int(np.searchsorted(np.cumsum(shares) / np.sum(shares), rng.random(), side="right"))
