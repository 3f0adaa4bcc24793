"""Nearest passages by inner product, with FAISS: exact for small corpora, approximate for large ones."""

import math
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import faiss
import numpy as np

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import whole_file
from stages.hybrid.retrieval.dense.embeddings import ROWS_AT_ONCE, check_embeddings
from stages.hybrid.retrieval.params import IndexParams

MAGIC = (b"IxFI", b"IwFl", b"IwSq")  # first bytes of the files of the indexes that are built here
Index = Any  # faiss.Index; the package carries no types

# From this number of queries on, FAISS uses matrix products. Below it, FAISS scans query by query, which is 20 times
# slower for a few hundred queries. FAISS's own threshold is higher.
faiss.cvar.distance_compute_blas_threshold = 20

POINTS_PER_CELL = 39  # FAISS's own minimum of passages for each cell of its k-means
MOST_CELLS = 1024  # with more, the time to build would grow faster than the number of passages
PROBED_SHARE = 1 / 16  # share of the cells that are searched for each query
EXTRA = 16  # neighbours beyond k that show whether a tie crosses the cut


def build_index(passages: np.ndarray, params: IndexParams) -> Index:
    """Return an inner-product index over ``passages``, L2-normalised, float32 or float16, shape (passages, dim).

    The approximate index is IVF, not HNSW. Its cells come from a k-means with a seed, so the same passages give the
    same index. It stores passages in the type that they have. The exact index stores float32, because it is faster.

    Raises:
        UserError: There are no passages, or an embedding is not finite.
    """
    check_embeddings(passages, range(len(passages)), kind="passage")
    number, dim = passages.shape
    index: Index
    if params.kind == "exact" or (params.kind == "auto" and number < params.approximate_from):
        index = faiss.IndexFlatIP(dim)
    else:
        index = _train_cells(passages)
    for block in _float_blocks(passages):
        index.add(block)
    return index


def _float_blocks(passages: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the passages as float32, `ROWS_AT_ONCE` at a time. No part of a memory-mapped file stays in memory."""
    for start in range(0, len(passages), ROWS_AT_ONCE):
        yield np.ascontiguousarray(passages[start : start + ROWS_AT_ONCE], dtype=np.float32)
        if isinstance(passages, np.memmap):
            passages._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]


def _train_cells(passages: np.ndarray) -> Index:
    """Return an empty IVF index with cells from a k-means over every n-th passage."""
    number, dim = passages.shape
    cells = max(1, min(round(4 * math.sqrt(number)), number // POINTS_PER_CELL, MOST_CELLS))
    centres = faiss.IndexFlatIP(dim)
    index: Index
    if passages.dtype == np.float16:
        half = faiss.ScalarQuantizer.QT_fp16
        index = faiss.IndexIVFScalarQuantizer(centres, dim, cells, half, faiss.METRIC_INNER_PRODUCT, False)
    else:
        index = faiss.IndexIVFFlat(centres, dim, cells, faiss.METRIC_INNER_PRODUCT)
    index.nprobe = math.ceil(cells * PROBED_SHARE)
    every = max(1, number // (2 * POINTS_PER_CELL * cells))
    index.train(np.ascontiguousarray(passages[::every], dtype=np.float32))
    return index


def save_index(path: Path, index: Index) -> None:
    """Write ``index`` as a FAISS file."""
    with whole_file(path) as partial:
        faiss.write_index(index, str(partial))


def load_index(path: Path) -> Index:
    """Return the index that `save_index` wrote.

    Raises:
        UserError: The file is missing or is not a whole FAISS index.
    """
    try:
        with path.open("rb") as file:
            known = file.read(4) in MAGIC
        return faiss.read_index(str(path)) if known else _refuse(path)
    except FileNotFoundError:
        raise UserError(f"{path}: not found, expected a FAISS index; run the stage index, or `dvc repro`") from None
    except RuntimeError:
        return _refuse(path)


def _refuse(path: Path) -> NoReturn:
    raise UserError(f"{path}: is not a whole FAISS index; delete it and run the stage index, or `dvc repro`")


def search_passages(
    index: Index, queries: np.ndarray, *, k: int, passage_ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the best ``k`` passages for each query, best first, and their scores.

    Both have the shape (queries, min(k, passages)). Scores are inner products, which are cosines if the embeddings are
    normalised. Equal scores are ordered by passage id, also if only some of them are among the best ``k``. If an
    approximate index finds fewer passages, the rest have row -1 and score -inf.

    Raises:
        UserError: The queries have another dimension than the index, or the index does not have one row for each
            passage id.
    """
    if queries.shape[1] != index.d or len(passage_ids) != index.ntotal:
        raise UserError(
            f"the index has {index.ntotal} passages of dimension {index.d}, expected {len(passage_ids)} passages (the "
            f"benchmark's) of dimension {queries.shape[1]} (the queries'); run the stages encode and index again"
        )
    order = np.argsort(np.argsort(passage_ids, kind="stable"))  # (passages,), place of each row in the order of ids
    k, depth = min(k, index.ntotal), min(k + EXTRA, index.ntotal)
    rows, scores = _search(index, queries, depth=depth, order=order)
    open_cuts = _ties_across(scores, k)
    while len(open_cuts) and depth < index.ntotal:
        depth = min(2 * depth, index.ntotal)
        wider_rows, wider_scores = _search(index, queries[open_cuts], depth=depth, order=order)
        rows[open_cuts, :k], scores[open_cuts, :k] = wider_rows[:, :k], wider_scores[:, :k]
        open_cuts = open_cuts[_ties_across(wider_scores, k)]
    return rows[:, :k], scores[:, :k]


def _ties_across(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the queries whose ``k``-th score equals their last score, so that passages with it may be missing."""
    return np.flatnonzero((scores[:, k - 1] == scores[:, -1]) & np.isfinite(scores[:, -1]))


def _search(index: Index, queries: np.ndarray, *, depth: int, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and scores of the best ``depth`` passages, by falling score, then by ``order``."""
    scores, rows = index.search(np.ascontiguousarray(queries, dtype=np.float32), depth)
    scores[rows < 0] = -np.inf
    sorting = np.lexsort((order[rows], -scores), axis=1)
    return np.take_along_axis(rows, sorting, axis=1), np.take_along_axis(scores, sorting, axis=1)
