import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stages.hybrid.corpora.dream import read_benchmark
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import sha256_of
from stages.hybrid.sources.public_files import RemoteFile
from support.published_files import published_folder


def dialogue(key: str, turns: list[str], *questions: str) -> list[Any]:
    return [turns, [{"question": question, "choice": ["a", "b"], "answer": "a"} for question in questions], key]


ENGLISH = [
    dialogue("1-2", ["M: Hello.", "W: Hi."], "Who speaks first?", "Who speaks last?"),
    dialogue("1-1", ["W: It rains."], "What falls?"),
]


def write(folder: Path, name: str, content: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_a_question_s_passage_is_its_dialogue_with_a_line_a_turn(tmp_path: Path) -> None:
    benchmark = read_benchmark(write(tmp_path, "test.json", ENGLISH), [])
    assert benchmark.queries.to_numpy().tolist() == [
        ["1-1/0:en", "1-1/0", "en", "What falls?", "1-1"],
        ["1-2/0:en", "1-2/0", "en", "Who speaks first?", "1-2"],
        ["1-2/1:en", "1-2/1", "en", "Who speaks last?", "1-2"],
    ]
    assert benchmark.passages.to_numpy().tolist() == [
        ["1-1:en", "en", "W: It rains."],
        ["1-2:en", "en", "M: Hello.\nW: Hi."],
    ]
    assert benchmark.qrels.to_numpy().tolist() == [
        ["1-1/0:en", "1-1:en", 1],
        ["1-2/0:en", "1-2:en", 1],
        ["1-2/1:en", "1-2:en", 1],
    ]


def test_translated_questions_are_asked_of_the_english_dialogues(tmp_path: Path) -> None:
    write(tmp_path, "test.json", ENGLISH)
    write(tmp_path, "test.de.json", [dialogue("1-1", ["W: It rains."], "Was fällt?")])
    benchmark = read_benchmark(tmp_path, [])
    assert benchmark.queries.iloc[0].tolist() == ["1-1/0:de", "1-1/0", "de", "Was fällt?", "1-1"]
    assert set(benchmark.passages["lang"]) == {"en"}
    assert benchmark.qrels.set_index("query_id").loc["1-1/0:de", "passage_id"] == "1-1:en"
    assert set(read_benchmark(tmp_path, ["en"]).queries["lang"]) == {"en"}


def test_dialogues_that_say_the_same_are_relevant_to_each_other_s_questions(tmp_path: Path) -> None:
    twins = [dialogue("a", ["M: Yes."], "Which?"), dialogue("b", ["M: Yes."], "What?")]
    benchmark = read_benchmark(write(tmp_path, "dev.json", twins), [])
    assert len(benchmark.passages) == 2
    assert benchmark.qrels.groupby("query_id")["passage_id"].apply(list).tolist() == [["a:en", "b:en"]] * 2


@pytest.mark.parametrize(
    ("name", "content", "languages", "message"),
    [
        ("test.de.json", [dialogue("1-2", [], "Nur eine?")], [], "has 1 questions about dialogue '1-2', expected 2"),
        ("test.de.json", [dialogue("9-9", [], "Wer?")], [], "about dialogue '9-9', expected 0"),
        ("test.json", [["no questions"]], [], "not in DREAM's format"),
        ("test.all.json", [], [], r"test\.all\.json: lang is 'all', expected a code of ISO 639-1 .*; rename the file"),
        ("dev.json", ENGLISH, [], "has dev.json and test.json, expected one of the two"),
        ("test.json", ENGLISH, ["de"], "has en, expected one of de;"),
    ],
)
def test_a_folder_that_does_not_fit_is_refused(
    tmp_path: Path, name: str, content: object, languages: list[str], message: str
) -> None:
    write(tmp_path, "test.json", ENGLISH)
    with pytest.raises(UserError, match=message):
        read_benchmark(write(tmp_path, name, content), languages)


def test_a_folder_without_a_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has neither test\.json nor dev\.json"):
        read_benchmark(tmp_path, [])


@pytest.mark.parametrize(("name", "dialogues", "questions"), [("dream_dev", 1288, 2040), ("dream", 1287, 2041)])
def test_the_published_files_hold_the_published_counts(
    tmp_path: Path, files_of: Callable[[str], list[RemoteFile]], name: str, dialogues: int, questions: int
) -> None:
    (file,) = files_of(name)
    source = published_folder("dream").parent / file.mirror_path
    assert sha256_of(source) == file.sha256
    shutil.copy(source, tmp_path / file.path)
    benchmark = read_benchmark(tmp_path, ["en"])
    assert (len(benchmark.passages), len(benchmark.queries)) == (dialogues, questions)
    assert set(benchmark.qrels["query_id"]) == set(benchmark.queries["query_id"])


@pytest.mark.parametrize(
    ("split", "place", "dialogue_id", "number", "question", "turn"),
    [
        ("test", 0, "1-0", 0, "How does Joshua go to school in Japan?", "Joshua: Eight O'clock."),
        ("test", 1020, "21-90", 0, "When will they discuss the business?", "M: Fine. See you this evening."),
        ("test", -1, "9-96", 3, "How did the man tour Catalina?", "M: OK. It was really wonderful, especially because"),
        ("dev", 0, "1-106", 0, "At the beginning of the conversation, the man feels that he ____.", "Woman: Uh ..."),
        (
            "dev",
            1020,
            "3-65",
            2,
            "Why does Mike feel it hard to make the decision to accept the invitation?",
            "W: Of course.",
        ),
        ("dev", -1, "9-97", 3, "Why did the man like to be a volleyball coach?", "M: I was once a high school man"),
    ],
)
def test_the_published_first_middle_and_last_question_and_its_dialogue_s_second_turn(
    tmp_path: Path, split: str, place: int, dialogue_id: str, number: int, question: str, turn: str
) -> None:
    shutil.copy(published_folder("dream") / f"{split}.json", tmp_path)
    benchmark = read_benchmark(tmp_path, [])
    query = benchmark.queries.iloc[place]
    assert (query["query_id"], query["text"]) == (f"{dialogue_id}/{number}:en", question)
    passages = benchmark.passages.set_index("passage_id")["text"]
    assert passages[f"{dialogue_id}:en"].split("\n")[1].startswith(turn)
    judged = benchmark.qrels[benchmark.qrels["query_id"] == query["query_id"]]
    assert judged["passage_id"].tolist() == [f"{dialogue_id}:en"]


@pytest.mark.parametrize(
    ("place", "passage_id", "begins"),
    [
        (0, "1-0:en", "Randall: Hello. Today I'm interviewing Joshua"),
        (643, "23-18:en", "W: What do you think of your new partner?\nM: She's the most selfish"),
        (-1, "9-96:en", "W: Hi, Bob, how's your vacation of Los Angeles?\nM: OK."),
    ],
)
def test_the_published_test_file_s_first_middle_and_last_dialogue(
    tmp_path: Path, place: int, passage_id: str, begins: str
) -> None:
    shutil.copy(published_folder("dream") / "test.json", tmp_path)
    passage = read_benchmark(tmp_path, []).passages.iloc[place]
    assert passage["passage_id"] == passage_id and passage["text"].startswith(begins)
