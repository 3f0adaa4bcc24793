"""MIRACL: questions in 18 languages, each about Wikipedia in its own language, with graded judgements; a benchmark.

It is monolingual: judgements never cross languages. Titles are put in front of their passages. Passages are held in
memory, about 1.6 kB for each while they are read. English, with 33 million, needs some 50 GB.

Source: X. Zhang et al., "MIRACL: A Multilingual Retrieval Dataset Covering 18 Diverse Languages", TACL 2023. Apache
2.0; the passages are Wikipedia's, CC BY-SA 3.0.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from stages.hybrid.corpora.collection import SMALL_FILES, BenchmarkSet
from stages.hybrid.corpora.formats.hub_tables import read_jsonl
from stages.hybrid.corpora.formats.text_rows import numbered_lines
from stages.hybrid.ground.errors import UserError
from stages.hybrid.languages import choose_languages
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.sources.hub_files import HubFiles, HubRepository

NAME = "miracl"
LANGUAGES = ("ar", "bn", "de", "en", "es", "fa", "fi", "fr", "hi", "id", "ja", "ko", "ru", "sw", "te", "th", "yo", "zh")
SPLIT = "dev"  # the test splits' judgements are not public


def read_benchmark(folder: Path, languages: list[str]) -> Benchmark:
    """Return the benchmark in those of ``languages`` that ``folder`` has topics for; an empty list means all.

    Topics and judgements may lie anywhere below ``folder``. Passages lie in ``miracl-corpus-v1.0-LANG`` as
    ``docs-*.jsonl.gz`` or ``.jsonl``.

    Raises:
        UserError: A file is missing or malformed, or a judgement above 0 names an unknown topic or passage.
    """
    found = [lang for lang in LANGUAGES if _find(folder, "topics", lang)]
    parts = [_read_language(folder, lang) for lang in choose_languages(found, languages, source=str(folder))]
    return Benchmark(
        queries=pd.concat([part.queries for part in parts], ignore_index=True),
        passages=pd.concat([part.passages for part in parts], ignore_index=True),
        qrels=pd.concat([part.qrels for part in parts]).sort_values(["query_id", "passage_id"], ignore_index=True),
    )


def read_judged(folder: Path, lang: str) -> tuple[list[Query], list[Qrel]]:
    """Return the topics of a language that have a judgement above 0, and these judgements, in the files' order.

    Raises:
        UserError: A file is missing or malformed, or a judgement names an unknown topic.
    """
    topics = dict(_read_lines(folder, "topics", lang, columns=2))
    qrels = []
    for topic, _, docid, grade in _read_lines(folder, "qrels", lang, columns=4):
        if topic not in topics or not grade.isdecimal():
            raise UserError(
                f"{_find(folder, 'qrels', lang)}: judges {docid!r} for topic {topic!r} as {grade!r}, expected a topic "
                "of the topics file and a whole number; delete both files and fetch them again"
            )
        if int(grade) > 0:
            qrels.append(Qrel(f"{topic}:{lang}", f"{docid}:{lang}", int(grade)))
    judged = {qrel.query_id for qrel in qrels}
    queries = [
        Query(f"{topic}:{lang}", f"{topic}:{lang}", lang, text, f"{topic}:{lang}") for topic, text in topics.items()
    ]
    return [query for query in queries if query.query_id in judged], qrels


def _read_language(folder: Path, lang: str) -> Benchmark:
    queries, qrels = read_judged(folder, lang)
    passages = _read_passages(folder, lang)
    missing = {qrel.passage_id for qrel in qrels} - set(passages["passage_id"])
    if missing:
        raise UserError(
            f"{folder}: the passages in {lang!r} lack {len(missing)} that are judged relevant, such as {min(missing)}, "
            "expected all of them; fetch all of docs-*.jsonl.gz"
        )
    return Benchmark(
        queries=pd.DataFrame(queries, columns=list(Query._fields)).sort_values("query_id", ignore_index=True),
        passages=passages,
        qrels=pd.DataFrame(qrels, columns=list(Qrel._fields)),
    )


def _read_passages(folder: Path, lang: str) -> pd.DataFrame:
    """Return the columns of `Passage`, sorted by id; texts are collected as table columns, which are compact.

    Raises:
        UserError: The files of the passages are missing, or a passage lacks its id or its text.
    """
    paths = sorted((folder / f"miracl-corpus-v1.0-{lang}").glob("docs-*.jsonl*"))
    if not paths:
        raise UserError(
            f"{folder}/miracl-corpus-v1.0-{lang}: has no docs-*.jsonl.gz, expected the passages of MIRACL in {lang!r}; "
            "run the stage fetch, or put them into the folder that fetch.folders names"
        )
    tables = []
    for part in read_jsonl(paths, ["docid", "title", "text"]):
        table = pd.DataFrame(part)
        if table[["docid", "text"]].isna().any(axis=None):
            raise UserError(
                f"{paths[0].parent}: a passage lacks docid or text, expected both; delete the files and fetch them "
                "again"
            )
        text = (table["title"].fillna("") + " " + table["text"]).str.strip()
        tables.append(pd.DataFrame({"passage_id": table["docid"] + f":{lang}", "lang": lang, "text": text}))
    return pd.concat(tables)[list(Passage._fields)].sort_values("passage_id", ignore_index=True)


def _find(folder: Path, kind: str, lang: str) -> Path | None:
    return next(iter(sorted(folder.rglob(f"{kind}.miracl-v1.0-{lang}-{SPLIT}.tsv"))), None)


def _read_lines(folder: Path, kind: str, lang: str, *, columns: int) -> Iterator[list[str]]:
    path = _find(folder, kind, lang)
    if path is None:
        raise UserError(
            f"{folder}: has no {kind}.miracl-v1.0-{lang}-{SPLIT}.tsv, expected MIRACL's {kind} in {lang!r}; run the "
            "stage fetch, or `dvc repro`"
        )
    for number, line in numbered_lines(path):
        cells = _decoded(line, f"{path}:{number}").split("\t")
        if len(cells) != columns:
            raise UserError(
                f"{path}:{number}: has {len(cells)} columns, expected {columns} with tabs between; delete the file and "
                "fetch it again"
            )
        yield cells


def _decoded(line: bytes, where: str) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise UserError(f"{where}: is not UTF-8 ({error}), expected text; delete the file and fetch it again") from None


COLLECTION = BenchmarkSet(
    name=NAME,
    description="MIRACL's development split: a query is a question, a passage is a paragraph of Wikipedia with its "
    "title in front. There are 18 languages. Judgements never cross them, so only monolingual retrieval is measured.",
    languages=LANGUAGES,
    licence="Apache-2.0; passages CC-BY-SA-3.0",
    source="[topics and judgements](https://huggingface.co/datasets/miracl/miracl), "
    "[passages](https://huggingface.co/datasets/miracl/miracl-corpus) on the Hugging Face hub",
    home=HubFiles(
        repositories=(
            HubRepository(
                "miracl/miracl",
                "5be20db9509754dadad47689368639fcec739c00",
                by_language={
                    lang: (f"*topics.miracl-v1.0-{lang}-{SPLIT}.tsv", f"*qrels.miracl-v1.0-{lang}-{SPLIT}.tsv")
                    for lang in LANGUAGES
                },
            ),
            HubRepository(
                "miracl/miracl-corpus",
                "d921ec7e349ce0d28daf30b2da9da5ee698bef0d",
                by_language={lang: (f"miracl-corpus-v1.0-{lang}/docs-*.jsonl.gz",) for lang in LANGUAGES},
            ),
        ),
        mirror_folder=NAME,
    ),
    checked=f"topics and judgements in sw, te and yo; of passages {SMALL_FILES}",
    read=read_benchmark,
)
