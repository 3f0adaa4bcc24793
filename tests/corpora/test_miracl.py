import gzip
import json
from pathlib import Path

import pytest

from stages.hybrid.corpora.miracl import COLLECTION, LANGUAGES, read_benchmark, read_judged
from stages.hybrid.ground.errors import UserError
from stages.hybrid.sources.hub_files import HubFiles
from support.published_files import published_folder

PASSAGES = [
    {"docid": "7#1", "title": "Ziwa", "text": "Maji mengi."},
    {"docid": "7#0", "title": "", "text": "Ziwa ni maji."},
    {"docid": "10#0", "title": "Mlima", "text": ""},
]


def write_language(folder: Path, lang: str, *, hub_layout: bool = True, packed: bool = True) -> Path:
    """Write two topics, the second without a relevant passage, over three passages in two files."""
    for kind, text in (
        ("topics", "q#1\tMaji yako wapi?\nq#2\tNani?\n"),
        ("qrels", "q#1\tQ0\t7#1\t2\nq#1\tQ0\t10#0\t1\nq#1\tQ0\t7#0\t0\nq#2\tQ0\t7#0\t0\n"),
    ):
        home = folder / f"miracl-v1.0-{lang}" / kind if hub_layout else folder
        home.mkdir(parents=True, exist_ok=True)
        (home / f"{kind}.miracl-v1.0-{lang}-dev.tsv").write_text(text, encoding="utf-8")
    corpus = folder / f"miracl-corpus-v1.0-{lang}"
    corpus.mkdir(parents=True)
    for number, rows in enumerate((PASSAGES[:2], PASSAGES[2:])):
        lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
        name = f"docs-{number}.jsonl" + (".gz" if packed else "")
        (corpus / name).write_bytes(gzip.compress(lines) if packed else lines)
    return folder


def test_grades_above_0_and_the_whole_corpus_are_read_with_titles_in_front(tmp_path: Path) -> None:
    benchmark = read_benchmark(write_language(tmp_path, "sw"), [])
    assert benchmark.queries.to_numpy().tolist() == [["q#1:sw", "q#1:sw", "sw", "Maji yako wapi?", "q#1:sw"]]
    assert benchmark.passages.to_numpy().tolist() == [
        ["10#0:sw", "sw", "Mlima"],
        ["7#0:sw", "sw", "Ziwa ni maji."],
        ["7#1:sw", "sw", "Ziwa Maji mengi."],
    ]
    assert benchmark.qrels.to_numpy().tolist() == [["q#1:sw", "10#0:sw", 1], ["q#1:sw", "7#1:sw", 2]]


def test_a_folder_of_the_user_s_reads_as_the_hub_s_layout_does(tmp_path: Path) -> None:
    hub = read_benchmark(write_language(tmp_path / "hub", "sw"), [])
    own = read_benchmark(write_language(tmp_path / "own", "sw", hub_layout=False, packed=False), [])
    for side in ("queries", "passages", "qrels"):
        assert getattr(hub, side).equals(getattr(own, side))


def test_languages_stay_apart_and_only_the_wanted_ones_are_read(tmp_path: Path) -> None:
    for lang in ("yo", "sw"):
        write_language(tmp_path, lang)
    both = read_benchmark(tmp_path, ["yo", "sw", "el"])
    assert both.passages[["lang", "passage_id"]].apply(tuple, axis=1).is_monotonic_increasing
    assert len(both.passages) == 6 and both.queries["query_id"].tolist() == ["q#1:sw", "q#1:yo"]
    assert all(row.query_id[-2:] == row.passage_id[-2:] for row in both.qrels.itertuples())
    assert set(read_benchmark(tmp_path, ["yo"]).passages["lang"]) == {"yo"}


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("miracl-v1.0-sw/topics/topics.miracl-v1.0-sw-dev.tsv", "q\n", r"dev\.tsv:1: has 1 columns, expected 2"),
        ("miracl-v1.0-sw/qrels/qrels.miracl-v1.0-sw-dev.tsv", "q#3\tQ0\t7#1\t1\n", "for topic 'q#3' as '1', expected"),
        ("miracl-v1.0-sw/qrels/qrels.miracl-v1.0-sw-dev.tsv", "q#1\tQ0\t7#1\tx\n", "as 'x', expected a topic"),
        ("miracl-v1.0-sw/qrels/qrels.miracl-v1.0-sw-dev.tsv", "q#1\tQ0\t9#9\t1\n", "lack 1 that are judged relevant"),
        ("miracl-corpus-v1.0-sw/docs-1.jsonl", "{", "cannot be read"),
        ("miracl-corpus-v1.0-sw/docs-1.jsonl", '{"docid": "1"}\n', "a passage lacks docid or text, expected both"),
        ("miracl-corpus-v1.0-sw/docs-0.jsonl", '{"_id": "1"}\n', "docs-1.jsonl cannot be read"),
    ],
)
def test_a_malformed_file_is_named(tmp_path: Path, path: str, text: str, message: str) -> None:
    write_language(tmp_path, "sw", packed=False)
    (tmp_path / path).write_text(text)
    with pytest.raises(UserError, match=message):
        read_benchmark(tmp_path, ["sw"])


def test_a_line_that_is_not_utf_8_is_named_by_its_number(tmp_path: Path) -> None:
    path = write_language(tmp_path, "sw") / "miracl-v1.0-sw/topics/topics.miracl-v1.0-sw-dev.tsv"
    path.write_bytes(b"q#1\tMaji?\r\n\nq#2\tcaf\xe9\n")
    with pytest.raises(UserError, match=r"dev\.tsv:3: is not UTF-8 \('utf-8' codec .*; delete the file and fetch it"):
        read_benchmark(tmp_path, ["sw"])


def test_missing_topics_judgements_and_passages_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no languages, expected one of sw;"):
        read_benchmark(tmp_path, ["sw"])
    (tmp_path / "topics.miracl-v1.0-sw-dev.tsv").write_text("1\tq\n")
    with pytest.raises(UserError, match=r"has no qrels\.miracl-v1\.0-sw-dev\.tsv"):
        read_benchmark(tmp_path, [])
    (tmp_path / "qrels.miracl-v1.0-sw-dev.tsv").write_text("1\tQ0\t1#0\t1\n")
    with pytest.raises(UserError, match="expected the passages of MIRACL in 'sw'"):
        read_benchmark(tmp_path, [])


def test_only_the_wanted_languages_are_fetched_at_whole_commits() -> None:
    assert isinstance(COLLECTION.home, HubFiles)
    judged, corpora = COLLECTION.home.repositories
    assert judged.patterns_for(["sw", "tr"], source="miracl") == [
        "*topics.miracl-v1.0-sw-dev.tsv",
        "*qrels.miracl-v1.0-sw-dev.tsv",
    ]
    assert corpora.patterns_for(["sw", "tr"], source="miracl") == ["miracl-corpus-v1.0-sw/docs-*.jsonl.gz"]
    assert len(corpora.patterns_for([], source="miracl")) == len(LANGUAGES) == 18
    assert all(len(repository.revision) == 40 for repository in (judged, corpora))


PUBLISHED_TOPICS = {  # the first, the 101st and the last of the file
    "sw": [
        ("6:sw", "Bandari kubwa nchini Kenya iko wapi?"),
        ("504:sw", "Nani mmiliki wa kampuni ya google?"),
        ("2597:sw", "Paul Schulze alizaliwa mwaka upi?"),
    ],
    "te": [
        ("2:te", "ఆర్మేనియా దేశంలో మొత్తం జిల్లాలు ఉన్నాయి?"),
        ("564:te", "నల్లగార్లపాడు గ్రామ విస్తీర్ణం ఎంత?"),
        ("4869:te", "తమన్నా భాటియా నటించిన మొదటి తెలుగు సినిమా ఏది?"),
    ],
    "yo": [
        ("10020#0:yo", "Odun wo ni wọn ṣe idije Olympiiki akọkọ?"),
        ("70604#0:yo", "Omo orile ede wo ni Kamaru Usman?"),
        ("9593#0:yo", "Kí ni orúkọ bibi akọrin Naira Marley?"),
    ],
}
PUBLISHED_JUDGEMENTS = {  # of those above 0
    "sw": [("6:sw", "32589#0:sw", 1), ("234:sw", "21127#0:sw", 1), ("2597:sw", "22883#0:sw", 1)],
    "te": [("2:te", "259006#0:te", 1), ("564:te", "24844#1:te", 1), ("4869:te", "132304#0:te", 1)],
    "yo": [("10020#0:yo", "10020#1:yo", 1), ("69434#0:yo", "66823#2:yo", 1), ("9593#0:yo", "68764#0:yo", 1)],
}


@pytest.mark.parametrize(("lang", "queries", "qrels"), [("sw", 482, 910), ("te", 828, 854), ("yo", 119, 144)])
def test_the_published_topics_and_judgements(lang: str, queries: int, qrels: int) -> None:
    topics, judged = read_judged(published_folder("miracl"), lang)
    assert (len(topics), len(judged)) == (queries, qrels)
    assert [(topics[i].query_id, topics[i].text) for i in (0, 100, -1)] == PUBLISHED_TOPICS[lang]
    assert [judged[i] for i in (0, 100, -1)] == PUBLISHED_JUDGEMENTS[lang]
    assert {qrel.relevance for qrel in judged} == {1}
