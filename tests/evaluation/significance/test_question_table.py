"""The scores of each question: what is kept of a system, and that nothing is lost that a figure needs."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.hybrid.evaluation.significance.intervals import macro_mean, sum_questions
from stages.hybrid.evaluation.significance.question_table import (
    pages_of,
    question_table,
    read_question_tables,
    write_question_table,
)
from stages.hybrid.ground.errors import UserError

QUERIES = pd.DataFrame(
    [("a:de", "a", "de", "?", "p1"), ("b:de", "b", "de", "?", "p1"), ("a:en", "a", "en", "?", "p1")],
    columns=["query_id", "question_id", "lang", "text", "page_id"],
)
MEASURED = pd.DataFrame(
    [
        ("monolingual", "de", "de", "b:de", "b", 0.123456, 0.0, 1.0),
        ("monolingual", "de", "de", "a:de", "a", 1 / 3, 0.0, 1.0),
        ("cross_lingual", "de", "en", "a:de", "a", 0.5, 0.0, 1.0),
        ("multilingual", "de", "all", "a:de", "a", 0.25, 0.0, 0.5),
    ],
    columns=["setting", "query_lang", "passage_lang", "query_id", "question_id", "map", "recall@1", "recall@10"],
)
BIASED = pd.DataFrame([("a:de", "a", "de", 7.0)], columns=["query_id", "question_id", "query_lang", "rank_distance"])


def test_a_table_has_each_question_in_each_cell_with_its_page_and_the_measures_of_the_setting() -> None:
    table = question_table(MEASURED, BIASED, QUERIES)
    assert table.columns.tolist() == [
        *("setting", "query_lang", "passage_lang", "question_id", "page_id"),
        *("map", "recall@1", "recall@10", "rank_distance"),
    ]
    assert table["setting"].tolist() == ["monolingual", "monolingual", "cross_lingual", "multilingual"]
    assert table["question_id"].tolist() == ["a", "b", "a", "a"]
    assert set(table["page_id"]) == {"p1"}
    assert table["map"].tolist() == pytest.approx([0.3333, 0.1235, 0.5, 0.25])  # four digits
    assert table["recall@1"].isna().tolist() == [False, False, False, True]
    assert table["recall@10"].isna().tolist() == [True, True, True, False]
    assert table["rank_distance"].tolist()[3] == 7.0
    assert table["rank_distance"].isna().tolist() == [True, True, True, False]


def test_measures_that_were_not_computed_are_left_out() -> None:
    table = question_table(MEASURED.drop(columns=["recall@1", "recall@10"]), BIASED, QUERIES)
    assert table.columns.tolist()[5:] == ["map", "rank_distance"]


def test_a_figure_from_the_written_table_is_the_figure(tmp_path: Path) -> None:
    table = question_table(MEASURED, BIASED, QUERIES)
    write_question_table(tmp_path / "base+centred.parquet", table)
    write_question_table(tmp_path / "base.parquet", table)
    tables = read_question_tables(tmp_path)
    assert list(tables) == ["base", "base+centred"]
    pd.testing.assert_frame_equal(tables["base"], table, check_dtype=False)
    rows = tables["base"][tables["base"]["setting"] == "monolingual"]
    sums = sum_questions(rows, "map", questions=pages_of(tables).index)
    assert macro_mean(sums) == pytest.approx((1 / 3 + 0.123456) / 2, abs=1e-4)
    assert pages_of(tables).to_dict() == {"a": "p1", "b": "p1"}


def test_equal_tables_are_written_as_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_question_table(tmp_path / f"{name}.parquet", question_table(MEASURED, BIASED, QUERIES))
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()


def test_rounding_moves_a_mean_over_a_thousand_queries_by_less_than_a_hundred_thousandth() -> None:
    values = np.random.default_rng(1).random(1_000)
    rows = [("monolingual", "de", "de", f"{i}:de", str(i), value) for i, value in enumerate(values)]
    measured = pd.DataFrame(rows, columns=MEASURED.columns[:6])
    queries = pd.DataFrame({"question_id": measured["question_id"], "page_id": "p"})
    table = question_table(measured, BIASED, queries)
    assert table["map"].astype(float).mean() == pytest.approx(values.mean(), abs=1e-5)


def test_a_question_with_two_pages_is_refused() -> None:
    table = question_table(MEASURED, BIASED, QUERIES)
    with pytest.raises(UserError, match="question 'a' has two pages, expected one; run the stages prepare and compare"):
        pages_of({"base": table, "finetuned": table.assign(page_id="p2")})


def test_a_missing_or_foreign_table_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no table of a system, expected some; run the stage compare"):
        read_question_tables(tmp_path)
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "base.parquet")
    with pytest.raises(UserError, match=r"base\.parquet: has no column setting; run the stage compare again"):
        read_question_tables(tmp_path)
