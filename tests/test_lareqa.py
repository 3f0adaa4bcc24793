import json
import os
from pathlib import Path

import pytest

from stages.hybrid.corpora.lareqa import files, read_benchmark
from stages.hybrid.errors import UserError
from stages.hybrid.files import sha256_of

PUBLISHED_QUERIES = {
    "xquad_r": dict.fromkeys(["ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"], 1190),
    "mlqa_r": {"ar": 517, "de": 512, "en": 1148, "es": 500, "hi": 507, "vi": 511, "zh": 504},
}
PUBLISHED_PASSAGES = {
    "xquad_r": dict(ar=1222, de=1276, el=1234, en=1180, es=1215, hi=1244, ru=1219, th=852, tr=1167, vi=1209, zh=1196),
    "mlqa_r": dict(ar=2545, de=2362, en=6264, es=1787, hi=2426, vi=2828, zh=2322),
}


def write_language(folder: Path, lang: str, *, questions: tuple[str, ...] = ("q1", "q2")) -> None:
    """Write a paragraph of two sentences; q1's answer is in the first, q2's begins the second."""
    first, second = f"One {lang}.", f"Two {lang}."
    starts = {"q1": 0, "q2": len(first) + 1}
    paragraph = {
        "context": f"{first} {second}",
        "sentences": [first, second],
        "sentence_breaks": [[0, len(first) + 1], [len(first) + 1, len(first) + 1 + len(second)]],
        "qas": [
            {"id": q, "question": f"{q} {lang}?", "answers": [{"answer_start": starts[q], "text": "x"}]}
            for q in questions
        ],
    }
    folder.mkdir(exist_ok=True)
    (folder / f"{lang}.json").write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}), encoding="utf-8")


def test_a_query_s_relevant_passages_are_the_answer_sentences_of_every_language_that_asks_it(tmp_path: Path) -> None:
    write_language(tmp_path, "en")
    write_language(tmp_path, "de", questions=("q2",))
    benchmark = read_benchmark(tmp_path, [])
    assert benchmark.queries["query_id"].tolist() == ["q2:de", "q1:en", "q2:en"]
    assert benchmark.passages["text"].tolist() == ["One de.", "Two de.", "One en.", "Two en."]
    relevant = benchmark.qrels.groupby("query_id")["passage_id"].apply(list).to_dict()
    assert relevant == {
        "q1:en": ["0000-00:en"],
        "q2:de": ["0000-01:de", "0000-01:en"],
        "q2:en": ["0000-01:de", "0000-01:en"],
    }


def test_only_the_languages_asked_for_are_read(tmp_path: Path) -> None:
    write_language(tmp_path, "en")
    write_language(tmp_path, "de")
    assert set(read_benchmark(tmp_path, ["de"]).passages["lang"]) == {"de"}


def test_a_language_that_is_not_there_is_refused(tmp_path: Path) -> None:
    write_language(tmp_path, "en")
    with pytest.raises(UserError, match=r"no LANG.json of \['fi'\]"):
        read_benchmark(tmp_path, ["fi"])


def test_a_file_in_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "en.json").write_text('{"data": [{"paragraphs": [{"context": "x"}]}]}')
    with pytest.raises(UserError, match="not in XQuAD-R's format"):
        read_benchmark(tmp_path, [])


def test_an_answer_outside_every_sentence_is_refused(tmp_path: Path) -> None:
    write_language(tmp_path, "en")
    text = (tmp_path / "en.json").read_text().replace('"answer_start": 0', '"answer_start": 999')
    (tmp_path / "en.json").write_text(text)
    with pytest.raises(UserError, match="begins at 999, outside every sentence"):
        read_benchmark(tmp_path, [])


def published_files(name: str) -> Path:
    """Return the folder of the published files in the mirror, where the environment names one."""
    mirror = os.environ.get("HYBRID_MIRROR", "")
    folder = Path(mirror, name.replace("_", "-"))
    if not mirror or not folder.is_dir():
        pytest.skip("HYBRID_MIRROR names no folder with the published files")
    return folder


@pytest.mark.parametrize("name", ["xquad_r", "mlqa_r"])
def test_the_published_files_hold_the_published_counts(name: str) -> None:
    benchmark = read_benchmark(published_files(name), [])
    assert benchmark.queries["lang"].value_counts().to_dict() == PUBLISHED_QUERIES[name]
    assert benchmark.passages["lang"].value_counts().to_dict() == PUBLISHED_PASSAGES[name]
    in_pool = benchmark.qrels.groupby("query_id").size()
    assert (in_pool.min(), in_pool.max()) == ((11, 11) if name == "xquad_r" else (2, 4))


def test_xquad_r_s_first_and_last_english_records() -> None:
    benchmark = read_benchmark(published_files("xquad_r"), ["en"])
    queries, passages = benchmark.queries, benchmark.passages
    first, last = passages.iloc[0], passages.iloc[-1]
    assert (first["passage_id"], first["text"][:43]) == ("0000-00:en", "The Panthers defense gave up just 308 point")
    assert (last["passage_id"], last["text"][:29]) == ("0239-02:en", "The stress tensor accounts fo")
    answer = benchmark.qrels.set_index("query_id")["passage_id"]
    asked = queries["text"] == "How many points did the Panthers defense surrender?"
    assert answer[queries[asked]["query_id"].item()] == "0000-00:en"


@pytest.mark.parametrize("name", ["xquad_r", "mlqa_r"])
def test_the_mirror_s_files_have_the_pinned_checksums(name: str) -> None:
    folder = published_files(name)
    for file in files(name):
        assert sha256_of(folder.parent / file.mirror_path) == file.sha256


def test_urls_name_a_commit_and_a_file() -> None:
    url = files("xquad_r")[0].url
    assert url.endswith("/9bc8c7fb6dd8d01d72a05a93c2cb96882b0d299c/xquad-r/ar.json")
