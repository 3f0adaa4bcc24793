import io
import json
import tarfile
from pathlib import Path

import pytest

from stages.hybrid.corpora.squad_translated import COLLECTIONS, read_pairs
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Pair
from stages.hybrid.sources.public_files import PublicFiles


def squad(*paragraphs: tuple[str, dict[str, str]]) -> bytes:
    rows = [
        {"context": context, "qas": [{"id": key, "question": text} for key, text in asked.items()]}
        for context, asked in paragraphs
    ]
    return json.dumps({"data": [{"title": "t", "paragraphs": rows}]}).encode()


ENGLISH = squad(("One.", {"a": "A?"}), ("Two.", {"b": "B?", "c": "C?"}))
GERMAN = squad(("Zwei.", {"b": "B auf Deutsch?"}))  # its first paragraph is English's second
MLQA_GERMAN = "mlqa-translate-train/de_squad-translate-train-train-v1.1.json"


def test_a_question_s_id_is_the_group_and_its_english_paragraph_the_page(tmp_path: Path) -> None:
    (tmp_path / "en.json").write_bytes(ENGLISH)
    (tmp_path / "de.json").write_bytes(GERMAN)
    assert read_pairs(tmp_path, []) == [
        Pair("a", "en:0000-000", "en", "A?", "One."),
        Pair("b", "en:0000-001", "en", "B?", "Two."),
        Pair("c", "en:0000-001", "en", "C?", "Two."),
        Pair("b", "en:0000-001", "de", "B auf Deutsch?", "Zwei."),
    ]
    assert read_pairs(tmp_path, ["de"]) == [Pair("b", "de:0000-000", "de", "B auf Deutsch?", "Zwei.")]


def test_of_mlqa_s_archive_the_training_files_are_read_and_not_those_that_xquad_is_made_from(tmp_path: Path) -> None:
    (tmp_path / "en.json").write_bytes(ENGLISH)
    with tarfile.open(tmp_path / "mlqa-translate-train.tar.gz", "w:gz") as tar:
        for name in (MLQA_GERMAN, MLQA_GERMAN.replace("de_", "hi_").replace("train-v", "dev-v")):
            info = tarfile.TarInfo(name)
            info.size = len(GERMAN)
            tar.addfile(info, io.BytesIO(GERMAN))
    assert [(pair.group_id, pair.lang) for pair in read_pairs(tmp_path, [])] == [
        ("a", "en"), ("b", "en"), ("c", "en"), ("b", "de")
    ]  # fmt: skip


def test_a_question_without_text_and_one_that_is_repeated_count_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "tr.json").write_bytes(squad(("Bir.", {"a": " ", "b": "B?"}), ("İki.", {"b": "Yine?"})))
    assert [pair.query for pair in read_pairs(tmp_path, ["tr"])] == ["B?"]


def test_a_missing_language_and_another_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no languages, expected one of tr;"):
        read_pairs(tmp_path, ["tr"])
    (tmp_path / "tr.json").write_text('{"data": [{"paragraphs": [{}]}]}')
    with pytest.raises(UserError, match=r"the file in 'tr': not in SQuAD's format \(KeyError\('context'\)\)"):
        read_pairs(tmp_path, [])


def test_a_file_that_is_not_named_by_a_language_is_refused(tmp_path: Path) -> None:
    (tmp_path / "__.json").write_bytes(GERMAN)
    with pytest.raises(UserError, match=r"__\.json: lang is '__', expected a code of ISO 639-1 .*; rename the file"):
        read_pairs(tmp_path, [])


def test_xtreme_s_files_are_fetched_by_language_and_mlqa_s_all_at_once() -> None:
    mlqa, xtreme = (collection.home for collection in COLLECTIONS)
    assert isinstance(mlqa, PublicFiles) and isinstance(xtreme, PublicFiles)
    assert [file.path for file in mlqa.files] == ["mlqa-translate-train.tar.gz", "en.json"] and not mlqa.by_language
    assert [file.path for file in xtreme.by_language.values()] == [
        f"{lang}.json" for lang in ("en", "ar", "de", "el", "es", "hi", "ru", "th", "tr", "vi", "zh")
    ]
    assert xtreme.by_language["tr"].url.endswith("/SQuAD/translate-train/squad.translate.train.en-tr.json")
    assert not xtreme.files
