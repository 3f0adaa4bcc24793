"""A benchmark of two queries and three passages, and a run for it."""

import numpy as np
import pandas as pd

from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.retrieval.ranking.runs import Found


def small_benchmark() -> tuple[Benchmark, Found]:
    """Return the benchmark, and the rows and scores of the passages found, two places per query, the last one empty."""
    benchmark = Benchmark(
        pd.DataFrame([Query("q1", "q1", "en", ""), Query("q2", "q2", "en", "")]),
        pd.DataFrame([Passage("a", "en", ""), Passage("b", "en", ""), Passage("c", "en", "")]),
        pd.DataFrame([Qrel("q1", "b", 1), Qrel("q1", "c", 1), Qrel("q2", "c", 2)]),
    )
    rows = np.array([[1, 0], [2, -1]])
    return benchmark, (rows, np.array([[0.5, 0.1], [0.25, -np.inf]], dtype=np.float32))
