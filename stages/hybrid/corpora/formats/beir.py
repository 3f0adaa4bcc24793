"""A benchmark of the user's own, from a folder in BEIR's layout.

Source: the layout ``corpus.jsonl``, ``queries.jsonl``, ``qrels/test.tsv`` is that of BEIR (arXiv 2104.08663).
"""

from collections.abc import Container
from pathlib import Path
from typing import Any

from stages.hybrid.corpora.formats.text_rows import (
    CORRECT,
    are_texts,
    check_lang,
    lang_of,
    numbered_lines,
    read_rows,
    text_of,
)
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_json
from stages.hybrid.records import Benchmark, Passage, Qrel, Query

FILE_LANGUAGES = "languages.json"  # {"queries": "de", "corpus": "en"}, for rows without a language


def read_benchmark(folder: Path, languages: list[str]) -> Benchmark:
    """Return the benchmark in ``folder``, in ``languages``; an empty list means all.

    Rows of ``corpus.jsonl`` and ``queries.jsonl`` have ``_id``, ``text`` and ``lang``. Either file may be ``.parquet``.
    If rows have no ``lang``, `FILE_LANGUAGES` names the language of the whole file. A passage's title is put in front
    of its text. A query may name its question (``question_id``) and the page that it is about (``page_id``); else it is
    alone in both. A query without a relevant passage is left out, as by BEIR's own loader, because the file holds the
    queries of every split.

    Raises:
        UserError: A file is missing or malformed, ``lang`` is no code of a language, or an id occurs twice or has white
            space in it. Or a judgement names an unknown id, or nothing is judged in ``languages``.
    """
    file_languages = _read_file_languages(folder)
    queries = _read_queries(_rows_file(folder, "queries"), file_languages.get("queries"))
    passages = _read_passages(_rows_file(folder, "corpus"), file_languages.get("corpus"))
    chosen = set(languages) or {row.lang for row in queries.values()} | {row.lang for row in passages.values()}
    qrels = [
        qrel
        for qrel in _read_qrels(_qrels_file(folder / "qrels"), queries, passages)
        if queries[qrel.query_id].lang in chosen and passages[qrel.passage_id].lang in chosen
    ]
    if not qrels:
        wanted = f" in {', '.join(languages)}" if languages else ""
        raise UserError(
            f"{folder}: has no judgement above 0{wanted}, expected some; check its files, and evaluation_languages in "
            "params.yaml"
        )
    judged = {qrel.query_id for qrel in qrels}
    return Benchmark.from_rows(
        queries=[row for row in queries.values() if row.query_id in judged],
        passages=[row for row in passages.values() if row.lang in chosen],
        qrels=qrels,
    )


def _rows_file(folder: Path, name: str) -> Path:
    """Return NAME.jsonl or NAME.parquet in ``folder``, whichever exists.

    Raises:
        UserError: Both exist.
    """
    found = [path for path in (folder / f"{name}.jsonl", folder / f"{name}.parquet") if path.exists()]
    if len(found) == 2:
        raise UserError(f"{folder}: has {name}.jsonl and {name}.parquet, expected one of the two; leave only one")
    return found[0] if found else folder / f"{name}.jsonl"


def _qrels_file(folder: Path) -> Path:
    """Return test.tsv in ``folder``, or its only .tsv file.

    Raises:
        UserError: There is no test.tsv, and not exactly one other .tsv file.
    """
    found = sorted(folder.glob("*.tsv"))
    if folder / "test.tsv" in found:
        return folder / "test.tsv"
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or "no .tsv file"
        raise UserError(f"{folder}: has {names}, expected test.tsv or one split; leave only the split to evaluate on")
    return found[0]


def _read_file_languages(folder: Path) -> dict[str, str]:
    path = folder / FILE_LANGUAGES
    found = read_json(path) if path.exists() else {}
    if not isinstance(found, dict) or not set(found) <= {"queries", "corpus"} or not are_texts(list(found.values())):
        raise UserError(
            f'{path}: is {found!r}, expected languages as in {{"queries": "de", "corpus": "en"}}; correct the file'
        )
    for lang in found.values():
        check_lang(lang, str(path), advice="correct the file")
    return found


def _read_queries(path: Path, file_lang: str | None) -> dict[str, Query]:
    queries: dict[str, Query] = {}
    for where, row in read_rows(path):
        query_id = _new_id(row, where, queries)
        question_id = query_id if row.get("question_id") is None else text_of(row, "question_id", where)
        page_id = question_id if row.get("page_id") is None else text_of(row, "page_id", where)
        lang, text = _lang_of(row, where, file_lang), text_of(row, "text", where)
        queries[query_id] = Query(query_id, question_id, lang, text, page_id)
    return queries


def _read_passages(path: Path, file_lang: str | None) -> dict[str, Passage]:
    passages: dict[str, Passage] = {}
    for where, row in read_rows(path):
        passage_id = _new_id(row, where, passages)
        parts = [text_of(row, key, where) for key in ("title", "text") if row.get(key)] or [text_of(row, "text", where)]
        passages[passage_id] = Passage(passage_id, _lang_of(row, where, file_lang), " ".join(parts))
    return passages


def _new_id(row: dict[str, Any], where: str, known: Container[str]) -> str:
    found = text_of(row, "_id", where)
    if found.split() != [found]:
        raise UserError(f"{where}: _id is {found!r}, expected no white space, which TREC runs cannot have; rename it")
    if found in known:
        raise UserError(f"{where}: _id {found!r} occurs a second time, expected once; rename or delete one of the rows")
    return found


def _lang_of(row: dict[str, Any], where: str, file_lang: str | None) -> str:
    if row.get("lang") is not None:
        return lang_of(row, where)
    if file_lang is None:
        raise UserError(
            f'{where}: has no "lang", expected a language; add it to every row, or put {FILE_LANGUAGES} into the '
            'folder with the language of each file, as in {"queries": "de", "corpus": "en"}'
        )
    return file_lang


def _read_qrels(path: Path, query_ids: Container[str], passage_ids: Container[str]) -> list[Qrel]:
    """Return the judgements above 0, each once.

    Raises:
        UserError: The file is missing or malformed, a judgement names an unknown id, or two judgements disagree.
    """
    scores: dict[tuple[str, str], int] = {}
    for number, line in numbered_lines(path):
        where = f"{path}:{number}"
        cells = line.decode("utf-8-sig", errors="replace").split("\t")
        if number == 1 and cells[0] == "query-id":
            continue
        query_id, passage_id, score = _judgement_of(cells, where)
        if query_id not in query_ids:
            raise UserError(f"{where}: query {query_id!r} is not among the queries; add it there, or delete the line")
        if passage_id not in passage_ids:
            raise UserError(f"{where}: passage {passage_id!r} is not in the corpus; add it there, or delete the line")
        if scores.setdefault((query_id, passage_id), score) != score:
            raise UserError(
                f"{where}: {query_id!r} and {passage_id!r} have another score on an earlier line, expected one; delete "
                "one of the lines"
            )
    return [Qrel(*ids, score) for ids, score in scores.items() if score > 0]


def _judgement_of(cells: list[str], where: str) -> tuple[str, str, int]:
    if len(cells) != 3:
        raise UserError(
            f"{where}: has {len(cells)} columns, expected query-id, corpus-id and score with tabs between; {CORRECT}"
        )
    try:
        return cells[0], cells[1], int(cells[2])
    except ValueError:
        raise UserError(f"{where}: score is {cells[2]!r}, expected a whole number; {CORRECT}") from None
