"""The user's own pairs and benchmarks: what is read, and the message for each mistake."""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.hybrid.corpora.formats.beir import read_benchmark
from stages.hybrid.corpora.formats.own_pairs import read_pairs
from stages.hybrid.corpora.formats.text_rows import NOT_LANGUAGES, lang_of
from stages.hybrid.evaluation.names import ALL_LANGUAGES, MEAN
from stages.hybrid.evaluation.quality.measures import measure_queries
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Pair, Passage, Qrel, Query
from stages.hybrid.retrieval.ranking.ranks import exact_ranks

TOY = Path(__file__).parents[1] / "toy"
MOON_EN = {"group_id": "moon", "page_id": "sky", "lang": "en", "query": "Why tides?", "passage": "The Moon pulls."}
MOON_DE = {"group_id": "moon", "page_id": "sky", "lang": "de", "query": "Warum Flut?", "passage": "Der Mond zieht."}


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_benchmark(folder: Path, **changed: str) -> Path:
    """Write a German query, a German passage and an English one with a title; ``changed`` replaces whole files."""
    files = {
        "queries": '{"_id": "q1", "text": "Warum Flut?", "lang": "de", "question_id": "tides"}\n',
        "corpus": (
            '{"_id": "p2", "title": "Tides", "text": "The Moon pulls.", "lang": "en"}\n'
            '{"_id": "p1", "title": "", "text": "Der Mond zieht.", "lang": "de"}\n'
        ),
        "qrels": "query-id\tcorpus-id\tscore\nq1\tp2\t2\nq1\tp1\t1\n",
    }
    files |= changed
    (folder / "qrels").mkdir(parents=True)
    (folder / "queries.jsonl").write_text(files["queries"], encoding="utf-8")
    (folder / "corpus.jsonl").write_text(files["corpus"], encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text(files["qrels"], encoding="utf-8")
    return folder


def test_pairs_come_in_the_files_order_with_every_field(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "own.jsonl", [MOON_EN, MOON_DE])
    assert read_pairs(path, []) == [
        Pair("moon", "sky", "en", "Why tides?", "The Moon pulls."),
        Pair("moon", "sky", "de", "Warum Flut?", "Der Mond zieht."),
    ]


def test_a_folder_with_one_parquet_file_reads_as_the_same_pairs(tmp_path: Path) -> None:
    jsonl = write_rows(tmp_path / "own.jsonl", [MOON_EN, MOON_DE])
    (tmp_path / "folder").mkdir()
    pd.DataFrame([MOON_EN, MOON_DE]).to_parquet(tmp_path / "folder" / "own.parquet")
    assert read_pairs(tmp_path / "folder", []) == read_pairs(jsonl, [])


def test_a_pair_without_a_page_has_its_group_as_its_page(tmp_path: Path) -> None:
    row = {key: value for key, value in MOON_EN.items() if key != "page_id"}
    assert read_pairs(write_rows(tmp_path / "own.jsonl", [row]), [])[0].page_id == "moon"


def test_only_pairs_of_the_named_languages_are_read(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "own.jsonl", [MOON_EN, MOON_DE])
    assert [pair.lang for pair in read_pairs(path, ["de", "fr"])] == ["de"]


def test_a_repeated_row_and_a_blank_line_count_for_nothing(tmp_path: Path) -> None:
    line = json.dumps(MOON_EN)
    path = tmp_path / "own.jsonl"
    path.write_text(f"{line}\n\n{line}\n", encoding="utf-8")
    assert len(read_pairs(path, [])) == 1


@given(st.text().filter(str.strip), st.text().filter(str.strip))
def test_any_text_survives_the_file_unchanged(query: str, passage: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.jsonl"
        path.write_text(json.dumps(MOON_EN | {"query": query, "passage": passage}), encoding="utf-8")
        assert read_pairs(path, [])[0][3:] == (query, passage)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (MOON_DE | {"query": ""}, "query is '', expected a text that is not empty"),
        (MOON_DE | {"group_id": 7}, "group_id is 7, expected a text that is not empty; correct the line"),
        (MOON_DE | {"page_id": " "}, "page_id is ' ', expected"),
        (MOON_DE | {"lang": "mean"}, "lang is 'mean', expected a code of ISO 639-1 such as de or pt-BR; correct the"),
        ({"group_id": "moon"}, "has no 'lang', expected a text that is not empty"),
        (MOON_EN | {"query": "Why?"}, "group 'moon' has another text in 'en' at {path}:1, expected one text"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    path = write_rows(tmp_path / "own.jsonl", [MOON_EN, row])
    with pytest.raises(UserError, match=re.escape(f"{path}:2: {message.format(path=path)}")):
        read_pairs(path, [])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "is not valid JSON"),
        ("[1]", "is a list, expected an object"),
        ("\xff", "is not valid JSON"),
        ("[" * 100_000, "is not valid JSON"),
        (json.dumps(MOON_DE | {"query": "a \ud800"}), r"query has '\ud800' in it, expected whole characters"),
    ],
)
def test_a_line_that_is_no_row_of_texts_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "own.jsonl"
    path.write_bytes(json.dumps(MOON_EN).encode() + b"\n" + line.encode("latin-1"))
    with pytest.raises(UserError, match=re.escape(f"{path}:2: {message}")):
        read_pairs(path, [])


def test_a_bad_parquet_row_is_named_by_its_number(tmp_path: Path) -> None:
    pd.DataFrame([MOON_EN, MOON_DE | {"passage": None}]).to_parquet(tmp_path / "own.parquet")
    with pytest.raises(UserError, match=r"own\.parquet:2: has no 'passage'"):
        read_pairs(tmp_path / "own.parquet", [])


def test_a_file_of_another_kind_a_broken_one_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"not parquet")
    with pytest.raises(UserError, match=r"ends in '.csv', expected .jsonl or .parquet"):
        read_pairs(tmp_path / "own.csv", [])
    with pytest.raises(UserError, match="is not valid parquet"):
        read_pairs(tmp_path / "broken.parquet", [])
    with pytest.raises(UserError, match="not found"):
        read_pairs(tmp_path / "own.jsonl", [])


def test_a_parquet_file_with_a_broken_page_or_text_that_is_no_utf_8_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "own.parquet"
    pd.DataFrame([MOON_EN, MOON_DE]).to_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"\xff" * 60 + whole[64:])
    with pytest.raises(UserError, match=r"own\.parquet: is not valid parquet \([^\n]+\); write it again$"):
        read_pairs(path, [])
    texts = pa.array([b"caf\xe9"]).cast(pa.string(), safe=False)
    pq.write_table(pa.table({"group_id": ["g"], "lang": ["en"], "query": texts, "passage": ["p"]}), path)
    with pytest.raises(UserError, match=r"own\.parquet: is not valid parquet \('utf-8' codec can't decode"):
        read_pairs(path, [])


def test_a_folder_with_two_files_is_refused(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        write_rows(tmp_path / name, [MOON_EN])
    with pytest.raises(UserError, match=r"has 2 \.jsonl or \.parquet files, expected one"):
        read_pairs(tmp_path, [])


def test_no_pair_in_the_named_languages_is_an_error(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "own.jsonl", [MOON_EN])
    with pytest.raises(UserError, match="has no pairs in fr, zh, expected some; check the file, and languages"):
        read_pairs(path, ["fr", "zh"])


def test_a_benchmark_is_sorted_by_language_and_its_titles_stand_before_its_texts(tmp_path: Path) -> None:
    benchmark = read_benchmark(write_benchmark(tmp_path / "own"), [])
    assert list(benchmark.queries.itertuples(index=False, name=None)) == [("q1", "tides", "de", "Warum Flut?", "tides")]
    assert list(benchmark.passages.itertuples(index=False, name=None)) == [
        ("p1", "de", "Der Mond zieht."),
        ("p2", "en", "Tides The Moon pulls."),
    ]
    assert list(benchmark.qrels.itertuples(index=False, name=None)) == [("q1", "p1", 1), ("q1", "p2", 2)]


def test_a_query_without_a_question_id_is_its_own_question(tmp_path: Path) -> None:
    queries = '{"_id": "q1", "text": "Warum Flut?", "lang": "de"}\n'
    benchmark = read_benchmark(write_benchmark(tmp_path / "own", queries=queries), [])
    assert list(benchmark.queries["question_id"]) == ["q1"]
    assert list(benchmark.queries["page_id"]) == ["q1"]


def test_a_query_may_name_its_page(tmp_path: Path) -> None:
    row = '{"_id": "q1", "text": "?", "lang": "de", "question_id": "tides", "page_id": "sea"}\n'
    folder = write_benchmark(tmp_path / "own", queries=row)
    assert list(read_benchmark(folder, []).queries["page_id"]) == ["sea"]


@pytest.mark.parametrize("lang", ["de", "pt-BR", "sr-Latn", "bem", "zh-Hant-TW"])
def test_a_code_of_a_language_may_have_a_script_and_a_region(lang: str) -> None:
    assert lang_of({"lang": lang}, "f:1") == lang


@pytest.mark.parametrize("lang", ["mean", "all", "DE", "pt_BR", "pt-", "d", "german", "de de", " de", "de\n"])
def test_what_is_no_code_of_a_language_is_refused(lang: str) -> None:
    message = f"f:1: lang is {lang!r}, expected a code of ISO 639-1 such as de or pt-BR; correct the line"
    with pytest.raises(UserError, match=re.escape(message)):
        lang_of({"lang": lang}, "f:1")


def test_names_that_stand_for_several_languages_in_tables_of_figures_are_not_languages() -> None:
    assert {ALL_LANGUAGES, MEAN} == NOT_LANGUAGES


@pytest.mark.parametrize("name", ["queries", "corpus"])
def test_a_benchmark_s_row_or_file_in_no_language_is_refused(tmp_path: Path, name: str) -> None:
    row = '{"_id": "q1", "text": "Warum?", "lang": "all"}\n'
    with pytest.raises(UserError, match=rf"{name}\.jsonl:1: lang is 'all', expected a code .*; correct the line"):
        read_benchmark(write_benchmark(tmp_path / "rows", **{name: row}), [])
    folder = write_benchmark(tmp_path / "file")
    (folder / "languages.json").write_text(json.dumps({name: "mean"}), encoding="utf-8")
    with pytest.raises(UserError, match=r"languages\.json: lang is 'mean', expected a code .*; correct the file"):
        read_benchmark(folder, [])


def test_a_language_file_speaks_for_rows_without_a_language(tmp_path: Path) -> None:
    folder = write_benchmark(tmp_path / "own", queries='{"_id": "q1", "text": "Warum Flut?"}\n')
    with pytest.raises(UserError, match=r'queries\.jsonl:1: has no "lang", .* put languages\.json into the folder'):
        read_benchmark(folder, [])
    (folder / "languages.json").write_text('{"queries": "de"}', encoding="utf-8")
    assert list(read_benchmark(folder, []).queries["lang"]) == ["de"]
    (folder / "languages.json").write_text('{"queries": 1}', encoding="utf-8")
    with pytest.raises(UserError, match=r"languages\.json: is \{'queries': 1\}, expected languages as in"):
        read_benchmark(folder, [])


def test_a_corpus_in_another_language_than_its_queries_is_measured_across_languages_by_its_grades(
    tmp_path: Path,
) -> None:
    corpus = '{"_id": "p1", "text": "a"}\n{"_id": "p2", "text": "b"}\n{"_id": "p3", "text": "c"}\n'
    folder = write_benchmark(tmp_path / "own", queries='{"_id": "q1", "text": "Warum?"}\n', corpus=corpus)
    (folder / "languages.json").write_text('{"queries": "de", "corpus": "en"}', encoding="utf-8")
    benchmark = read_benchmark(folder, [])
    query, passages = np.array([[1.0]]), np.array([[0.9], [0.5], [0.7]])  # ranked p1, p3, p2
    measured = measure_queries(exact_ranks(benchmark, queries=query, passages=passages), [1])
    assert measured["setting"].tolist() == ["cross_lingual", "multilingual"]
    # p1 has grade 1 and rank 1, p2 grade 2 and rank 3
    ndcg = (1 / np.log2(2) + 2 / np.log2(4)) / (2 / np.log2(2) + 1 / np.log2(3))
    assert measured["ndcg@10"].tolist() == pytest.approx([ndcg, ndcg])
    assert measured["map"].tolist() == pytest.approx([(1 / 1 + 2 / 3) / 2] * 2)
    with pytest.raises(
        UserError, match="has no judgement above 0 in de, expected some; check its files, and evaluation_languages"
    ):
        read_benchmark(folder, ["de"])


def test_what_is_outside_the_languages_goes_with_its_judgements(tmp_path: Path) -> None:
    folder = write_benchmark(tmp_path / "own")
    benchmark = read_benchmark(folder, ["de"])
    assert list(benchmark.passages["passage_id"]) == ["p1"]
    assert list(benchmark.qrels["passage_id"]) == ["p1"]
    with pytest.raises(UserError, match="has no judgement above 0 in en, expected some"):
        read_benchmark(folder, ["en"])


def test_judgements_of_zero_and_queries_left_without_any_are_dropped(tmp_path: Path) -> None:
    queries = '{"_id": "q1", "text": "a", "lang": "de"}\n{"_id": "q2", "text": "b", "lang": "de"}\n'
    qrels = "query-id\tcorpus-id\tscore\nq1\tp1\t1\nq1\tp2\t0\nq2\tp1\t0\n"
    benchmark = read_benchmark(write_benchmark(tmp_path / "own", queries=queries, qrels=qrels), [])
    assert list(benchmark.queries["query_id"]) == ["q1"]
    assert list(benchmark.qrels["passage_id"]) == ["p1"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("q9\tp1\t1", "query 'q9' is not among the queries"),
        ("q1\tp9\t1", "passage 'p9' is not in the corpus"),
        ("q1\tp1\tyes", "score is 'yes', expected a whole number"),
        ("q1 0 p1 1", "has 1 columns, expected query-id, corpus-id and score"),
        ("q1\tp2\t1", "'q1' and 'p2' have another score on an earlier line"),
    ],
)
def test_a_bad_judgement_is_named_by_its_line(tmp_path: Path, line: str, message: str) -> None:
    folder = write_benchmark(tmp_path / "own", qrels=f"query-id\tcorpus-id\tscore\nq1\tp2\t2\n{line}\n")
    with pytest.raises(UserError, match=re.escape(f"{folder / 'qrels' / 'test.tsv'}:3: {message}")):
        read_benchmark(folder, [])


def test_queries_and_passages_in_parquet_read_as_in_jsonl(tmp_path: Path) -> None:
    jsonl = read_benchmark(write_benchmark(tmp_path / "jsonl"), [])
    folder = write_benchmark(tmp_path / "parquet")
    for name in ("queries", "corpus"):
        rows = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        pd.DataFrame(rows).to_parquet(folder / f"{name}.parquet")
        with pytest.raises(UserError, match=rf"has {name}\.jsonl and {name}\.parquet, expected one of the two"):
            read_benchmark(folder, [])
        (folder / f"{name}.jsonl").unlink()
    for side in ("queries", "passages", "qrels"):
        pd.testing.assert_frame_equal(getattr(read_benchmark(folder, []), side), getattr(jsonl, side))


def test_a_byte_order_mark_is_no_part_of_the_judgements(tmp_path: Path) -> None:
    for name, qrels in (("header", "\ufeffquery-id\tcorpus-id\tscore\nq1\tp1\t1\n"), ("none", "\ufeffq1\tp1\t1\n")):
        assert len(read_benchmark(write_benchmark(tmp_path / name, qrels=qrels), []).qrels) == 1


def test_an_id_with_white_space_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    folder = write_benchmark(tmp_path / "own", queries='{"_id": "q 1", "text": "a", "lang": "de"}\n')
    with pytest.raises(
        UserError, match=r"queries\.jsonl:1: _id is 'q 1', expected no white space, which TREC runs cannot"
    ):
        read_benchmark(folder, [])


def test_judgements_without_a_header_lose_no_line(tmp_path: Path) -> None:
    assert len(read_benchmark(write_benchmark(tmp_path / "own", qrels="q1\tp2\t1\r\nq1\tp1\t1\r\n"), []).qrels) == 2


def test_an_id_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    row = '{"_id": "q1", "text": "a", "lang": "de"}\n'
    with pytest.raises(UserError, match=r"queries\.jsonl:2: _id 'q1' occurs a second time"):
        read_benchmark(write_benchmark(tmp_path / "own", queries=row * 2), [])


def test_the_test_split_is_taken_and_otherwise_the_only_one(tmp_path: Path) -> None:
    folder = write_benchmark(tmp_path / "own")
    test = folder / "qrels" / "test.tsv"
    (folder / "qrels" / "dev.tsv").write_text("q1\tp2\t1\n", encoding="utf-8")
    assert len(read_benchmark(folder, []).qrels) == 2
    test.rename(folder / "qrels" / "train.tsv")
    with pytest.raises(UserError, match=r"has dev\.tsv, train\.tsv, expected test\.tsv or one split"):
        read_benchmark(folder, [])
    (folder / "qrels" / "train.tsv").unlink()
    assert len(read_benchmark(folder, []).qrels) == 1


def test_the_toy_corpus_has_two_groups_a_page_in_five_languages() -> None:
    pairs = pd.DataFrame(read_pairs(TOY / "pairs.jsonl", []))
    assert set(pairs.groupby("page_id")["group_id"].nunique()) == {2}
    assert {tuple(sorted(langs)) for _, langs in pairs.groupby("group_id")["lang"]} == {("de", "en", "es", "ru", "zh")}
    assert pairs["group_id"].nunique() == 24


def test_the_toy_benchmark_judges_the_translations_of_a_querys_passage_and_shares_no_text_with_the_pairs() -> None:
    benchmark = read_benchmark(TOY / "benchmark", [])
    assert list(benchmark.queries.columns) == list(Query._fields)
    assert list(benchmark.passages.columns) == list(Passage._fields)
    assert list(benchmark.qrels.columns) == list(Qrel._fields)
    # 12 questions in 5 languages; one lacks Chinese altogether, one its Russian query
    assert (len(benchmark.queries), len(benchmark.passages), len(benchmark.qrels)) == (58, 59, 10 * 25 + 4 * 4 + 4 * 5)
    pairs = pd.DataFrame(read_pairs(TOY / "pairs.jsonl", []))
    assert not set(pairs["query"]) & set(benchmark.queries["text"])
    assert not set(pairs["passage"]) & set(benchmark.passages["text"])
