"""The format of SQuAD: what is read, and files that only look like it."""

import json

import pytest

from stages.hybrid.corpora.formats.squad import SquadQuestion, read_squad
from stages.hybrid.ground.errors import UserError


def paragraph(**changes: object) -> dict[str, object]:
    return {"context": " One. ", "qas": [{"id": "a", "question": " A? "}]} | changes


def content(*paragraphs: object) -> bytes:
    return json.dumps({"data": [{"paragraphs": []}, {"paragraphs": paragraphs}]}).encode()


def test_each_question_has_its_paragraph_and_the_place_of_that() -> None:
    both = [{"id": 7, "question": "B?"}, {"id": "c", "question": "C?"}]
    assert list(read_squad(content(paragraph(), paragraph(context="Two.", qas=both)), "file")) == [
        SquadQuestion("a", "A?", "One.", "0001-000"),
        SquadQuestion("7", "B?", "Two.", "0001-001"),
        SquadQuestion("c", "C?", "Two.", "0001-001"),
    ]


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"data": 1}',
        b'{"data": [{}]}',
        b"[" * 100_000,
        content("text"),
        content(paragraph(context=None)),
        content(paragraph(context=["One."])),
        content(paragraph(qas=None)),
        content(paragraph(qas=[{"id": "a"}])),
        content(paragraph(qas=[{"question": "A?"}])),
        content(paragraph(qas=[{"id": "a", "question": 1}])),
        content(paragraph(qas=["a"])),
    ],
)
def test_a_file_of_another_shape_is_one_line(hostile: bytes) -> None:
    with pytest.raises(UserError, match=r"^file: not in SQuAD's format \(.+\); delete it and fetch it again$"):
        list(read_squad(hostile, "file"))
