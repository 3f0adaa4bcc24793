"""Exact ranks, compared with a slow function that sorts all scores."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from stages.hybrid.evaluation.quality.measures import measure_queries
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.retrieval.model_free import random_scores
from stages.hybrid.retrieval.ranking import ranks as ranks_module
from stages.hybrid.retrieval.ranking.ranks import dense_scores, exact_ranks, rank_passages

LANGS = ("de", "en", "th")

Ranks = dict[tuple[str, str], tuple[int, int]]  # (query, passage): (rank_pool, rank_lang)


def make_benchmark(per_language: int, seed: int) -> Benchmark:
    """Return a benchmark in three languages, with graded judgements. Sorted ids do not have the order of languages."""
    generator = np.random.default_rng(seed)
    queries = [Query(f"{lang}-q{i}", f"q{i}", lang, "", f"q{i}") for lang in LANGS for i in range(per_language)]
    passages = [Passage(f"p{i}-{lang}", lang, "") for lang in LANGS for i in range(per_language + 1)]
    qrels = [
        Qrel(query.query_id, passage.passage_id, int(generator.integers(1, 4)))
        for query in queries
        for passage in passages
        if generator.random() < 0.2
    ]
    return Benchmark(
        pd.DataFrame(queries).sort_values(["lang", "query_id"], ignore_index=True),
        pd.DataFrame(passages).sort_values(["lang", "passage_id"], ignore_index=True),
        pd.DataFrame(qrels).sample(frac=1, random_state=seed),
    )


def slow_ranks(benchmark: Benchmark, queries: np.ndarray, passages: np.ndarray) -> Ranks:
    """Return (rank_pool, rank_lang) of each (query, passage) of the qrels, from a full sort of every query's scores."""
    ids, langs = benchmark.passages["passage_id"].tolist(), benchmark.passages["lang"].tolist()
    query_row = {query_id: row for row, query_id in enumerate(benchmark.queries["query_id"])}
    result = {}
    for query_id, passage_id, _ in benchmark.qrels.itertuples(index=False):
        scores = (queries @ passages.T)[query_row[query_id]]
        ranked = sorted(range(len(ids)), key=lambda row: (-scores[row], ids[row]))
        own = [row for row in ranked if langs[row] == langs[ids.index(passage_id)]]
        target = ids.index(passage_id)
        result[query_id, passage_id] = (ranked.index(target) + 1, own.index(target) + 1)
    return result


def as_dict(table: pd.DataFrame) -> Ranks:
    columns = ["query_id", "passage_id", "rank_pool", "rank_lang"]
    return {(query, passage): (pool, lang) for query, passage, pool, lang in table[columns].itertuples(index=False)}


@pytest.mark.parametrize("block_scores", [1, 40, 1 << 22])
@pytest.mark.parametrize("sorted_at_once", [2, 8, 1 << 16])  # of 21 passages
@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_ranks_equal_those_of_a_full_sort_whatever_the_block_and_the_precision(
    monkeypatch: pytest.MonkeyPatch, block_scores: int, sorted_at_once: int, ties: bool, kind: Any
) -> None:
    monkeypatch.setattr(ranks_module, "BLOCK_SCORES", block_scores)
    monkeypatch.setattr(ranks_module, "SORTED_AT_ONCE", sorted_at_once)
    monkeypatch.setattr(ranks_module, "LEAST_QUERIES", 1)
    monkeypatch.setattr(ranks_module, "ROWS_AT_ONCE", 8)  # of 21 passages
    benchmark, generator = make_benchmark(6, seed=1), np.random.default_rng(2)
    # Whole numbers and quarters are exact in float32, so that both ways of multiplying give the same scores.
    values = generator.integers(-1, 2, size=(39, 4)) if ties else generator.integers(-4000, 4000, size=(39, 4)) / 4
    queries, passages = np.split(values.astype(kind), [18])
    found = exact_ranks(benchmark, queries=queries, passages=passages)
    assert as_dict(found) == slow_ranks(benchmark, queries.astype(np.float32), passages.astype(np.float32))


def test_a_worked_example_with_a_tie() -> None:
    benchmark = Benchmark(
        pd.DataFrame([Query("q", "q", "en", "", "q")]),
        pd.DataFrame([Passage("z-de", "de", ""), Passage("a-en", "en", ""), Passage("b-en", "en", "")]),
        pd.DataFrame([Qrel("q", "z-de", 1), Qrel("q", "b-en", 2)]),
    )
    scores = np.array([[0.5], [0.5], [0.75]], dtype=np.float32)  # b-en, then a-en before z-de by id
    table = exact_ranks(benchmark, queries=np.ones((1, 1), dtype=np.float32), passages=scores)
    assert table.to_dict("records") == [
        {"query_id": "q", "question_id": "q", "query_lang": "en", "passage_id": "z-de", "passage_lang": "de"}
        | {"relevance": 1, "rank_pool": 3, "rank_lang": 1},
        {"query_id": "q", "question_id": "q", "query_lang": "en", "passage_id": "b-en", "passage_lang": "en"}
        | {"relevance": 2, "rank_pool": 1, "rank_lang": 1},
    ]


def test_a_judgement_of_zero_is_not_relevant() -> None:
    benchmark = make_benchmark(2, seed=0)
    judged = Benchmark(benchmark.queries, benchmark.passages, benchmark.qrels.assign(relevance=0))
    values = np.ones((9, 2), dtype=np.float32)
    assert exact_ranks(judged, queries=values[:6], passages=values).empty


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_embedding_that_is_not_finite_is_refused_with_its_id(bad: float) -> None:
    benchmark, values = make_benchmark(2, seed=0), np.ones((9, 2), dtype=np.float32)
    values[1, 0] = bad
    with pytest.raises(UserError, match="the embedding of passage p1-de is not finite"):
        exact_ranks(benchmark, queries=np.ones((6, 2), dtype=np.float32), passages=values)


def test_embeddings_of_another_benchmark_are_refused() -> None:
    values = np.ones((9, 2), dtype=np.float32)
    with pytest.raises(UserError, match=r"query embeddings have the shape \(5, 2\), expected 6 rows"):
        exact_ranks(make_benchmark(2, seed=0), queries=values[:5], passages=values)


def test_an_unsorted_table_is_refused() -> None:
    benchmark, values = make_benchmark(2, seed=0), np.ones((9, 2), dtype=np.float32)
    upside_down = Benchmark(benchmark.queries, benchmark.passages.iloc[::-1], benchmark.qrels)
    with pytest.raises(UserError, match="the passage table is not sorted"):
        exact_ranks(upside_down, queries=values[:6], passages=values)


def test_a_judgement_of_an_unknown_passage_is_refused() -> None:
    benchmark, values = make_benchmark(2, seed=0), np.ones((9, 2), dtype=np.float32)
    strange = Benchmark(benchmark.queries, benchmark.passages, pd.DataFrame([Qrel("de-q0", "p9-xx", 1)]))
    with pytest.raises(UserError, match="the qrels have the passage_id p9-xx, expected one of the benchmark's;"):
        exact_ranks(strange, queries=values[:6], passages=values)


@pytest.mark.parametrize("block_scores", [1, 40, 1 << 22])
@pytest.mark.parametrize("sorted_at_once", [2, 8, 1 << 16])  # of 21 passages
@pytest.mark.parametrize("depth", [1, 4, 99])
def test_the_best_passages_are_those_of_a_full_sort_with_ties_by_id(
    monkeypatch: pytest.MonkeyPatch, block_scores: int, sorted_at_once: int, depth: int
) -> None:
    monkeypatch.setattr(ranks_module, "BLOCK_SCORES", block_scores)
    monkeypatch.setattr(ranks_module, "SORTED_AT_ONCE", sorted_at_once)
    monkeypatch.setattr(ranks_module, "LEAST_QUERIES", 1)
    benchmark = make_benchmark(6, seed=1)
    values = np.random.default_rng(2).integers(-1, 2, size=(39, 4)).astype(np.float32)
    queries, passages = np.split(values, [18])
    found = rank_passages(benchmark, dense_scores(benchmark, queries=queries, passages=passages), depth=depth)
    ids, scores = benchmark.passages["passage_id"].tolist(), queries @ passages.T
    expected = [sorted(range(21), key=lambda row: (-line[row], ids[row]))[:depth] for line in scores]
    assert found.rows.tolist() == expected
    assert np.array_equal(found.scores, np.take_along_axis(scores, np.array(expected), axis=1))


def test_a_ranking_by_chance_depends_on_the_seed_and_not_on_the_block() -> None:
    benchmark = make_benchmark(6, seed=1)
    one, other = (random_scores(benchmark, seed=seed) for seed in (13, 14))
    assert np.array_equal(one(slice(4, 99)), one(slice(0, 18))[4:])
    assert not np.array_equal(one(slice(0, 18)), other(slice(0, 18)))


@pytest.mark.parametrize("relevant", [1, 3])
def test_a_ranking_by_chance_has_the_expected_average_precision(relevant: int) -> None:
    n, queries = 40, 4000
    benchmark = Benchmark(
        pd.DataFrame([Query(f"q{i:04}", "q", "en", "", "q") for i in range(queries)]),
        pd.DataFrame([Passage(f"p{i:02}", "en", "") for i in range(n)]),
        pd.DataFrame([Qrel(f"q{i:04}", f"p{j:02}", 1) for i in range(queries) for j in range(relevant)]),
    )
    ranks = rank_passages(benchmark, random_scores(benchmark, seed=1), depth=1).ranks
    found = measure_queries(ranks, [10]).query("setting == 'monolingual'")["map"]
    # Each rank r of a relevant passage is equally likely. On average, (r - 1)(R - 1) / (n - 1) of the R relevant
    # passages are before it. So the expected value is 1/n * sum of (1 + (r - 1)(R - 1) / (n - 1)) / r.
    expected = sum((1 + (r - 1) * (relevant - 1) / (n - 1)) / r for r in range(1, n + 1)) / n
    assert abs(found.mean() - expected) < 4 * found.std() / queries**0.5
