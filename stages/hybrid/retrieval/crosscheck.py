"""What an independent tool, ranx, says of a run."""

import numpy as np
import pandas as pd
import ranx

from stages.hybrid.records import Benchmark

Rows = tuple[np.ndarray, np.ndarray]  # rows and scores, both (queries, depth), as `search_passages` returns them


def score_run(benchmark: Benchmark, *, found: Rows, measures: list[str]) -> dict[str, float]:
    """Return ranx's mean of each measure (by ranx's name) for passages found in the pool of all languages.

    The mean is over the queries with a relevant passage. Computed apart from the exact ranks: where the index is
    exact the two agree, and where it is approximate the difference is what the index loses. A query for which nothing
    was found scores 0. ranx takes arrays as it takes dictionaries, and is ten times as fast with them.
    """
    if not measures:
        return {}
    judged, qrels = _judgements(benchmark)
    rows = found[0][judged].astype(float)  # -1, where nothing was found, is no passage
    scores = np.broadcast_to(-np.arange(rows.shape[1], dtype=float), rows.shape)  # falling: the order is that of found
    values = ranx.evaluate(qrels, np.stack([rows, scores], axis=2), measures)
    return values if isinstance(values, dict) else {measures[0]: float(values)}


def _judgements(benchmark: Benchmark) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the queries with a relevant passage, and these: (queries, most of one query, 2).

    A judgement is the passage's row and its relevance, the most relevant first; what is missing is passage -2, of
    relevance 0.
    """
    relevant = benchmark.qrels[benchmark.qrels["relevance"] > 0]
    qrels = pd.DataFrame(
        {
            "query": pd.Index(benchmark.queries["query_id"]).get_indexer(relevant["query_id"]),
            "passage": pd.Index(benchmark.passages["passage_id"]).get_indexer(relevant["passage_id"]),
            "relevance": relevant["relevance"].to_numpy(),
        }
    ).sort_values(["query", "relevance"], ascending=[True, False], kind="stable")
    judged, lines = np.unique(qrels["query"], return_inverse=True)
    places = qrels.groupby("query").cumcount().to_numpy()
    table = np.full((len(judged), places.max(initial=0) + 1, 2), [-2.0, 0.0])
    table[lines, places] = qrels[["passage", "relevance"]]
    return judged, table
