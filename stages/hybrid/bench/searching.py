"""Search beside numpy."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from stages.hybrid.bench.apart import Turns, run_apart
from stages.hybrid.bench.inputs import BenchParams
from stages.hybrid.bench.rows import Row, make_row
from stages.hybrid.bench.synthetic import passage_ids, unit_vectors
from stages.hybrid.bench.timing import ROUNDS, alternate, rates, timed

PASSAGES = 100_000
QUERIES = 200
DEPTH = 100  # passages that are searched for each query


def compare_search(_: BenchParams) -> list[Row]:
    """Return queries per second of exact and approximate search over synthetic embeddings, ours and numpy's."""
    found = run_apart(_time_search, passages=PASSAGES, queries=QUERIES, rounds=ROUNDS).value
    speed = {name: rates(seconds, QUERIES) for name, seconds in found["seconds"].items()}
    note = f"best {DEPTH} of {PASSAGES} synthetic passages for {QUERIES} queries"
    unit, name = "queries per second", "numpy, matrix product, argpartition and sort"
    share = f"{note}; {found['recall']:.3f} of the true best {DEPTH} found"
    return [
        make_row("search_vs_numpy", (speed["exact"], speed["numpy"]), unit=unit, peer_name=name, note=note),
        make_row(
            "search_approximate_vs_numpy", (speed["approximate"], speed["numpy"]), unit=unit, peer_name=name, note=share
        ),
    ]


def search_with_numpy(queries: np.ndarray, passages: np.ndarray, *, k: int) -> np.ndarray:
    """Return the rows of the best ``k`` passages for each query, best first, shape (queries, k)."""
    scores = queries @ passages.T  # (queries, passages)
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1)
    return np.take_along_axis(best, order, axis=1)


def _time_search(_: Turns, *, passages: int, queries: int, rounds: int) -> dict[str, Any]:
    from stages.hybrid.retrieval.dense.search import build_index, search_passages
    from stages.hybrid.retrieval.params import IndexParams

    pool, asked, ids = unit_vectors(passages, seed=0), unit_vectors(queries, seed=1), passage_ids(passages)
    runs: dict[str, Callable[[], Any]] = {"numpy": partial(search_with_numpy, asked, pool, k=DEPTH)}
    indexes = [IndexParams(kind=kind, approximate_from=1) for kind in ("exact", "approximate")]
    for params in indexes:
        runs[params.kind] = partial(search_passages, build_index(pool, params), asked, k=DEPTH, passage_ids=ids)
    near, true = runs["approximate"]()[0], runs["numpy"]()
    recall = np.mean([len(set(a) & set(b)) / DEPTH for a, b in zip(near, true, strict=True)])
    seconds = alternate({name: timed(run) for name, run in runs.items()}, rounds=rounds)
    return {"seconds": seconds, "recall": float(recall)}
