"""A run's measures by ranx: by hand, and compared with ranx's slower way."""

import numpy as np
import pandas as pd
import pytest
import ranx

from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.retrieval.ranking.crosscheck import score_run
from support.small_benchmark import small_benchmark


def test_ranx_scores_a_run_as_the_exact_ranks_do() -> None:
    benchmark, found = small_benchmark()
    # q1 finds one of its two passages at rank 1, q2 its only one at rank 1
    values = score_run(benchmark, found=found, measures=["recall@1", "recall@10"])
    assert values == {"recall@1": 0.75, "recall@10": 0.75}


def test_ranx_gives_arrays_and_dictionaries_the_same_scores() -> None:
    generator = np.random.default_rng(5)
    queries, passages = [f"q{i}" for i in range(30)], [f"p{i}" for i in range(40)]
    qrels = [
        Qrel(query, passages[i], int(generator.integers(0, 4)))
        for query in queries
        for i in generator.choice(40, generator.integers(1, 6), replace=False)
    ]
    benchmark = Benchmark(
        pd.DataFrame([Query(query, query, "en", "", query) for query in queries]),
        pd.DataFrame([Passage(passage, "en", "") for passage in passages]),
        pd.DataFrame(qrels),
    )
    rows = np.array([generator.permutation(40)[:10] for _ in queries])
    judged: dict[str, dict[str, int]] = {}
    for query, passage, relevance in qrels:
        if relevance:
            judged.setdefault(query, {})[passage] = relevance
    run = {query: {passages[row]: -float(i) for i, row in enumerate(rows[queries.index(query)])} for query in judged}
    names = ["ndcg@10", "recall@1", "recall@10"]
    expected = ranx.evaluate(ranx.Qrels(judged), ranx.Run(run), names)
    found = score_run(benchmark, found=(rows, np.zeros(rows.shape)), measures=names)
    assert found == pytest.approx(expected, abs=1e-6)
