import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stages.hybrid.corpora.afriqa import COLLECTION, read_benchmark
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import sha256_of
from stages.hybrid.sources.public_files import RemoteFile
from support.published_files import published_folder

# Records with a passage, less those that repeat an earlier one: eleven of Twi's 486.
PUBLISHED = {"bem": 308, "fon": 386, "ha": 300, "rw": 345, "sw": 295, "tw": 475, "yo": 253, "zu": 325}


def record(record_id: str, passage: str | None, **changed: object) -> dict[str, object]:
    """Return a record whose question and translation are made of its id."""
    question = {"question_lang": f"{record_id} asked?", "question_translated": f"{record_id} translated?"}
    return {"id": record_id, "context": passage, "title": None, "answer_lang": "x", **question, **changed}


def write_file(folder: Path, codes: str, *records: dict[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"gold_span_passages.afriqa.{codes}.test.json"
    path.write_text("".join(json.dumps(row) + "\n" for row in records), encoding="utf-8")
    return folder


def test_a_question_is_asked_in_its_language_and_in_the_pivot_language_about_one_passage(tmp_path: Path) -> None:
    benchmark = read_benchmark(write_file(tmp_path, "hau.en", record("0", "Kano.\n")), [])
    assert benchmark.queries.to_numpy().tolist() == [
        ["ha-0:en", "ha-0", "en", "0 translated?", "ha-0/passage:en"],
        ["ha-0:ha", "ha-0", "ha", "0 asked?", "ha-0/passage:en"],
    ]
    assert benchmark.passages.to_numpy().tolist() == [["ha-0/passage:en", "en", "Kano."]]
    assert benchmark.qrels.to_numpy().tolist() == [["ha-0:en", "ha-0/passage:en", 1], ["ha-0:ha", "ha-0/passage:en", 1]]


def test_the_same_passage_in_two_files_is_one_unless_the_languages_differ(tmp_path: Path) -> None:
    for codes in ("hau.en", "yor.en", "fon.fr"):
        write_file(tmp_path, codes, record("7", "Lagos"))
    benchmark = read_benchmark(tmp_path, [])
    assert benchmark.passages["passage_id"].tolist() == ["ha-7/passage:en", "fon-7/passage:fr"]
    judged = benchmark.qrels.set_index("query_id")["passage_id"]
    assert judged["yo-7:yo"] == judged["yo-7:en"] == "ha-7/passage:en"
    assert judged["fon-7:fon"] == judged["fon-7:fr"] == "fon-7/passage:fr"


def test_the_pool_does_not_depend_on_the_african_languages_asked_for(tmp_path: Path) -> None:
    for codes in ("hau.en", "yor.en", "fon.fr"):
        write_file(tmp_path, codes, record("1", f"About {codes}"))
    benchmark = read_benchmark(tmp_path, ["en", "yo", "fon"])
    assert benchmark.passages["text"].tolist() == ["About hau.en", "About yor.en"]
    # Fon's passages are French, which is not asked for
    assert benchmark.queries["query_id"].tolist() == ["ha-1:en", "yo-1:en", "yo-1:yo"]
    assert set(benchmark.qrels["query_id"]) == set(benchmark.queries["query_id"])


def test_a_record_without_a_passage_and_a_repeated_one_are_left_out(tmp_path: Path) -> None:
    again = record("3", "Red Rum", question_lang="0 asked?", question_translated="0 translated?")
    other = record("4", "Red Rum", question_lang="0 asked?")  # another translation makes another question
    rows = [record("0", "Red Rum"), record("1", None), record("2", ""), again, other]
    benchmark = read_benchmark(write_file(tmp_path, "twi.en", *rows), [])
    assert benchmark.queries["query_id"].tolist() == ["tw-0:en", "tw-4:en", "tw-0:tw", "tw-4:tw"]
    assert len(benchmark.passages) == 1


def test_bemba_and_fon_keep_their_codes_and_the_others_have_those_of_iso_639_1(tmp_path: Path) -> None:
    for codes in ("bem.en", "fon.fr", "hau.en", "ibo.en", "kin.en", "swa.en", "twi.en", "yor.en", "zul.en"):
        write_file(tmp_path, codes, record("0", codes))
    found = set(read_benchmark(tmp_path, []).queries["lang"])
    assert found == {*PUBLISHED, "ig", "en", "fr"} == {*COLLECTION.languages, "ig"}  # Igbo is read but not fetched


@pytest.mark.parametrize("field", ["id", "question_lang", "question_translated", "context"])
def test_a_record_that_lacks_a_field_is_named_with_its_line(tmp_path: Path, field: str) -> None:
    broken = record("1", "x")
    del broken[field]
    write_file(tmp_path, "hau.en", record("0", "x"), broken)
    message = (
        rf"hau\.en\.test\.json:2: has no '{field}', expected a text that is not empty; "
        "delete the file and fetch it again$"
    )
    with pytest.raises(UserError, match=message):
        read_benchmark(tmp_path, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"hau\.en\.test\.json: has no question with a passage, expected one per line; delete the file"),
        (json.dumps(record("0", "")), "has no question with a passage"),
        ("{", r"hau\.en\.test\.json:1: .*JSON.*; delete the file and fetch it again"),
        ("[]", r"test\.json:1: is a list, expected an object with named fields; delete the file"),
        (json.dumps(record("0", "x", question_lang=" ")), r"test\.json:1: question_lang is ' ', expected a text"),
        (json.dumps(record("0", "x", context=5)), r"test\.json:1: context is 5, expected a text"),
        (
            json.dumps(record("0", "x")) + "\n" + json.dumps(record("0", "y")),
            r"test\.json:2: has the id '0' of .*test\.json:1, expected a new one; delete the file",
        ),
    ],
)
def test_a_malformed_file_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    write_file(tmp_path, "hau.en")
    (tmp_path / "gold_span_passages.afriqa.hau.en.test.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message) as error:
        read_benchmark(tmp_path, [])
    assert "\n" not in str(error.value)


def test_languages_without_a_pivot_language_are_refused(tmp_path: Path) -> None:
    write_file(tmp_path, "hau.en", record("0", "x"))
    with pytest.raises(UserError, match="has en, expected one of ha, fr;"):
        read_benchmark(tmp_path, ["ha", "fr"])


def test_a_folder_without_the_files_of_afriqa_is_refused(tmp_path: Path) -> None:
    (tmp_path / "queries.afriqa.hau.en.test.json").write_text("{}")
    with pytest.raises(UserError, match=r"has no file gold_span_passages\.afriqa\.LANG\.en.*; run the stage fetch"):
        read_benchmark(tmp_path, [])


def test_urls_name_a_commit_and_a_file(files_of: Callable[[str], list[RemoteFile]]) -> None:
    assert files_of("afriqa")[0].url.endswith(
        "/5c29933753692c28773c34ac1f68482007f1d2bb/data/gold_passages/bem/gold_span_passages.afriqa.bem.en.test.json"
    )


def test_the_published_files_hold_the_published_counts_and_first_middle_and_last_query(
    files_of: Callable[[str], list[RemoteFile]],
) -> None:
    folder = published_folder("afriqa")
    for file in files_of("afriqa"):
        assert sha256_of(folder.parent / file.mirror_path) == file.sha256
    benchmark = read_benchmark(folder, [])
    english = sum(PUBLISHED.values()) - PUBLISHED["fon"]
    assert benchmark.queries["lang"].value_counts().to_dict() == {**PUBLISHED, "en": english, "fr": PUBLISHED["fon"]}
    assert benchmark.passages["lang"].value_counts().to_dict() == {"en": 2201, "fr": 358}
    assert len(benchmark.qrels) == len(benchmark.queries) == 5374
    assert benchmark.queries.iloc[[0, 2000, -1]][["query_id", "text"]].to_numpy().tolist() == [
        ["bem-0:bem", "Kaabungwe nshi kaletungulula icalo ca Zambia?"],
        ["tw-72:en", "Alberto Leguizamo was born in which city?"],
        ["zu-9:zu", "Ubani owasungula iRoblox?"],
    ]
