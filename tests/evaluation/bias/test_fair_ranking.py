"""The fair ranking: perfect, the same for all translations of a question, and the yardstick of the bias measures."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.hybrid.evaluation.bias.agreement import translation_agreement
from stages.hybrid.evaluation.bias.measures import attention_fairness, bias_by_pair, measure_bias
from stages.hybrid.evaluation.names import SETTINGS
from stages.hybrid.evaluation.quality.measures import measure_queries
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.retrieval.model_free import fair_scores
from stages.hybrid.retrieval.ranking.ranks import Ranking, rank_passages

LANGS = ["ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"]


def parallel_benchmark(langs: list[str], questions: int) -> Benchmark:
    """Return questions in all ``langs``, each with one relevant passage per language."""
    names = [f"{question:03d}" for question in range(questions)]
    return Benchmark.from_rows(
        [Query(f"q-{lang}-{name}", name, lang, "", name) for name in names for lang in langs],
        [Passage(f"p-{lang}-{name}", lang, "") for name in names for lang in langs],
        [Qrel(f"q-{lang}-{name}", f"p-{other}-{name}", 1) for name in names for lang in langs for other in langs],
    )


def uneven_benchmark(seed: int) -> Benchmark:
    """Return queries in three languages with 0 to 20 relevant passages of 20, of unequal relevance."""
    generator = np.random.default_rng(seed)
    passages = [Passage(f"p{i:02d}", str(generator.choice(["de", "en", "vi"])), "") for i in range(20)]
    queries = [Query(f"q{i}", f"{i % 4}", ["de", "en", "vi"][i % 3], "", "page") for i in range(12)]
    grades = generator.choice([0, 1, 2, 2**31 - 1], size=12 * 20).tolist()
    pairs = zip(itertools.product(queries, passages), grades, strict=True)
    judged = [Qrel(query.query_id, passage.passage_id, grade) for (query, passage), grade in pairs]
    return Benchmark.from_rows(queries, passages, judged)


def rank_fairly(benchmark: Benchmark, *, depth: int, seed: int = 13) -> Ranking:
    return rank_passages(benchmark, fair_scores(benchmark, seed=seed), depth=depth)


def bias_of(benchmark: Benchmark, *, top_k: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of `measure_bias` and `bias_by_pair` for the fair ranking."""
    ranking = rank_fairly(benchmark, depth=top_k)
    found = ranking.rows.ravel()
    queries = benchmark.queries.loc[np.repeat(np.arange(len(benchmark.queries)), ranking.rows.shape[1])]
    top = queries.rename(columns={"lang": "query_lang"}).assign(
        passage_id=benchmark.passages["passage_id"].to_numpy()[found],
        passage_lang=benchmark.passages["lang"].to_numpy()[found],
        rank=np.tile(np.arange(ranking.rows.shape[1]) + 1, len(benchmark.queries)),
    )
    agreement = translation_agreement(ranking.ranks, top, top_k=top_k)
    pool_size = len(benchmark.passages)
    biased = measure_bias(ranking.ranks, top, agreement=agreement, pool_size=pool_size, top_k=top_k)
    return biased, bias_by_pair(ranking.ranks, top, agreement=agreement, top_k=top_k)


def test_with_one_relevant_passage_in_each_of_two_languages_every_measure_is_that_by_hand() -> None:
    biased, _ = bias_of(parallel_benchmark(["de", "en"], 5), top_k=2)
    assert (biased["rank_distance"] == 1).all()  # ranks 1 and 2
    assert (biased["own_language_share@2"] == 1 / 2).all()
    assert biased["awrf@2"].to_numpy() == pytest.approx(1.0)  # ranks 1 and 2 have the same attention
    # One translation of a question has its own language first, the other has not.
    assert (biased.groupby("question_id")["own_language_first"].mean() == 0.5).all()
    assert (biased[["rank_correlation", "mrc@2"]] == 1).all(axis=None)


def test_with_eleven_parallel_passages_every_query_has_the_attention_fairness_by_hand() -> None:
    biased, _ = bias_of(parallel_benchmark(LANGS, 20), top_k=10)
    attention = [1 / math.log2(max(rank, 2)) for rank in range(1, 11)]
    e, t = [value / sum(attention) for value in attention], 1 / 11
    # One of the eleven languages is not in the top ten: its t ln(t / (t / 2)) is ln 2 / 11.
    divergence = sum(x * math.log(x / ((x + t) / 2)) + t * math.log(t / ((x + t) / 2)) for x in e) + math.log(2) / 11
    assert biased["awrf@10"].to_numpy() == pytest.approx(1 - divergence / 2)
    assert 1 - divergence / 2 < 0.95


@given(st.lists(st.sampled_from(["de", "el", "en", "es", "none"]), min_size=3, max_size=3))
def test_no_top_is_fairer_than_one_with_relevant_passages_in_as_many_languages(langs: list[str]) -> None:
    ranks = pd.DataFrame({"query_id": "q", "passage_lang": ["de", "el", "en", "es"]})
    tops = [pd.DataFrame({"query_id": "q", "passage_lang": top, "rank": [1, 2, 3]}) for top in (LANGS[1:4], langs)]
    fair, other = (attention_fairness(ranks, top)["q"] for top in tops)
    assert other <= fair + 1e-12


def test_no_language_is_preferred() -> None:
    _, pairs = bias_of(parallel_benchmark(["de", "en", "vi"], 400), top_k=3)
    first = pairs.loc[pairs["measure"] == "first", "value"]
    assert len(first) == 9
    assert ((first - 1 / 3).abs() < 4 * math.sqrt(1 / 3 * 2 / 3 / 400)).all()  # within four standard errors


@given(st.integers(0, 99))
def test_every_query_is_ranked_perfectly_in_every_setting(seed: int) -> None:
    benchmark = uneven_benchmark(seed)
    measured = measure_queries(rank_fairly(benchmark, depth=5, seed=seed).ranks, [20])
    assert set(measured["setting"]) == set(SETTINGS)
    assert measured[["map", "ndcg@10"]].to_numpy() == pytest.approx(1.0)


def test_scores_depend_on_the_seed_and_the_question_and_not_on_the_block() -> None:
    benchmark = uneven_benchmark(0)
    score = fair_scores(benchmark, seed=1)
    whole = score(slice(0, 12))
    assert np.array_equal(fair_scores(benchmark, seed=1)(slice(0, 12)), whole)
    assert np.array_equal(np.concatenate([score(slice(0, 5)), score(slice(5, 99))]), whole)
    assert not np.array_equal(fair_scores(benchmark, seed=2)(slice(0, 12)), whole)
    parallel = parallel_benchmark(["de", "en"], 2)  # the rows are de 0, de 1, en 0, en 1
    first, second, *translations = fair_scores(parallel, seed=1)(slice(0, 4))
    assert np.array_equal(np.stack(translations), np.stack([first, second]))
    assert not np.array_equal(first, second)


def test_a_query_without_relevant_passages_is_ranked_at_random() -> None:
    benchmark = parallel_benchmark(["de", "en"], 1)
    unjudged = Benchmark(benchmark.queries, benchmark.passages, benchmark.qrels.assign(relevance=0))
    scores = fair_scores(unjudged, seed=1)(slice(0, 2))
    assert ((scores >= 0) & (scores < 1)).all()
