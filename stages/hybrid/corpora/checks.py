"""What every reader's result must be, whatever its format: whole texts, unique ids and codes of languages."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pandas as pd

from stages.hybrid.corpora.formats.text_rows import HALF_CHARACTER, check_lang
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark, Pair

HIGHEST_RELEVANCE = 2**31 - 1
CORRECT = "correct its files, or fetch them again"


def check_pairs(name: str, pairs: list[Pair]) -> None:
    """Check the pairs that were read from the training set ``name``.

    Raises:
        UserError: A field is not a text, is empty or has half a character. Or a language is no code, or a group occurs
            twice in one language.
    """
    columns = dict(zip(Pair._fields, zip(*pairs, strict=True), strict=True)) if pairs else {}
    for column, values in columns.items():
        _check_texts(name, f"{column} of a pair", values)
    for lang in sorted(set(columns.get("lang", ()))):
        check_lang(lang, name, advice=CORRECT)
    seen: set[tuple[str, str]] = set()
    for pair in pairs:
        if (key := (pair.group_id, pair.lang)) in seen:
            raise UserError(
                f"{name}: the group {pair.group_id!r} occurs a second time in {pair.lang!r}, expected once; {CORRECT}"
            )
        seen.add(key)


def check_benchmark(name: str, benchmark: Benchmark) -> None:
    """Check the tables that were read from the benchmark ``name``.

    Raises:
        UserError: A text or an id is not a text, is empty or has half a character. Or an id occurs twice, a question
            has two pages, a language is no code, a judgement names an unknown id, or a relevance is not from 1 to
            `HIGHEST_RELEVANCE`.
    """
    tables = {"query": benchmark.queries, "passage": benchmark.passages}
    for kind, table in tables.items():
        for column in table.columns:
            _check_texts(name, f"{column} of a {kind}", table[column].tolist())
        for lang in sorted(table["lang"].unique()):
            check_lang(lang, name, advice=CORRECT)
        _check_ids(name, f"{kind}_id", table, benchmark.qrels)
    pages = benchmark.queries.groupby("question_id")["page_id"].nunique()
    if (pages > 1).any():
        raise UserError(
            f"{name}: the queries of question {pages.idxmax()!r} have {pages.max()} values of page_id, expected one; "
            f"{CORRECT}"
        )
    for relevance in benchmark.qrels["relevance"].unique().tolist():
        if not isinstance(relevance, int) or not 1 <= relevance <= HIGHEST_RELEVANCE:
            raise UserError(
                f"{name}: a relevance is {relevance!r}, expected a whole number from 1 to {HIGHEST_RELEVANCE}; "
                f"{CORRECT}"
            )


@contextmanager
def whole_characters(name: str) -> Iterator[None]:
    """Turn the error of a table that gets half a character, from the files of ``name``, into one line.

    Raises:
        UserError: The block puts half a character into a table.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        half = error.object[error.start : error.end]
        raise UserError(f"{name}: a text has {half!r} in it, expected whole characters; {CORRECT}") from None


def _check_texts(name: str, what: str, values: Iterable[object]) -> None:
    for value in values:
        if not isinstance(value, str) or not value.strip():
            raise UserError(f"{name}: {what} is {value!r}, expected a text that is not empty; {CORRECT}")
        if not value.isascii() and (half := HALF_CHARACTER.search(value)):
            raise UserError(f"{name}: {what} has {half[0]!r} in it, expected whole characters; {CORRECT}")


def _check_ids(name: str, column: str, table: pd.DataFrame, qrels: pd.DataFrame) -> None:
    """Check that the ids of a table are unique and hold those that are judged.

    Raises:
        UserError: An id occurs twice, or a judgement names an unknown id.
    """
    twice = table.loc[table[column].duplicated(), column]
    if len(twice):
        raise UserError(f"{name}: {column} {twice.iloc[0]!r} occurs a second time, expected once; {CORRECT}")
    unknown = qrels.loc[~qrels[column].isin(table[column]), column]
    if len(unknown):
        raise UserError(f"{name}: a judgement names the {column} {unknown.iloc[0]!r}, which is unknown; {CORRECT}")
