"""A benchmark of two queries and three passages, and a run for it."""

import numpy as np
import pandas as pd

from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.retrieval.ranking.runs import Found


def small_benchmark() -> tuple[Benchmark, Found]:
    """Return the benchmark, and the rows and scores of the passages found, two places per query, the last one empty."""
    benchmark = Benchmark(
        pd.DataFrame([Query("q1", "q1", "en", "", "q1"), Query("q2", "q2", "en", "", "q2")]),
        pd.DataFrame([Passage("a", "en", ""), Passage("b", "en", ""), Passage("c", "en", "")]),
        pd.DataFrame([Qrel("q1", "b", 1), Qrel("q1", "c", 1), Qrel("q2", "c", 2)]),
    )
    rows = np.array([[1, 0], [2, -1]])
    return benchmark, (rows, np.array([[0.5, 0.1], [0.25, -np.inf]], dtype=np.float32))


def small_ranks() -> pd.DataFrame:
    """Return the exact ranks of the relevant passages of the benchmark, by the order b, a, c for q1 and c first for q2.

    The passages that the run of `small_benchmark` finds have these ranks.
    """
    rows = [
        ("q1", "q1", "en", "b", "en", 1, 1, 1),
        ("q1", "q1", "en", "c", "en", 1, 3, 3),
        ("q2", "q2", "en", "c", "en", 2, 1, 1),
    ]
    columns = ["query_id", "question_id", "query_lang", "passage_id", "passage_lang", "relevance"]
    return pd.DataFrame(rows, columns=[*columns, "rank_pool", "rank_lang"])
