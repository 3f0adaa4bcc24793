"""Removing language offsets from embeddings without training: centring, and removing language directions (LIR).

An adjusted base shows how much of a fine-tuned model's gain is only a constant offset per language. Both methods need
the language of every text. Queries and passages each have their own means or directions.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from stages.hybrid.ground.files import read_table, write_table
from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.dense.embeddings import ROWS_AT_ONCE
from stages.hybrid.retrieval.params import BaselinesParams

NOISE = 1e-5  # an embedding that is shorter than this after the removal is only a rounding error

Removal = Callable[[np.ndarray, str], np.ndarray]  # embeddings of one language, the language -> adjusted embeddings


def adjust(
    adjustment: str,
    benchmark: Benchmark,
    *,
    embeddings: tuple[np.ndarray, np.ndarray],
    params: BaselinesParams,
    means: Path,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the embeddings of queries and of passages, each side adjusted by its own means or directions.

    Args:
        adjustment: One of `ADJUSTMENTS`.
        benchmark: The benchmark.
        embeddings: Those of its queries and of its passages, each of shape (n, dim).
        params: How many directions ``lir`` removes.
        means: The folder with the means of training text, for ``centred_training``.

    Raises:
        UserError: The means are missing.
    """

    def adjusted(side: str, found: np.ndarray, langs: np.ndarray) -> np.ndarray:
        if adjustment == "lir":
            directions = language_directions(found, langs, number=params.lir_directions)
            return remove_language_directions(found, langs, directions=directions)
        known = read_means(means, side) if adjustment == "centred_training" else language_means(found, langs)
        return centre(found, langs, means=known)

    queries, passages = embeddings
    return (
        adjusted("queries", queries, benchmark.queries["lang"].to_numpy(dtype=str)),
        adjusted("passages", passages, benchmark.passages["lang"].to_numpy(dtype=str)),
    )


def language_means(embeddings: np.ndarray, langs: np.ndarray) -> dict[str, np.ndarray]:
    """Return the mean embedding of each language, float64, shape (dim,).

    Args:
        embeddings: Shape (n, dim).
        langs: The language of each embedding, shape (n,).
    """
    sums = {str(lang): np.zeros(embeddings.shape[1]) for lang in np.unique(langs)}
    for lang, rows in _blocks(langs):
        sums[lang] += embeddings[rows].sum(axis=0, dtype=np.float64)
    return {lang: total / np.count_nonzero(langs == lang) for lang, total in sums.items()}


def spread_rows(langs: np.ndarray, number: int) -> np.ndarray:
    """Return at most ``number`` rows of each language, spread evenly over its rows, in ascending order."""
    chosen = []
    for lang in np.unique(langs):
        rows = np.flatnonzero(langs == lang)
        chosen.append(rows[np.linspace(0, len(rows) - 1, min(number, len(rows))).astype(int)])
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, dtype=int)


def write_means(folder: Path, side: str, means: Mapping[str, np.ndarray]) -> None:
    """Write the means of ``side``, queries or passages, as ``folder``/SIDE.parquet: one column for each language."""
    write_table(folder / f"{side}.parquet", pd.DataFrame(dict(means)))


def read_means(folder: Path, side: str) -> dict[str, np.ndarray]:
    """Return the means that `write_means` wrote.

    Raises:
        UserError: The file is missing or broken.
    """
    return {str(lang): values.to_numpy() for lang, values in read_table(folder / f"{side}.parquet").items()}


def centre(embeddings: np.ndarray, langs: np.ndarray, *, means: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return ``embeddings`` minus their language's mean, L2-normalised, float32, shape (n, dim).

    For a language without a mean, the mean of all means is subtracted. An embedding that equals its mean becomes zero,
    and so scores 0.

    Source: Libovický et al. 2020, arXiv 2004.05160, who subtract each language's mean to remove what identifies the
    language.
    """
    middle = np.mean(list(means.values()), axis=0)
    return _by_language(embeddings, langs, lambda rows, lang: rows - means.get(lang, middle))


def language_directions(embeddings: np.ndarray, langs: np.ndarray, *, number: int) -> dict[str, np.ndarray]:
    """Return the first ``number`` right singular vectors of each language's embeddings, shape (number, dim).

    A language has at most as many directions as it has texts, and at most ``dim``. The embeddings are not centred
    first, so the first direction is nearly that of their mean. The directions are the eigenvectors of the sum of
    products, shape (dim, dim), which takes the same memory for any number of texts.

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
    embeddings: np.ndarray, langs: np.ndarray, *, directions: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return ``embeddings`` minus their projection on their language's directions, L2-normalised, float32.

    ``directions`` is what `language_directions` returns, and must have every language. An embedding that lies within
    the directions becomes zero.

    Source: language information removal (LIR), arXiv 2109.04727: e - V^T V e, with the directions as the rows of V.
    There, the directions come from 10,000 sentences of Wiki-40B per language, and one direction is best on LAReQA.
    """
    return _by_language(embeddings, langs, lambda rows, lang: rows - (rows @ directions[lang].T) @ directions[lang])


def _by_language(embeddings: np.ndarray, langs: np.ndarray, remove: Removal) -> np.ndarray:
    """Return what ``remove`` makes of each language's embeddings, L2-normalised, float32, shape (n, dim)."""
    left = np.empty(embeddings.shape, dtype=np.float32)
    for lang, rows in _blocks(langs):
        left[rows] = _unit(remove(embeddings[rows].astype(np.float64), lang))
    return left


def _blocks(langs: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each language with its row numbers, at most `ROWS_AT_ONCE` at a time."""
    for lang in np.unique(langs):
        rows = np.flatnonzero(langs == lang)
        for start in range(0, len(rows), ROWS_AT_ONCE):
            yield str(lang), rows[start : start + ROWS_AT_ONCE]


def _unit(embeddings: np.ndarray) -> np.ndarray:
    """Return ``embeddings`` with the L2 norm 1; those that are shorter than `NOISE` become zero."""
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.divide(embeddings, norms, out=np.zeros_like(embeddings), where=norms > NOISE)
