"""What an independent tool, ranx, says of a run."""

import numpy as np
import ranx

from stages.hybrid.records import Benchmark

Rows = tuple[np.ndarray, np.ndarray]  # rows and scores, both (queries, depth), as `search_passages` returns them


def score_run(benchmark: Benchmark, *, found: Rows, measures: list[str]) -> dict[str, float]:
    """Return ranx's mean of each measure (by ranx's name) for passages found in the pool of all languages.

    The mean is over the queries with a relevant passage. Computed apart from the exact ranks: where the index is
    exact the two agree, and where it is approximate the difference is what the index loses. A query for which nothing
    was found scores 0.
    """
    passage_ids = benchmark.passages["passage_id"].to_numpy()
    run = {
        query_id: dict(zip(passage_ids[rows[rows >= 0]], _falling(scores[rows >= 0]), strict=True))
        for query_id, rows, scores in zip(benchmark.queries["query_id"], *found, strict=True)
    }
    qrels: dict[str, dict[str, int]] = {}
    columns = ["query_id", "passage_id", "relevance"]
    for query_id, passage_id, relevance in benchmark.qrels[columns].itertuples(index=False):
        qrels.setdefault(query_id, {})[passage_id] = relevance
    if not measures:
        return {}
    found_runs = ranx.Run({query_id: run[query_id] or {"": 0.0} for query_id in qrels})
    values = ranx.evaluate(ranx.Qrels(qrels), found_runs, measures)
    return values if isinstance(values, dict) else {measures[0]: float(values)}


def _falling(scores: np.ndarray) -> list[float]:
    """Return stand-in scores that fall from passage to passage, for ranx breaks ties by its own order."""
    return [float(-rank) for rank in range(len(scores))]
