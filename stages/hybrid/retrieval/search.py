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
from stages.hybrid.retrieval.params import IndexParams

MAGIC = (b"IxFI", b"IwFl", b"IwSq")  # how files of the indexes that are built here begin
Index = Any  # faiss.Index; the package carries no types

# From here on FAISS computes matrix products; its own threshold leaves a few hundred queries to a scan that is twenty
# times slower.
faiss.cvar.distance_compute_blas_threshold = 20

POINTS_PER_CELL = 39  # FAISS's own minimum for the k-means that draws the cells
MOST_CELLS = 1024  # more would make building grow faster than the corpus
BLOCK = 1 << 14  # passages that are held as float32 while an index is built
PROBED_SHARE = 1 / 16  # of the cells, for each query
EXTRA = 16  # neighbours beyond k that show whether a tie crosses the cut


def build_index(passages: np.ndarray, params: IndexParams) -> Index:
    """Return an inner-product index over ``passages``, float32 or float16 ``(passages, dim)``, L2-normalised.

    The approximate index is IVF and not HNSW: its cells come from a seeded k-means, so the same passages give the same
    index. It holds the passages as precisely as they come; the exact one holds float32, in which it is faster.

    Raises:
        UserError: there are no passages, or an embedding is not finite.
    """
    check_embeddings(passages)
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
    """Yield the passages as float32, `BLOCK` at a time; of a mapped file no page stays in memory."""
    for start in range(0, len(passages), BLOCK):
        yield np.ascontiguousarray(passages[start : start + BLOCK], dtype=np.float32)
        if isinstance(passages, np.memmap):
            passages._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]


def _train_cells(passages: np.ndarray) -> Index:
    """Return an empty IVF index whose cells are drawn from passages at equal distances."""
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


def check_embeddings(embeddings: np.ndarray) -> None:
    """Raise `UserError` unless ``embeddings`` is a finite ``(n, dim)`` array with at least one row."""
    if embeddings.ndim != 2 or not len(embeddings):
        raise UserError(f"embeddings have the shape {embeddings.shape}, expected (n, dim), n from 1 up; encode again")
    with np.errstate(invalid="ignore"):  # infinities of both signs sum to NaN, which is not finite either
        finite = np.isfinite(embeddings.sum(axis=1, dtype=np.float32))
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        raise UserError(f"embedding {row} is not finite; the model is broken: train or fetch it again")


def save_index(path: Path, index: Index) -> None:
    """Write ``index`` as a FAISS file."""
    with whole_file(path) as partial:
        faiss.write_index(index, str(partial))


def load_index(path: Path) -> Index:
    """Return the index that `save_index` wrote.

    Raises:
        UserError: the file is missing or is not a FAISS index.
    """
    try:
        with path.open("rb") as file:
            known = file.read(4) in MAGIC
        return faiss.read_index(str(path)) if known else _refuse(path)
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run `python -m stages.index`, or `dvc repro`") from None
    except RuntimeError:
        return _refuse(path)


def _refuse(path: Path) -> NoReturn:
    raise UserError(f"{path}: not a whole FAISS index; delete it and run `python -m stages.index` again")


def search_passages(
    index: Index, queries: np.ndarray, *, k: int, passage_ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the best ``k`` passages for each query, best first, and their scores.

    Both have the shape ``(queries, min(k, passages))``. Scores are inner products (cosine, for normalised
    embeddings). Equal scores are ordered by passage id, also where they straddle the cut at ``k``. An approximate
    index that finds fewer passages than asked for fills up with row -1 and score -inf.

    Raises:
        UserError: the queries have another dimension than the index, or the index has not one row for each passage id.
    """
    if queries.shape[1] != index.d or len(passage_ids) != index.ntotal:
        raise UserError(
            f"the index holds {index.ntotal} passages of dimension {index.d}, the benchmark {len(passage_ids)}"
            f" passages and the queries dimension {queries.shape[1]}; run the stages encode and index again"
        )
    order = np.argsort(np.argsort(passage_ids, kind="stable"))  # (passages,) place of each row by passage id
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
    """Return the queries whose ``k``-th score equals their last: others of that score may not have been found."""
    return np.flatnonzero((scores[:, k - 1] == scores[:, -1]) & np.isfinite(scores[:, -1]))


def _search(index: Index, queries: np.ndarray, *, depth: int, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and scores of the best ``depth`` passages, by falling score, then by ``order``."""
    scores, rows = index.search(np.ascontiguousarray(queries, dtype=np.float32), depth)
    scores[rows < 0] = -np.inf
    sorting = np.lexsort((order[rows], -scores), axis=1)
    return np.take_along_axis(rows, sorting, axis=1), np.take_along_axis(scores, sorting, axis=1)
