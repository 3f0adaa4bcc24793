"""The measures of a run by an independent tool, ranx."""

import numpy as np
import pandas as pd
import ranx

from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.ranking.runs import Found


def score_run(benchmark: Benchmark, *, found: Found, measures: list[str]) -> dict[str, float]:
    """Return ranx's mean of each measure, by ranx's name, for passages found in the pool of all languages.

    The mean is over the queries with a relevant passage. A query for which nothing was found scores 0. The measures
    are computed independently of the exact ranks. If the index is exact, both agree. If it is approximate, the
    difference is what the index loses.
    """
    if not measures:
        return {}
    judged, qrels = _judgements(benchmark)
    rows = found[0][judged].astype(float)  # -1, if nothing was found, is not the row of a passage
    scores = np.broadcast_to(-np.arange(rows.shape[1], dtype=float), rows.shape)  # falling, to keep the order of found
    # ranx is ten times as fast with arrays as with dictionaries.
    values = ranx.evaluate(qrels, np.stack([rows, scores], axis=2), measures)
    return values if isinstance(values, dict) else {measures[0]: float(values)}


def _judgements(benchmark: Benchmark) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the queries with a relevant passage, shape (queries,), and their judgements.

    The judgements have the shape (queries, most judgements of one query, 2). Each is the passage's row and its
    relevance, the most relevant first. Queries with fewer judgements are filled with passage -2, of relevance 0.
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
