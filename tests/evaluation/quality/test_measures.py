"""Measures: by hand, compared with ranx and trec_eval, and their means."""

import math
from typing import Any

import ir_measures
import numpy as np
import pandas as pd
import pytest
import ranx

from stages.hybrid.evaluation.quality.measures import (
    average_benchmark,
    average_cells,
    average_languages,
    measure_names,
    measure_queries,
    pooled_means,
)

CUTOFFS = [1, 3, 10]
COLUMNS = ["query_id", "question_id", "query_lang", "passage_id", "passage_lang", "relevance", "rank_pool", "rank_lang"]

# A question in two languages; English has two relevant passages in the pool, of which one is German.
WORKED = pd.DataFrame(
    [
        ("en-q", "q", "en", "en-p", "en", 1, 1, 1),
        ("en-q", "q", "en", "de-p", "de", 3, 25, 4),
        ("de-q", "q", "de", "de-p", "de", 2, 2, 2),
    ],
    columns=COLUMNS,
)


def random_ranks(queries: int, pool: int, seed: int) -> pd.DataFrame:
    """Return ranks of queries that have 1 to 6 relevant passages each, with relevance 1 to 3, at random ranks."""
    generator = np.random.default_rng(seed)
    rows = []
    for query in range(queries):
        ranks = generator.choice(pool, size=generator.integers(1, 7), replace=False) + 1
        for rank in ranks:
            rows.append((f"q{query}", f"q{query}", "en", f"p{rank}", "en", int(generator.integers(1, 4)), rank, rank))
    return pd.DataFrame(rows, columns=COLUMNS)


def one_row(table: pd.DataFrame, setting: str, query_id: str) -> dict[str, Any]:
    rows = table[(table["setting"] == setting) & (table["query_id"] == query_id)].to_dict("records")
    assert len(rows) == 1
    return {str(key): value for key, value in rows[0].items()}


def test_measures_of_a_query_equal_those_by_hand() -> None:
    table = measure_queries(WORKED, CUTOFFS)
    pooled = one_row(table, "multilingual", "en-q")
    assert pooled["passage_lang"] == "all"
    assert pooled["map"] == pytest.approx((1 / 1 + 2 / 25) / 2)
    assert pooled["map@20"] == pytest.approx((1 / 1) / 2)
    assert pooled["mrr"] == 1.0
    ideal = 3 / math.log2(2) + 1 / math.log2(3)
    assert pooled["ndcg@10"] == pytest.approx((1 / math.log2(2)) / ideal)
    assert pooled["recall@10"] == 0.5
    assert pooled["success@1"] == 1.0
    crossed = one_row(table, "cross_lingual", "en-q")
    assert (crossed["passage_lang"], crossed["map"], crossed["mrr"]) == ("de", 1 / 4, 1 / 4)
    assert (crossed["recall@3"], crossed["recall@10"]) == (0.0, 1.0)


def test_map_at_20_is_divided_by_all_relevant_passages_even_if_there_are_more_than_20() -> None:
    rows = [("en-q", "q", "en", f"p{rank}", "en", 1, rank, rank) for rank in range(1, 26)]
    found = one_row(measure_queries(pd.DataFrame(rows, columns=COLUMNS), CUTOFFS), "monolingual", "en-q")
    assert (found["map"], found["map@20"]) == (1.0, 20 / 25)


def test_a_query_without_a_relevant_passage_in_a_cell_has_no_row_there() -> None:
    table = measure_queries(WORKED, CUTOFFS)
    assert table[["setting", "query_lang", "passage_lang"]].apply(tuple, axis=1).tolist() == [
        ("monolingual", "de", "de"),
        ("monolingual", "en", "en"),
        ("cross_lingual", "en", "de"),
        ("multilingual", "de", "all"),
        ("multilingual", "en", "all"),
    ]


def qrels_of(ranks: pd.DataFrame) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for query_id, passage_id, relevance in ranks[["query_id", "passage_id", "relevance"]].itertuples(index=False):
        qrels.setdefault(query_id, {})[passage_id] = relevance
    return qrels


def test_measures_agree_with_ranx_and_with_trec_eval() -> None:
    ranks, pool = random_ranks(60, 150, seed=1), 150
    qrels = qrels_of(ranks)
    run = {query: {f"p{rank}": float(pool - rank) for rank in range(1, pool + 1)} for query in qrels}
    table = measure_queries(ranks, CUTOFFS)
    ours = table[table["setting"] == "multilingual"].set_index("query_id")

    names = {name: name.replace("success", "hit_rate") for name in measure_names(table)}
    theirs = ranx.Run(run)
    ranx.evaluate(ranx.Qrels(qrels), theirs, list(names.values()))
    for name, ranx_name in names.items():
        for query, value in theirs.scores[ranx_name].items():
            assert ours.loc[query, name] == pytest.approx(value, abs=1e-6), (name, query)

    spelled = {"map": "AP", "map@20": "AP@20", "mrr": "RR", "ndcg@10": "nDCG@10"}
    spelled |= {f"recall@{k}": f"R@{k}" for k in CUTOFFS} | {f"success@{k}": f"Success@{k}" for k in CUTOFFS}
    assert set(spelled) == set(names)
    measures = {ir_measures.parse_measure(text): name for name, text in spelled.items()}
    for metric in ir_measures.pytrec_eval.iter_calc(list(measures), qrels, run):
        assert ours.loc[metric.query_id, measures[metric.measure]] == pytest.approx(metric.value, abs=1e-6), metric


def test_a_cell_is_the_mean_of_its_queries_and_a_benchmark_the_mean_of_its_cells() -> None:
    rows = [
        ("en-1", "1", "en", "en-p1", "en", 1, 1, 1),
        ("en-2", "2", "en", "en-p2", "en", 1, 2, 2),
        ("en-3", "3", "en", "en-p3", "en", 1, 4, 4),
        ("de-1", "1", "de", "de-p1", "de", 1, 5, 5),
    ]
    table = measure_queries(pd.DataFrame(rows, columns=COLUMNS), CUTOFFS)
    cells = average_cells(table).query("setting == 'monolingual' and measure == 'map'")
    assert cells[["query_lang", "value", "n_queries"]].apply(tuple, axis=1).tolist() == [
        ("de", 1 / 5, 1),
        ("en", pytest.approx((1 + 1 / 2 + 1 / 4) / 3), 3),
    ]
    benchmark = average_benchmark(table).query("setting == 'monolingual' and measure == 'map'").iloc[0]
    assert benchmark["value"] == pytest.approx((1 / 5 + (1 + 1 / 2 + 1 / 4) / 3) / 2)
    assert benchmark["n_queries"] == 4


def test_a_benchmark_is_the_mean_and_not_the_median_of_its_cells() -> None:
    rows = [
        (f"{lang}-q", "q", lang, f"{lang}-p", lang, 1, rank, rank) for lang, rank in (("de", 1), ("en", 2), ("th", 8))
    ]
    means = average_benchmark(measure_queries(pd.DataFrame(rows, columns=COLUMNS), CUTOFFS))
    mono = means[(means["setting"] == "monolingual") & (means["measure"] == "map")]
    assert mono["value"].tolist() == pytest.approx([(1 / 1 + 1 / 2 + 1 / 8) / 3])


def test_a_query_in_two_cells_counts_once() -> None:
    rows = [("en-1", "1", "en", f"{lang}-p", lang, 1, 1, 1) for lang in ("de", "fr")]
    table = measure_queries(pd.DataFrame(rows, columns=COLUMNS), CUTOFFS)
    assert set(average_benchmark(table).query("setting == 'cross_lingual'")["n_queries"]) == {1}
    languages = average_languages(table).query("setting == 'cross_lingual' and measure == 'map'")
    assert languages[["query_lang", "value", "n_queries"]].to_numpy().tolist() == [["en", 1.0, 1]]


def test_no_relevant_passages_give_an_empty_table() -> None:
    assert measure_queries(WORKED.iloc[:0], CUTOFFS).empty


def test_pooled_means_have_no_cutoff_deeper_than_the_run() -> None:
    table = measure_queries(WORKED, CUTOFFS)
    assert pooled_means(table, depth=3) == {"recall@1": 0.25, "recall@3": 0.75}
