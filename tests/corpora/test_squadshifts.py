import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from stages.hybrid.corpora.squadshifts import SHA256, read_benchmark
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import sha256_of
from stages.hybrid.sources.public_files import RemoteFile
from support.published_files import published_folder

# The published file's first, thousandth and last question and paragraph.
QUERIES = [
    ["new_wiki-5d6571572b22cd4dfcfbc8e6:en", "what does the monastic brotherhood consist of"],
    [
        "new_wiki-5d65e1482b22cd4dfcfbd0b2:en",
        "When did the ruling party gain control of the Senate during the Howard's Prime Ministry?",
    ],
    ["new_wiki-5d6897b52b22cd4dfcfc3d13:en", "What was the price of tin in the free market environment?"],
]
PASSAGES = ["new_wiki-0000-000:en", "new_wiki-0027-030:en", "new_wiki-0047-021:en"]
BEGINNINGS = ["The Monastic Brotherhood", "In November 1942 the mov", "A few studies have sugge"]


def write_domain(folder: Path, domain: str) -> Path:
    """Write an article of two paragraphs, the first with two questions."""
    paragraphs = [
        {"context": f"{domain} one.\n", "qas": [{"id": "q2", "question": "Two?"}, {"id": "q1", "question": "One? "}]},
        {"context": f"{domain} two.", "qas": [{"id": "q3", "question": "Three?"}]},
    ]
    (folder / f"{domain}_v1.0.json").write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), encoding="utf-8")
    return folder


def test_a_question_s_passage_is_its_paragraph(tmp_path: Path) -> None:
    benchmark = read_benchmark(write_domain(tmp_path, "nyt"), ["de", "en"])
    assert benchmark.queries["text"].tolist() == ["One?", "Two?", "Three?"]
    assert benchmark.passages.to_numpy().tolist() == [
        ["nyt-0000-000:en", "en", "nyt one."],
        ["nyt-0000-001:en", "en", "nyt two."],
    ]
    assert benchmark.qrels.to_numpy().tolist() == [
        ["nyt-q1:en", "nyt-0000-000:en", 1],
        ["nyt-q2:en", "nyt-0000-000:en", 1],
        ["nyt-q3:en", "nyt-0000-001:en", 1],
    ]


def test_domains_in_one_folder_are_one_pool_even_if_their_ids_are_the_same(tmp_path: Path) -> None:
    benchmark = read_benchmark(write_domain(write_domain(tmp_path, "nyt"), "reddit"), [])
    assert (len(benchmark.queries), len(benchmark.passages), len(benchmark.qrels)) == (6, 4, 6)
    assert benchmark.queries["query_id"].is_unique


def test_the_whole_has_the_files_of_all_four_domains(files_of: Callable[[str], list[RemoteFile]]) -> None:
    domains = ["new_wiki", "nyt", "reddit", "amazon"]
    parts = [file for domain in domains for file in files_of(f"squadshifts_{domain}")]
    assert files_of("squadshifts") == parts and {file.sha256 for file in parts} == set(SHA256.values())


def test_a_missing_file_a_missing_language_and_another_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no DOMAIN_v1\.0\.json, expected files of SQuADShifts"):
        read_benchmark(tmp_path, [])
    with pytest.raises(UserError, match="has en, expected one of de;"):
        read_benchmark(write_domain(tmp_path, "nyt"), ["de"])
    (tmp_path / "nyt_v1.0.json").write_text("[" * 100_000)
    with pytest.raises(UserError, match=r"nyt_v1\.0\.json: not in SQuAD's format \(RecursionError"):
        read_benchmark(tmp_path, [])
    (tmp_path / "nyt_v1.0.json").write_text("{}")
    with pytest.raises(UserError, match=r"nyt_v1\.0\.json: not in SQuAD's format \(KeyError\('data'\)\)"):
        read_benchmark(tmp_path, [])


def test_the_published_file_s_counts_and_its_first_thousandth_and_last_record(
    tmp_path: Path, files_of: Callable[[str], list[RemoteFile]]
) -> None:
    (file,) = files_of("squadshifts_new_wiki")
    source = published_folder("squadshifts").parent / file.mirror_path
    assert sha256_of(source) == file.sha256
    shutil.copy(source, tmp_path)
    benchmark = read_benchmark(tmp_path, [])
    assert (len(benchmark.queries), len(benchmark.passages), len(benchmark.qrels)) == (7938, 1581, 7938)
    places = [0, 999, -1]
    assert benchmark.queries.iloc[places][["query_id", "text"]].to_numpy().tolist() == QUERIES
    assert benchmark.passages.iloc[places]["passage_id"].tolist() == PASSAGES
    assert [text[:24] for text in benchmark.passages.iloc[places]["text"]] == BEGINNINGS
    judged = benchmark.qrels.set_index("query_id")["passage_id"]
    # the file's first question, its thousand and first, and its last
    assert judged["new_wiki-5d6571572b22cd4dfcfbc8ea:en"] == "new_wiki-0000-000:en"
    assert judged["new_wiki-5d661bc62b22cd4dfcfbd8f1:en"] == "new_wiki-0006-025:en"
    assert judged["new_wiki-5d6806d82b22cd4dfcfc051f:en"] == "new_wiki-0047-021:en"
