import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from stages.hybrid.corpora.mr_tydi import COLLECTION, TRAIN, read_pairs
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Pair
from stages.hybrid.sources.hub_files import HubFiles

PASSAGE = {"docid": "25267#12", "title": "Quantum", "text": "It began."}
ROWS = [
    {"query_id": "1", "query": "When? ", "positive_passages": [PASSAGE], "negative_passages": []},
    {
        "query_id": "2",
        "query": "Where?",
        "positive_passages": [PASSAGE, {"docid": "9#0", "title": "", "text": "Here."}],
        "negative_passages": [{"docid": "8#0", "title": "No", "text": "There."}],
    },
]


def write_language(folder: Path, language: str, rows: list[dict[str, Any]]) -> Path:
    path = folder / TRAIN.format(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return folder


def test_a_pair_is_a_question_with_a_relevant_passage_and_no_group_has_two_languages(tmp_path: Path) -> None:
    write_language(tmp_path, "thai", ROWS[:1])
    assert read_pairs(write_language(tmp_path, "english", ROWS), ["th", "tr", "en"]) == [
        Pair("en:1:25267#12", "en:25267", "en", "When?", "Quantum It began."),
        Pair("en:2:25267#12", "en:25267", "en", "Where?", "Quantum It began."),
        Pair("en:2:9#0", "en:9", "en", "Where?", "Here."),
        Pair("th:1:25267#12", "th:25267", "th", "When?", "Quantum It began."),
    ]


def test_a_passage_without_text_is_refused(tmp_path: Path) -> None:
    empty = {"query_id": "0", "query": "Is?", "positive_passages": [{"docid": "3#1", "title": "", "text": ""}]}
    with pytest.raises(
        UserError, match="passage '3#1' of question '0' lacks docid or text, expected both; check that it is the"
    ):
        read_pairs(write_language(tmp_path, "english", [empty]), ["en"])


@pytest.mark.parametrize(
    "changed", [{"query": None}, {"query": 7}, {"positive_passages": None}, {"positive_passages": ["Here."]}]
)
def test_a_question_without_text_or_passages_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"train\.jsonl\.gz: question '1' lacks a query or passages, expected both"):
        read_pairs(write_language(tmp_path, "english", [ROWS[0] | changed]), ["en"])


def test_a_passage_without_an_id_is_refused_and_one_without_a_title_has_only_its_text(tmp_path: Path) -> None:
    untitled = {"docid": "3#1", "text": "Here."}
    (pair,) = read_pairs(write_language(tmp_path, "english", [ROWS[0] | {"positive_passages": [untitled]}]), ["en"])
    assert pair.passage == "Here."
    nameless = {"title": "", "text": "Here."}
    with pytest.raises(UserError, match="passage None of question '1' lacks docid or text"):
        read_pairs(write_language(tmp_path, "english", [ROWS[0] | {"positive_passages": [nameless]}]), ["en"])


def test_a_file_in_another_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train\.jsonl\.gz lack the column 'positive_passages'"):
        read_pairs(write_language(tmp_path, "english", [{"query_id": "1", "query": "When?"}]), ["en"])


def test_a_file_that_was_cut_off_is_named(tmp_path: Path) -> None:
    path = write_language(tmp_path, "english", ROWS) / TRAIN.format("english")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"train\.jsonl\.gz cannot be read \(Compressed file ended before"):
        read_pairs(tmp_path, ["en"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mrtydi-v1\.1-finnish/train\.jsonl\.gz: not found"):
        read_pairs(tmp_path, ["fi"])


def test_only_the_wanted_languages_are_fetched() -> None:
    assert isinstance(COLLECTION.home, HubFiles)
    (repository,) = COLLECTION.home.repositories
    assert repository.patterns_for(["th"], source="mr_tydi") == ["mrtydi-v1.1-thai/train.jsonl.gz"]
    assert len(repository.patterns_for([], source="mr_tydi")) == 11
