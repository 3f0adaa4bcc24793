"""Measures: by hand, against ranx and trec_eval, and their means."""

import gzip
import math
from pathlib import Path
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
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.retrieval.crosscheck import score_run
from stages.hybrid.retrieval.runs import read_run, write_qrels, write_run

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
    """Each query with 1 to 6 relevant passages of one language at distinct random ranks, graded 1 to 3."""
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


def test_measures_of_a_query_are_those_worked_by_hand() -> None:
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


def test_more_relevant_passages_than_map_at_20_can_hold_still_divide_it() -> None:
    rows = [("en-q", "q", "en", f"p{rank}", "en", 1, rank, rank) for rank in range(1, 26)]
    found = one_row(measure_queries(pd.DataFrame(rows, columns=COLUMNS), CUTOFFS), "monolingual", "en-q")
    assert (found["map"], found["map@20"]) == (1.0, 20 / 25)


def test_a_query_without_a_relevant_passage_in_a_setting_is_no_part_of_it() -> None:
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


def test_a_setting_is_the_mean_of_its_queries_and_a_benchmark_the_mean_of_its_settings() -> None:
    rows = [
        ("en-1", "1", "en", "en-p1", "en", 1, 1, 1),
        ("en-2", "2", "en", "en-p2", "en", 1, 2, 2),
        ("en-3", "3", "en", "en-p3", "en", 1, 4, 4),
        ("de-1", "1", "de", "de-p1", "de", 1, 5, 5),
    ]
    table = measure_queries(pd.DataFrame(rows, columns=COLUMNS), CUTOFFS)
    settings = average_cells(table).query("setting == 'monolingual' and measure == 'map'")
    assert settings[["query_lang", "value", "n_queries"]].apply(tuple, axis=1).tolist() == [
        ("de", 1 / 5, 1),
        ("en", pytest.approx((1 + 1 / 2 + 1 / 4) / 3), 3),
    ]
    benchmark = average_benchmark(table).query("setting == 'monolingual' and measure == 'map'").iloc[0]
    assert benchmark["value"] == pytest.approx((1 / 5 + (1 + 1 / 2 + 1 / 4) / 3) / 2)
    assert benchmark["n_queries"] == 4


def test_a_benchmark_is_the_mean_and_not_the_middle_of_its_language_pairs() -> None:
    rows = [
        (f"{lang}-q", "q", lang, f"{lang}-p", lang, 1, rank, rank) for lang, rank in (("de", 1), ("en", 2), ("th", 8))
    ]
    means = average_benchmark(measure_queries(pd.DataFrame(rows, columns=COLUMNS), CUTOFFS))
    mono = means[(means["setting"] == "monolingual") & (means["measure"] == "map")]
    assert mono["value"].tolist() == pytest.approx([(1 / 1 + 1 / 2 + 1 / 8) / 3])


def test_a_query_asked_in_two_languages_counts_once() -> None:
    rows = [("en-1", "1", "en", f"{lang}-p", lang, 1, 1, 1) for lang in ("de", "fr")]
    table = measure_queries(pd.DataFrame(rows, columns=COLUMNS), CUTOFFS)
    assert set(average_benchmark(table).query("setting == 'cross_lingual'")["n_queries"]) == {1}
    languages = average_languages(table).query("setting == 'cross_lingual' and measure == 'map'")
    assert languages[["query_lang", "value", "n_queries"]].to_numpy().tolist() == [["en", 1.0, 1]]


def test_no_relevant_passages_give_an_empty_table() -> None:
    assert measure_queries(WORKED.iloc[:0], CUTOFFS).empty


def small_benchmark() -> tuple[Benchmark, tuple[np.ndarray, np.ndarray]]:
    benchmark = Benchmark(
        pd.DataFrame([Query("q1", "q1", "en", ""), Query("q2", "q2", "en", "")]),
        pd.DataFrame([Passage("a", "en", ""), Passage("b", "en", ""), Passage("c", "en", "")]),
        pd.DataFrame([Qrel("q1", "b", 1), Qrel("q1", "c", 1), Qrel("q2", "c", 2)]),
    )
    rows = np.array([[1, 0], [2, -1]])
    return benchmark, (rows, np.array([[0.5, 0.1], [0.25, -np.inf]], dtype=np.float32))


def test_a_run_and_its_judgements_are_written_in_trecs_format_with_stable_bytes(tmp_path: Path) -> None:
    benchmark, found = small_benchmark()
    write_run(tmp_path / "one.gz", benchmark, found=found, name="base")
    write_run(tmp_path / "two.gz", benchmark, found=found, name="base")
    write_qrels(tmp_path / "qrels", benchmark)
    text = gzip.decompress((tmp_path / "one.gz").read_bytes()).decode()
    assert text.splitlines() == ["q1 Q0 b 1 0.5 base", "q1 Q0 a 2 0.100000001 base", "q2 Q0 c 1 0.25 base"]
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()
    assert (tmp_path / "qrels").read_text().splitlines() == ["q1 0 b 1", "q1 0 c 1", "q2 0 c 2"]


def test_an_id_with_white_space_is_refused_before_a_run_is_written(tmp_path: Path) -> None:
    benchmark, found = small_benchmark()
    spaced = Benchmark(benchmark.queries, benchmark.passages.replace("a", "a b"), benchmark.qrels)
    with pytest.raises(UserError, match="the id 'a b' holds white space"):
        write_run(tmp_path / "run.gz", spaced, found=found, name="base")


def test_ranx_scores_a_run_as_the_exact_ranks_do() -> None:
    benchmark, found = small_benchmark()
    # q1 finds one of its two passages at rank 1, q2 its only one at rank 1
    values = score_run(benchmark, found=found, measures=["recall@1", "recall@10"])
    assert values == {"recall@1": 0.75, "recall@10": 0.75}


def test_runs_scored_as_arrays_score_as_dictionaries_do_in_ranx() -> None:
    generator = np.random.default_rng(5)
    queries, passages = [f"q{i}" for i in range(30)], [f"p{i}" for i in range(40)]
    qrels = [
        Qrel(query, passages[i], int(generator.integers(0, 4)))
        for query in queries
        for i in generator.choice(40, generator.integers(1, 6), replace=False)
    ]
    benchmark = Benchmark(
        pd.DataFrame([Query(query, query, "en", "") for query in queries]),
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


def test_pooled_means_reach_no_deeper_than_the_run() -> None:
    table = measure_queries(WORKED, CUTOFFS)
    assert pooled_means(table, depth=3) == {"recall@1": 0.25, "recall@3": 0.75}


def test_a_run_is_read_back_to_a_depth(tmp_path: Path) -> None:
    benchmark, found = small_benchmark()
    write_run(tmp_path / "run.gz", benchmark, found=found, name="base")
    assert read_run(tmp_path / "run.gz", depth=1).to_numpy().tolist() == [["q1", "b", 1], ["q2", "c", 1]]
    with pytest.raises(UserError, match=r"holds 2 passages a query, expected 3; raise measures\.run_depth"):
        read_run(tmp_path / "run.gz", depth=3)
