import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stages.hybrid.corpora import catalogue
from stages.hybrid.corpora.xquad_r_mlqa_r import read_benchmark
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import sha256_of
from stages.hybrid.sources.public_files import RemoteFile
from support.published_files import published_folder

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


def write_paragraphs(folder: Path, lang: str, asked: list[tuple[str, ...]]) -> None:
    """Write paragraphs of one sentence each, with the ids of the questions that each answers."""
    paragraphs = [
        {
            "sentences": [f"{number} {lang}."],
            "sentence_breaks": [[0, 10]],
            "qas": [{"id": q, "question": f"{q}?", "answers": [{"answer_start": 0, "text": "x"}]} for q in questions],
        }
        for number, questions in enumerate(asked)
    ]
    (folder / f"{lang}.json").write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), encoding="utf-8")


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


def test_questions_that_share_a_paragraph_in_some_language_share_a_page(tmp_path: Path) -> None:
    # in paragraph 0, English asks a and b, German b and c; d is alone in paragraph 1 of English
    write_paragraphs(tmp_path, "en", [("a", "b"), ("d",)])
    write_paragraphs(tmp_path, "de", [("b", "c")])
    queries = read_benchmark(tmp_path, []).queries
    pages = dict(zip(queries["query_id"], queries["page_id"], strict=True))
    assert pages == dict.fromkeys(["a:en", "b:en", "b:de", "c:de"], "0000:de") | {"d:en": "0001:en"}


def test_only_the_languages_asked_for_are_read(tmp_path: Path) -> None:
    write_language(tmp_path, "en")
    write_language(tmp_path, "de")
    assert set(read_benchmark(tmp_path, ["de"]).passages["lang"]) == {"de"}


def test_a_language_that_is_not_there_is_refused(tmp_path: Path) -> None:
    write_language(tmp_path, "en")
    with pytest.raises(UserError, match=r"has en, expected a file of XQuAD-R or MLQA-R in fi; run the stage fetch"):
        read_benchmark(tmp_path, ["fi"])


def test_a_file_in_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "en.json").write_text('{"data": [{"paragraphs": [{"context": "x"}]}]}')
    with pytest.raises(UserError, match="not in XQuAD-R's format"):
        read_benchmark(tmp_path, [])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('["One en.", "Two en."]', '[1, "Two en."]', "sentence is 1, expected a text that is not empty"),
        ('["One en.", "Two en."]', '"ab"', "sentences is 'ab', expected a list of texts"),
        (
            '["One en.", "Two en."]',
            '["One en.", "\\ud800"]',
            r"sentence has '\\ud800' in it, expected whole characters",
        ),
        ('"id": "q1"', '"id": ["q1"]', r"id is \['q1'\], expected a text that is not empty"),
        ('"question": "q1 en?"', '"question": null', "has no 'question', expected a text that is not empty"),
    ],
)
def test_what_is_not_a_text_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    write_language(tmp_path, "en")
    text = (tmp_path / "en.json").read_text()
    assert old in text
    (tmp_path / "en.json").write_text(text.replace(old, new))
    with pytest.raises(UserError, match=rf"en\.json: {message}; delete the file and fetch it again"):
        read_benchmark(tmp_path, [])


def test_a_question_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    write_language(tmp_path, "en", questions=("q1", "q1"))
    with pytest.raises(UserError, match="xquad_r: query_id 'q1:en' occurs a second time"):
        catalogue.read_benchmark("xquad_r", tmp_path, [])


def test_a_file_that_is_not_named_by_a_language_is_refused(tmp_path: Path) -> None:
    write_language(tmp_path, "all")
    with pytest.raises(UserError, match=r"all\.json: lang is 'all', expected a code of ISO 639-1 .*; rename the file"):
        read_benchmark(tmp_path, [])


def test_an_answer_outside_every_sentence_is_refused(tmp_path: Path) -> None:
    write_language(tmp_path, "en")
    text = (tmp_path / "en.json").read_text().replace('"answer_start": 0', '"answer_start": 999')
    (tmp_path / "en.json").write_text(text)
    with pytest.raises(UserError, match="begins at character 999, expected a place in a sentence"):
        read_benchmark(tmp_path, [])


@pytest.mark.parametrize("name", ["xquad_r", "mlqa_r"])
def test_the_published_files_hold_the_published_counts(name: str) -> None:
    benchmark = read_benchmark(published_folder(name.replace("_", "-")), [])
    assert benchmark.queries["lang"].value_counts().to_dict() == PUBLISHED_QUERIES[name]
    assert benchmark.passages["lang"].value_counts().to_dict() == PUBLISHED_PASSAGES[name]
    in_pool = benchmark.qrels.groupby("query_id").size()
    assert (in_pool.min(), in_pool.max()) == ((11, 11) if name == "xquad_r" else (2, 4))
    assert benchmark.queries["page_id"].nunique() == (240 if name == "xquad_r" else 933)


@pytest.mark.parametrize(
    ("name", "place", "query_id", "question", "relevant"),
    [
        (
            "xquad_r",
            0,
            "56beb4343aeaaa14008c925b:ar",
            "كم نقطة تخلى عنها دفاع البانثرز؟",
            [f"0000-00:{lang}" for lang in PUBLISHED_PASSAGES["xquad_r"]],
        ),
        (
            "xquad_r",
            4078,
            "5726847f708984140094c8ae:en",
            "What band is often regarded as the first folk metal group?",
            ["0112-02:ar", "0112-02:th", "0112-04:hi"]
            + [f"0112-03:{lang}" for lang in ("de", "el", "en", "es", "ru", "tr", "vi", "zh")],
        ),
        (
            "xquad_r",
            -1,
            "5737a25ac3c5551400e51f54:zh",
            "在计算物体面积时，压力项包括在什么里面？",
            [f"0239-01:{lang}" for lang in PUBLISHED_PASSAGES["xquad_r"]],
        ),
        (
            "mlqa_r",
            0,
            "00df95637d0fc0837b9eba5dafceb545856459b9:ar",
            "ما هي الأمراض التي تزيد خطورة الإصابه بها من ارتفاع ضغط الدم؟",
            ["0108-01:ar", "0121-01:en", "0131-01:hi", "0139-01:zh"],
        ),
        (
            "mlqa_r",
            2099,
            "ec4fbd838bdf6e6dd8b5957e76d55683a8411696:en",
            "Pathum Thani is a central province in what  country?",
            ["0042-00:de", "0056-00:es", "0056-00:vi", "0559-00:en"],
        ),
        (
            "mlqa_r",
            -1,
            "ffda9703f9c74514861038a4ebfa8dff3b4c0990:zh",
            "他以什么神经递质的名字而闻名？",
            ["0204-01:zh", "0303-02:de", "0354-04:ar", "0421-04:en"],
        ),
    ],
)
def test_the_published_first_a_later_and_the_last_query_and_its_relevant_passages(
    name: str, place: int, query_id: str, question: str, relevant: list[str]
) -> None:
    benchmark = read_benchmark(published_folder(name.replace("_", "-")), [])
    query = benchmark.queries.iloc[place]
    assert (query["query_id"], query["text"]) == (query_id, question)
    judged = benchmark.qrels[benchmark.qrels["query_id"] == query_id]
    assert judged["passage_id"].tolist() == sorted(relevant) and set(judged["relevance"]) == {1}


@pytest.mark.parametrize(
    ("name", "place", "passage_id", "begins"),
    [
        ("xquad_r", 0, "0000-00:ar", " لم يتخلى فريق بانثرز سوى عن 308 نقطة"),
        ("xquad_r", 6507, "0082-03:hi", "हालांकि 2004 और 2014 के बीच"),
        ("xquad_r", -1, "0239-02:zh", "应力张量 导致了产生所有应变（变形）的力"),
        ("mlqa_r", 0, "0000-00:ar", "تنتقل حمى الفواصد عن طريق لدغات"),
        ("mlqa_r", 10267, "0828-08:en", "Fermions obey the Pauli exclusion principle"),
        ("mlqa_r", -1, "0442-01:zh", "而称谓「斯巴达」（Sparta）"),
    ],
)
def test_the_published_first_middle_and_last_passage(name: str, place: int, passage_id: str, begins: str) -> None:
    passage = read_benchmark(published_folder(name.replace("_", "-")), []).passages.iloc[place]
    assert passage["passage_id"] == passage_id and passage["text"].startswith(begins)


@pytest.mark.parametrize("name", ["xquad_r", "mlqa_r"])
def test_the_mirror_s_files_have_the_pinned_checksums(name: str, files_of: Callable[[str], list[RemoteFile]]) -> None:
    folder = published_folder(name.replace("_", "-"))
    for file in files_of(name):
        assert sha256_of(folder.parent / file.mirror_path) == file.sha256


def test_urls_name_a_commit_and_a_file(files_of: Callable[[str], list[RemoteFile]]) -> None:
    url = files_of("xquad_r")[0].url
    assert url.endswith("/9bc8c7fb6dd8d01d72a05a93c2cb96882b0d299c/xquad-r/ar.json")
