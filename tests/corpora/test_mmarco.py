from pathlib import Path

import pytest

from stages.hybrid.corpora.formats import hub_tables
from stages.hybrid.corpora.mmarco import COLLECTION, PASSAGES, QUERIES, TRIPLES, read_pairs
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Pair
from stages.hybrid.sources.hub_files import HubFiles

FILES = {
    TRIPLES: "2\t20\t30\n2\t20\t10\n1\t10\t30\n1\t20\t30\n9\t10\t20\n",
    QUERIES.format("english"): '1\tone "1"?\n2\ttwo?\n3\tnever relevant\n9\t\n',
    PASSAGES.format("english"): "10\tTen.\n20\tNA\n30\tThirty.\n",
    QUERIES.format("german"): "2\tzwei?\n",
    PASSAGES.format("german"): "20\t Zwanzig.\n",
}


def write_files(folder: Path, **changed: str) -> Path:
    for path, text in (FILES | changed).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def test_a_group_is_a_question_with_a_relevant_passage_in_all_languages_that_have_both(tmp_path: Path) -> None:
    assert read_pairs(write_files(tmp_path), ["de", "en", "tr"]) == [
        Pair("2-20", "20", "de", "zwei?", "Zwanzig."),
        Pair("2-20", "20", "en", "two?", "NA"),
        Pair("1-10", "10", "en", 'one "1"?', "Ten."),
        Pair("1-20", "20", "en", 'one "1"?', "NA"),
    ]


def test_a_file_read_in_parts_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read_pairs(write_files(tmp_path), ["en"])
    monkeypatch.setattr(hub_tables, "ROWS_AT_ONCE", 2)
    assert read_pairs(tmp_path, ["en"]) == whole


def test_a_missing_and_a_malformed_file_are_named(tmp_path: Path) -> None:
    write_files(tmp_path, **{TRIPLES: "1\t2\t3\n1\t2\t3\t4\n"})
    with pytest.raises(UserError, match=r"triples\.train\.ids\.small\.tsv cannot be read \(.*saw 4"):
        read_pairs(tmp_path, ["en"])
    with pytest.raises(UserError, match=r"hindi_queries\.train\.tsv: not found, expected .*; run the stage fetch"):
        read_pairs(write_files(tmp_path), ["hi"])
    with pytest.raises(UserError, match=r"mmarco: has ar, .*, expected one of tr;"):
        read_pairs(tmp_path, ["tr"])


def test_the_repository_is_pinned_and_only_the_wanted_languages_are_fetched() -> None:
    assert isinstance(COLLECTION.home, HubFiles)
    (repository,) = COLLECTION.home.repositories
    assert len(repository.revision) == 40
    assert repository.patterns_for(["en", "tr"], source="mmarco") == [
        TRIPLES, QUERIES.format("english"), PASSAGES.format("english")
    ]  # fmt: skip
