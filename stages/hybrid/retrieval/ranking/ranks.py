"""The exact rank of every relevant passage and the best passages of every query, from one pass over all scores."""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.dense.embeddings import ROWS_AT_ONCE, check_embeddings

BLOCK_SCORES = 1 << 22  # scores in memory at a time: 16 MB of float32, which fit the processor's cache well enough
LEAST_QUERIES = 16  # queries in a block, even if it has more scores: each block converts all float16 passages again

SORTED_AT_ONCE = 1 << 16  # scores of a query: sorting parts of a fixed size takes time in proportion to the passages

Scorer = Callable[[slice], np.ndarray]  # rows of the query table -> float32 scores, shape (queries, passages)


class Ranking(NamedTuple):
    """The ranks of the relevant passages, and the best passages of the pool, as `rank_passages` returns them."""

    ranks: pd.DataFrame  # the table of `exact_ranks`
    rows: np.ndarray  # (queries, depth), rows of the passage table, best first
    scores: np.ndarray  # (queries, depth), their scores


def exact_ranks(benchmark: Benchmark, *, queries: np.ndarray, passages: np.ndarray) -> pd.DataFrame:
    """Return the rank of the passage in every relevant (query, passage), from which all measures are computed.

    The columns are query_id, question_id, query_lang, passage_id, passage_lang, relevance, rank_pool and rank_lang.
    ``rank_pool`` is the rank, from 1, among the passages of all languages. ``rank_lang`` is the rank among the passages
    in the passage's own language. Equal scores are ordered by passage id. Rows are in the order of the query table, and
    for each query in that of the passage table. Scores are float32 inner products.

    Args:
        benchmark: The benchmark.
        queries: Embeddings of the queries, float32 or float16, shape (queries, dim).
        passages: Embeddings of the passages, float32 or float16, shape (passages, dim).

    Raises:
        UserError: A table is not sorted, an embedding is missing or not finite, or a judgement names a query or passage
            that the tables lack.
    """
    return rank_passages(benchmark, dense_scores(benchmark, queries=queries, passages=passages), depth=1).ranks


def dense_scores(benchmark: Benchmark, *, queries: np.ndarray, passages: np.ndarray) -> Scorer:
    """Return a scorer by float32 inner products of embeddings, as `exact_ranks` takes them.

    Raises:
        UserError: An embedding is missing or not finite.
    """
    check_embeddings(queries, benchmark.queries["query_id"].to_numpy(), kind="query")
    check_embeddings(passages, benchmark.passages["passage_id"].to_numpy(), kind="passage")
    return lambda rows: _scores(queries[rows], passages)


def rank_passages(benchmark: Benchmark, score: Scorer, *, depth: int) -> Ranking:
    """Return the ranks of `exact_ranks`, and for each query the best ``depth`` passages of the pool.

    Equal scores are ordered by passage id. If the pool has fewer passages than ``depth``, all of them are returned.

    Raises:
        UserError: A table is not sorted, or a judgement names a query or passage that the tables lack.
    """
    for table, kind in ((benchmark.queries, "query"), (benchmark.passages, "passage")):
        _check_order(table, kind=kind)
    relevant = _relevant_rows(benchmark)
    order = np.argsort(np.argsort(benchmark.passages["passage_id"].to_numpy(dtype=str), kind="stable"))
    columns = _language_columns(benchmark.passages["lang"])
    ranks = np.empty((len(relevant), 2), dtype=np.int64)  # (judgements, 2), in the pool and in the language
    tops = []
    size = max(LEAST_QUERIES, BLOCK_SCORES // len(order))
    for first in range(0, len(benchmark.queries), size):
        scores = score(slice(first, first + size))  # (queries of the block, passages)
        parts = _sort_parts(scores)
        block = slice(*np.searchsorted(relevant["query"], [first, first + size]))
        rows, targets = relevant["query"].to_numpy()[block] - first, relevant["passage"].to_numpy()[block]
        ranks[block, 0] = _pool_ranks(scores, rows, targets=targets, order=order, parts=parts)
        ranks[block, 1] = _language_ranks(scores, rows, targets=targets, columns=columns)
        tops.append(_top_rows(scores, parts, depth=min(depth, len(order)), order=order))
    table = _with_names(relevant.assign(rank_pool=ranks[:, 0], rank_lang=ranks[:, 1]), benchmark)
    return Ranking(table, *(np.concatenate(parts) for parts in zip(*tops, strict=True)))


def _check_order(table: pd.DataFrame, *, kind: str) -> None:
    """Check that ``table`` is sorted by language and id, and has each id once.

    Raises:
        UserError: It is not.
    """
    keys = pd.MultiIndex.from_frame(table[["lang", f"{kind}_id"]])
    if not (keys.is_monotonic_increasing and keys.is_unique):
        raise UserError(
            f"the {kind} table is not sorted by (lang, {kind}_id), or has an id twice; run the stage prepare again"
        )


def _relevant_rows(benchmark: Benchmark) -> pd.DataFrame:
    """Return the judgements above 0, sorted: query and passage (row numbers), and relevance.

    Raises:
        UserError: A judgement names a query or passage that the tables lack.
    """
    query_rows = pd.Series(range(len(benchmark.queries)), index=benchmark.queries["query_id"])
    passage_rows = pd.Series(range(len(benchmark.passages)), index=benchmark.passages["passage_id"])
    qrels = benchmark.qrels[benchmark.qrels["relevance"] > 0]
    for name, rows in (("query_id", query_rows), ("passage_id", passage_rows)):
        unknown = qrels[name][~qrels[name].isin(rows.index)]
        if len(unknown):
            raise UserError(
                f"the qrels have the {name} {unknown.iloc[0]}, expected one of the benchmark's; run the stage prepare "
                "again"
            )
    relevant = pd.DataFrame(
        {
            "query": query_rows.loc[qrels["query_id"]].to_numpy(),
            "passage": passage_rows.loc[qrels["passage_id"]].to_numpy(),
            "relevance": qrels["relevance"].to_numpy(),
        }
    )
    return relevant.sort_values(["query", "passage"], ignore_index=True)


def _language_columns(langs: pd.Series) -> list[slice]:
    """Return the range of rows of each language in a table that is sorted by language."""
    starts = np.flatnonzero(langs.ne(langs.shift()).to_numpy())
    return [slice(int(a), int(b)) for a, b in zip(starts, [*starts[1:], len(langs)], strict=True)]


def _scores(queries: np.ndarray, passages: np.ndarray) -> np.ndarray:
    """Return float32 inner products, shape (queries, passages)."""
    queries = queries.astype(np.float32, copy=False)
    if passages.dtype == np.float32:
        return queries @ passages.T
    scores = np.empty((len(queries), len(passages)), dtype=np.float32)
    for start in range(0, len(passages), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        scores[:, rows] = queries @ passages[rows].astype(np.float32).T
    return scores


def _sort_parts(scores: np.ndarray) -> list[np.ndarray]:
    """Return ``scores``, shape (queries, passages), in parts of `SORTED_AT_ONCE` columns, each row sorted in itself."""
    starts = range(0, scores.shape[1], SORTED_AT_ONCE)
    return [np.sort(scores[:, start : start + SORTED_AT_ONCE], axis=1) for start in starts]


def _pool_ranks(
    scores: np.ndarray, rows: np.ndarray, *, targets: np.ndarray, order: np.ndarray, parts: list[np.ndarray]
) -> np.ndarray:
    """Return the rank of column ``targets[i]`` in row ``rows[i]`` of ``scores``, shape (targets,); ties by ``order``.

    ``rows`` must be sorted. ``parts`` are those of `_sort_parts`.
    """
    ranks = np.empty(len(rows), dtype=np.int64)
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    for start, stop in pairwise([*starts, len(rows)]):
        row, columns = rows[start], targets[start:stop]
        own = scores[row, columns]
        left = sum(np.searchsorted(part[row], own, side="left") for part in parts)  # how many scores are lower
        right = sum(np.searchsorted(part[row], own, side="right") for part in parts)  # and how many are not higher
        ranks[start:stop] = scores.shape[1] - right + 1
        for i in np.flatnonzero(right - left > 1):
            equal = np.flatnonzero(scores[row] == own[i])
            ranks[start + i] += np.count_nonzero(order[equal] < order[columns[i]])
    return ranks


def _language_ranks(scores: np.ndarray, rows: np.ndarray, *, targets: np.ndarray, columns: list[slice]) -> np.ndarray:
    """Return the rank of ``targets[i]`` in row ``rows[i]`` among its language's columns, (targets,); ties by column."""
    ranks = np.empty(len(rows), dtype=np.int64)
    for language in columns:
        relevant = np.flatnonzero((targets >= language.start) & (targets < language.stop))
        size = max(1, BLOCK_SCORES // (language.stop - language.start))
        for chosen in (relevant[start : start + size] for start in range(0, len(relevant), size)):
            own = scores[rows[chosen], targets[chosen]][:, None]
            others = scores[rows[chosen], language]  # (relevant passages of the language, its passages)
            earlier = np.arange(language.start, language.stop) < targets[chosen][:, None]
            ranks[chosen] = 1 + np.count_nonzero((others > own) | ((others == own) & earlier), axis=1)
    return ranks


def _top_rows(
    scores: np.ndarray, parts: list[np.ndarray], *, depth: int, order: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return columns and scores of each row's best ``depth``, shape (rows, depth); equal scores by ``order``."""
    best = np.concatenate([part[:, -depth:] for part in parts], axis=1)
    cut = np.partition(best, -depth, axis=1)[:, -depth, None]
    rows, columns = np.nonzero(scores >= cut)  # more than depth if a tie crosses the cut
    found = scores[rows, columns]
    sorting = np.lexsort((order[columns], -found, rows))
    starts = np.searchsorted(rows, np.arange(len(scores)))
    best = sorting[starts[:, None] + np.arange(depth)]
    return columns[best], found[best]


def _with_names(relevant: pd.DataFrame, benchmark: Benchmark) -> pd.DataFrame:
    """Return ``relevant`` with ids and languages instead of row numbers."""
    queries = benchmark.queries.iloc[relevant["query"]].reset_index(drop=True)
    passages = benchmark.passages.iloc[relevant["passage"]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "query_id": queries["query_id"],
            "question_id": queries["question_id"],
            "query_lang": queries["lang"],
            "passage_id": passages["passage_id"],
            "passage_lang": passages["lang"],
            "relevance": relevant["relevance"],
            "rank_pool": relevant["rank_pool"],
            "rank_lang": relevant["rank_lang"],
        }
    )
