"""AfriQA: questions in eight African languages about passages in English or French, with human translations.

A question is asked twice: in its African language and, translated by a person, in English or French (the pivot
language). Both have the same ``question_id``. The relevant passage is the question's gold passage, which is in the
pivot language. So there are cross-lingual cells (Yoruba over English, Fon over French) and monolingual cells (English
over English, French over French).

The pool holds the gold passages alone. It is small, so this is easier than search in the whole Wikipedia. Four
published records have no passage and are left out, and so are the eleven that repeat an earlier record of their file.
Igbo is not fetched, because its file is missing from the copy that these counts come from. In a folder of the user's
own it is read.

Source: O. Ogundepo et al., "AfriQA: Cross-lingual Open-Retrieval Question Answering for African Languages" (arXiv
2305.06897), https://github.com/masakhane-io/afriqa. CC BY 4.0; the passages are Wikipedia's, CC BY-SA 3.0.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from stages.hybrid.corpora.collection import BenchmarkSet
from stages.hybrid.corpora.formats.text_rows import read_rows, text_of
from stages.hybrid.ground.errors import UserError
from stages.hybrid.languages import choose_languages
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.sources.public_files import PublicFiles, RemoteFile

NAME = "afriqa"
HOME = (
    "https://raw.githubusercontent.com/masakhane-io/afriqa/5c29933753692c28773c34ac1f68482007f1d2bb/data/gold_passages"
)
SHA256 = {  # by the file's codes of the language and of its pivot language
    "bem.en": "72e7f7e3dd207b955968403f9a3699fb11aef996981d142063614e7f434e7c52",
    "fon.fr": "3308b7d0e455912d4e37dd0b9e8b06e6c1d108d2af040a7f7ffbc3e838dfc927",
    "hau.en": "e1a0d530d75641760387a2947044d69090c15db620fd9a4dbcf8dc52940d7687",
    "kin.en": "fe067f3aa30c581adbaae7d0012eea5290b5f3119396bbb1c70d665d9e6f31eb",
    "swa.en": "18609b69d21c37b737426baed0a4f02495ab237285dd524e8f502f756350d0bf",
    "twi.en": "329221245f9880896b9038405c44b7f8ef48db3067aa556fbd82819de46b954d",
    "yor.en": "0aa0f6c1769f07788c918fd0dc1848b70ec0f06e8de9a6893d9037b9ff05abaa",
    "zul.en": "e6edc93eed66267a0f8b98a96bc4ef104c66e33a903678fa260219e8c66efd75",
}
# The files' codes to ISO 639-1. Bemba and Fon have no such code and keep the file's code, of ISO 639-3.
CODES = {"hau": "ha", "ibo": "ig", "kin": "rw", "swa": "sw", "twi": "tw", "yor": "yo", "zul": "zu"}
PIVOTS = ("en", "fr")
AGAIN = "delete the file and fetch it again"
FILE = re.compile(r"gold_span_passages\.afriqa\.(?P<code>[a-z]{3})\.(?P<pivot>en|fr)\.test\.json")


class Record(NamedTuple):
    """A line of a file: a question, its translation, and the passage in the translation's language."""

    question_id: str
    lang: str
    pivot: str
    question: str
    translation: str
    passage: str  # "" if the file has none


def read_benchmark(folder: Path, languages: list[str]) -> Benchmark:
    """Return the benchmark in all files of ``folder``, in ``languages``; an empty list means all.

    The pool does not depend on the African languages that are wanted. It holds the gold passages of every file whose
    pivot language is wanted. A passage that several questions share is one passage.

    Raises:
        UserError: There is no file, a file is malformed or has no record, or ``languages`` lack both pivot languages.
    """
    records = [record for path in _find_files(folder) for record in _read_file(path)]
    pivots = choose_languages(sorted({record.pivot for record in records}), languages, source=str(folder))
    records = [record for record in records if record.pivot in pivots]
    passages = _passages(records)
    queries, qrels = [], []
    for record in records:
        passage_id = passages[record.pivot, record.passage].passage_id
        for query in _queries(record, passage_id):
            if not languages or query.lang in languages:
                queries.append(query)
                qrels.append(Qrel(query.query_id, passage_id, 1))
    return Benchmark.from_rows(queries, passages.values(), qrels)


def _passages(records: Iterable[Record]) -> dict[tuple[str, str], Passage]:
    """Return the passages by language and text; the first record that has a passage names it."""
    passages: dict[tuple[str, str], Passage] = {}
    for record in records:
        passage = Passage(f"{record.question_id}/passage:{record.pivot}", record.pivot, record.passage)
        passages.setdefault((record.pivot, record.passage), passage)
    return passages


def _queries(record: Record, page_id: str) -> list[Query]:
    """Return a record's question and its translation."""
    question_id, texts = record.question_id, {record.lang: record.question, record.pivot: record.translation}
    return [Query(f"{question_id}:{lang}", question_id, lang, text, page_id) for lang, text in texts.items()]


def _find_files(folder: Path) -> list[Path]:
    paths = [path for path in sorted(folder.glob("*.json")) if FILE.fullmatch(path.name)]
    if not paths:
        raise UserError(
            f"{folder}: has no file {file_name('LANG.en')} or {file_name('LANG.fr')}, expected the files of AfriQA; "
            "run the stage fetch"
        )
    return paths


def _read_file(path: Path) -> list[Record]:
    """Return a file's records that have a passage, each once, in the file's order.

    Raises:
        UserError: A record is malformed, or no record has a passage.
    """
    records: dict[tuple[str, str, str], Record] = {}
    for record in _read_records(path):
        if record.passage:
            records.setdefault((record.question, record.translation, record.passage), record)
    if not records:
        raise UserError(f"{path}: has no question with a passage, expected one per line; {AGAIN}")
    return list(records.values())


def _read_records(path: Path) -> Iterator[Record]:
    """Yield every record of a file.

    Raises:
        UserError: A record is malformed, or two records have the same id.
    """
    match = FILE.fullmatch(path.name)
    code, pivot = match.groups() if match else ("", "")
    lang = CODES.get(code, code)
    places: dict[str, str] = {}  # by id
    for where, row in read_rows(path, advice=AGAIN):
        record_id, question, translation = (
            text_of(row, key, where, advice=AGAIN).strip() for key in ("id", "question_lang", "question_translated")
        )
        has_passage = "context" not in row or row["context"] not in (None, "")
        passage = text_of(row, "context", where, advice=AGAIN).strip() if has_passage else ""
        if places.setdefault(record_id, where) != where:
            raise UserError(f"{where}: has the id {record_id!r} of {places[record_id]}, expected a new one; {AGAIN}")
        yield Record(f"{lang}-{record_id}", lang, pivot, question, translation, passage)


def file_name(codes: str) -> str:
    """Return the name of the file of a language and its pivot language, such as "hau.en"."""
    return f"gold_span_passages.afriqa.{codes}.test.json"


def _remote_file(codes: str) -> RemoteFile:
    name = file_name(codes)
    return RemoteFile(
        path=name,
        url=f"{HOME}/{codes.partition('.')[0]}/{name}",
        sha256=SHA256[codes],
        mirror_path=f"{NAME}/{name}",
    )


COLLECTION = BenchmarkSet(
    name=NAME,
    description="AfriQA: a query is a question in one of eight African languages, or its translation by a person into "
    "English or French. The passage is a paragraph of the English or French Wikipedia. The pool holds only the gold "
    "passages. Igbo, the ninth language with gold passages, is left out.",
    languages=(*(CODES.get(codes[:3], codes[:3]) for codes in SHA256), *PIVOTS),
    licence="CC-BY-4.0; passages CC-BY-SA-3.0",
    source="[AfriQA](https://github.com/masakhane-io/afriqa)",
    home=PublicFiles(tuple(map(_remote_file, SHA256))),
    checked="all files",
    read=read_benchmark,
)
