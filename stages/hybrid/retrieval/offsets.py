"""Language offsets taken out of embeddings without training: centring, and the removal of language directions (LIR).

What is left of a fine-tuned model's gain once its base is treated so is more than a constant offset a language. Both
need every text's language, and are applied to queries and passages each with their own means or directions.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from stages.hybrid.ground.files import read_table, write_table
from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.params import BaselinesParams

BLOCK = 1 << 14  # embeddings that are held as float64 at a time
NOISE = 1e-5  # an embedding shorter than this after the removal held nothing else

Removal = Callable[[np.ndarray, str], np.ndarray]  # embeddings of a language, and which -> what is left of them


def adjust(
    kind: str, data: Benchmark, embeddings: tuple[np.ndarray, np.ndarray], params: BaselinesParams, *, means: Path
) -> tuple[np.ndarray, np.ndarray]:
    """Return the embeddings of queries and passages, each side adjusted by its own means or directions.

    Args:
        kind: one of `ADJUSTMENTS`.
        data: the benchmark that is embedded.
        embeddings: of its queries and of its passages, each ``(n, dim)``.
        params: how many directions ``lir`` removes.
        means: the folder with the means of training text, for ``centred_training``.

    Raises:
        UserError: the means are missing.
    """

    def adjusted(side: str, found: np.ndarray, langs: np.ndarray) -> np.ndarray:
        if kind == "lir":
            return remove_language_directions(found, langs, language_directions(found, langs, params.lir_directions))
        known = read_means(means, side) if kind == "centred_training" else language_means(found, langs)
        return centre(found, langs, known)

    queries, passages = embeddings
    return (
        adjusted("queries", queries, data.queries["lang"].to_numpy(dtype=str)),
        adjusted("passages", passages, data.passages["lang"].to_numpy(dtype=str)),
    )


def language_means(embeddings: np.ndarray, langs: np.ndarray) -> dict[str, np.ndarray]:
    """Return the mean embedding ``(dim,)`` of each language; ``embeddings`` is ``(n, dim)``, ``langs`` ``(n,)``."""
    sums = {str(lang): np.zeros(embeddings.shape[1]) for lang in np.unique(langs)}
    for lang, rows in _blocks(langs):
        sums[lang] += embeddings[rows].sum(axis=0, dtype=np.float64)
    return {lang: total / np.count_nonzero(langs == lang) for lang, total in sums.items()}


def spread_rows(langs: np.ndarray, number: int) -> np.ndarray:
    """Return at most ``number`` rows of each language, spread evenly over those it has, rising."""
    chosen = []
    for lang in np.unique(langs):
        rows = np.flatnonzero(langs == lang)
        chosen.append(rows[np.linspace(0, len(rows) - 1, min(number, len(rows))).astype(int)])
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, dtype=int)


def write_means(folder: Path, side: str, means: Mapping[str, np.ndarray]) -> None:
    """Write the means of one side as ``folder``/SIDE.parquet: a column a language."""
    write_table(folder / f"{side}.parquet", pd.DataFrame(dict(means)))


def read_means(folder: Path, side: str) -> dict[str, np.ndarray]:
    """Return what `write_means` wrote.

    Raises:
        UserError: there are no means.
    """
    return {str(lang): values.to_numpy() for lang, values in read_table(folder / f"{side}.parquet").items()}


def centre(embeddings: np.ndarray, langs: np.ndarray, means: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return ``embeddings`` less their language's mean, L2-normalised again; float32 ``(n, dim)``.

    A language without a mean is given the mean of the known means. An embedding of which
    nothing is left becomes zero, and so scores 0.

    Source: the mean of a language's embeddings as what they hold of the language, Libovický et al. 2020,
    arXiv 2004.05160.
    """
    middle = np.mean(list(means.values()), axis=0)
    return _by_language(embeddings, langs, lambda rows, lang: rows - means.get(lang, middle))


def language_directions(embeddings: np.ndarray, langs: np.ndarray, number: int) -> dict[str, np.ndarray]:
    """Return the first ``number`` right-singular vectors of each language's embeddings, ``(number, dim)``.

    The embeddings are not centred first, so that the first direction is nearly that of their mean. A language with
    fewer texts or dimensions has as many directions as it has of these. They are found as eigenvectors of the
    ``(dim, dim)`` sum of products, which does not grow with the texts.

    Source: arXiv 2109.04727, section 2.
    """
    products = {str(lang): np.zeros((embeddings.shape[1],) * 2) for lang in np.unique(langs)}
    for lang, rows in _blocks(langs):
        block = embeddings[rows].astype(np.float64)
        products[lang] += block.T @ block
    return {
        lang: np.linalg.eigh(product)[1].T[::-1][: min(number, np.count_nonzero(langs == lang))]
        for lang, product in products.items()
    }


def remove_language_directions(
    embeddings: np.ndarray, langs: np.ndarray, directions: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return ``embeddings`` less their projection on their language's directions, L2-normalised again; float32.

    ``directions`` is what `language_directions` returns, and has every language. An embedding of which nothing is
    left becomes zero.

    Source: language information removal (LIR), arXiv 2109.04727: e - V^T V e, where the rows of V are the directions.
    There they come from 10,000 sentences of Wiki-40B a language, and one direction serves LAReQA best.
    """
    return _by_language(embeddings, langs, lambda rows, lang: rows - (rows @ directions[lang].T) @ directions[lang])


def _by_language(embeddings: np.ndarray, langs: np.ndarray, remove: Removal) -> np.ndarray:
    """Return what ``remove`` leaves of each language's embeddings, L2-normalised."""
    left = np.empty(embeddings.shape, dtype=np.float32)
    for lang, rows in _blocks(langs):
        left[rows] = _unit(remove(embeddings[rows].astype(np.float64), lang))
    return left


def _blocks(langs: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each language with its rows, at most `BLOCK` at a time."""
    for lang in np.unique(langs):
        rows = np.flatnonzero(langs == lang)
        for start in range(0, len(rows), BLOCK):
            yield str(lang), rows[start : start + BLOCK]


def _unit(embeddings: np.ndarray) -> np.ndarray:
    """Return ``embeddings`` with L2 norm 1, or 0 where hardly anything was left."""
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.divide(embeddings, norms, out=np.zeros_like(embeddings), where=norms > NOISE)
