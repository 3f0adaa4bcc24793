"""What every reader's result must be, whatever its format."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stages.hybrid.corpora.catalogue import read_benchmark, read_pairs
from stages.hybrid.corpora.checks import check_benchmark, check_pairs
from stages.hybrid.corpora.formats import beir, own_pairs
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark, Pair, Passage, Qrel, Query

QUERY, PASSAGE, QREL = Query("q1", "q1", "de", "Wo?", "q1"), Passage("p1", "de", "Hier."), Qrel("q1", "p1", 1)
PAIR = Pair("g1", "page", "de", "Wo?", "Hier.")


def objects(rows: list[Query] | list[Passage]) -> pd.DataFrame:
    """Return a table that can hold anything, such as half a character."""
    return pd.DataFrame(rows, dtype=object)


def make_benchmark(
    queries: tuple[Query, ...] = (QUERY,), passages: tuple[Passage, ...] = (PASSAGE,), qrels: tuple[Qrel, ...] = (QREL,)
) -> Benchmark:
    return Benchmark(objects(list(queries)), objects(list(passages)), pd.DataFrame(list(qrels), columns=Qrel._fields))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"query": " "}, "query of a pair is ' ', expected a text that is not empty"),
        ({"passage": 1}, "passage of a pair is 1, expected a text"),
        ({"group_id": ["g"]}, r"group_id of a pair is \['g'\], expected a text"),
        ({"page_id": None}, "page_id of a pair is None, expected a text"),
        ({"query": "a\ud800"}, r"query of a pair has '\\ud800' in it, expected whole characters"),
        ({"lang": "__"}, "lang is '__', expected a code of ISO 639-1"),
        ({"query": "Wer?"}, "the group 'g1' occurs a second time in 'de', expected once"),
    ],
)
def test_pairs_have_whole_texts_codes_of_languages_and_each_group_once(changes: dict[str, Any], message: str) -> None:
    check_pairs("set", [PAIR, PAIR._replace(lang="fr"), PAIR._replace(group_id="g2")])
    check_pairs("set", [])
    with pytest.raises(UserError, match=rf"^set: {message}.*; correct its files, or fetch them again$"):
        check_pairs("set", [PAIR, PAIR._replace(**changes)])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": ""}, "text of a query is '', expected a text that is not empty"),
        ({"question_id": 1}, "question_id of a query is 1, expected a text"),
        ({"query_id": "q1"}, "query_id 'q1' occurs a second time"),
        ({"lang": "all"}, "lang is 'all', expected a code"),
        ({"page_id": "other"}, "the queries of question 'q1' have 2 values of page_id, expected one"),
    ],
)
def test_the_queries_of_a_benchmark_are_checked(changes: dict[str, Any], message: str) -> None:
    second = QUERY._replace(query_id="q2")
    check_benchmark("mine", make_benchmark(queries=(QUERY, second)))
    with pytest.raises(UserError, match=rf"^mine: {message}.*; correct its files, or fetch them again$"):
        check_benchmark("mine", make_benchmark(queries=(QUERY, second._replace(**changes))))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": 1}, "text of a passage is 1, expected a text"),
        ({"text": "\udc00"}, r"text of a passage has '\\udc00' in it, expected whole characters"),
        ({"passage_id": "p1"}, "passage_id 'p1' occurs a second time"),
        ({"lang": "DE"}, "lang is 'DE', expected a code"),
    ],
)
def test_the_passages_of_a_benchmark_are_checked(changes: dict[str, Any], message: str) -> None:
    second = PASSAGE._replace(passage_id="p2")
    check_benchmark("mine", make_benchmark(passages=(PASSAGE, second)))
    with pytest.raises(UserError, match=rf"^mine: {message}.*; correct its files, or fetch them again$"):
        check_benchmark("mine", make_benchmark(passages=(PASSAGE, second._replace(**changes))))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"query_id": "q2"}, "a judgement names the query_id 'q2', which is unknown"),
        ({"passage_id": "p2"}, "a judgement names the passage_id 'p2', which is unknown"),
        ({"relevance": 0}, "a relevance is 0, expected a whole number from 1 to 2147483647"),
        ({"relevance": 2**31}, "a relevance is 2147483648, expected"),
        ({"relevance": 10**30}, "a relevance is 10{30}, expected"),
    ],
)
def test_the_judgements_of_a_benchmark_are_checked(changes: dict[str, Any], message: str) -> None:
    check_benchmark("mine", make_benchmark(qrels=(QREL._replace(relevance=2**31 - 1),)))
    with pytest.raises(UserError, match=rf"^mine: {message}.*; correct its files, or fetch them again$"):
        check_benchmark("mine", make_benchmark(qrels=(QREL._replace(**changes),)))


def test_whatever_is_read_by_name_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def returns(found: object) -> Callable[[Path, list[str]], object]:
        return lambda folder, languages: found

    monkeypatch.setattr(own_pairs, "read_pairs", returns([PAIR, PAIR]))
    monkeypatch.setattr(beir, "read_benchmark", returns(make_benchmark(queries=(QUERY, QUERY))))
    with pytest.raises(UserError, match="mine: the group 'g1' occurs a second time"):
        read_pairs("mine", tmp_path, [])
    with pytest.raises(UserError, match="mine: query_id 'q1' occurs a second time"):
        read_benchmark("mine", tmp_path, [])


def test_half_a_character_that_a_table_refuses_is_one_line(tmp_path: Path) -> None:
    text = r'[[["M: Hi \ud800."], [{"question": "Who?", "choice": [], "answer": ""}], "1-1"]]'
    (tmp_path / "dev.json").write_text(text)
    with pytest.raises(UserError, match=r"^dream_dev: a text has '\\ud800' in it, expected whole characters; correct"):
        read_benchmark("dream_dev", tmp_path, [])


def test_the_rows_of_a_benchmark_are_sorted() -> None:
    benchmark = Benchmark.from_rows(
        [QUERY, Query("q2", "q2", "ar", "?", "q2"), QUERY._replace(query_id="q0")],
        [PASSAGE, Passage("p2", "ar", "!"), PASSAGE._replace(passage_id="p0")],
        [Qrel("q1", "p2", 1), Qrel("q1", "p0", 1), Qrel("q0", "p1", 2)],
    )
    assert benchmark.queries["query_id"].tolist() == ["q2", "q0", "q1"]
    assert benchmark.passages["passage_id"].tolist() == ["p2", "p0", "p1"]
    assert benchmark.qrels.to_numpy().tolist() == [["q0", "p1", 2], ["q1", "p0", 1], ["q1", "p2", 1]]
    for table in (benchmark.queries, benchmark.passages, benchmark.qrels):
        assert table.index.tolist() == [0, 1, 2]


def test_a_benchmark_without_rows_has_the_columns_of_its_rows() -> None:
    empty = Benchmark.from_rows([], [], [])
    assert [tuple(table.columns) for table in (empty.queries, empty.passages, empty.qrels)] == [
        Query._fields, Passage._fields, Qrel._fields
    ]  # fmt: skip
