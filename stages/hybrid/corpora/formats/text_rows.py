"""Rows of texts in JSONL or parquet, each with its place in the file, for messages."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stages.hybrid.ground.errors import UserError, first_line

CORRECT = "correct the line"  # what to do about a row of the user's own
LANG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
NOT_LANGUAGES = frozenset({"all", "mean"})  # in tables of figures: all languages together, and means over them
HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can spell one surrogate alone, UTF-8 cannot


def read_rows(path: Path, *, advice: str = CORRECT) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each row with its place: ``path:line`` in JSONL, ``path:row`` in parquet, both from 1.

    Args:
        path: A file that ends in .parquet, or else holds one JSON object per line.
        advice: What an error says to do about a row.

    Raises:
        UserError: The file does not exist or is malformed, or a row is not an object.
    """
    if not path.is_file():
        raise UserError(f"{path}: not found, expected a file of rows; check the folder that fetch.folders names")
    rows = enumerate(_parquet_rows(path), start=1) if path.suffix == ".parquet" else _jsonl_rows(path, advice)
    for number, row in rows:
        if not isinstance(row, dict):
            raise UserError(
                f"{path}:{number}: is a {type(row).__name__}, expected an object with named fields; {advice}"
            )
        yield f"{path}:{number}", row


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, counted from 1; as bytes, because in them only a newline ends a line."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, line.rstrip(b"\r\n")


def text_of(row: dict[str, Any], key: str, where: str, *, advice: str = CORRECT) -> str:
    """Return the text under ``key`` of the row at the place ``where``; ``advice`` is what an error says to do.

    Raises:
        UserError: It is missing, empty, not text, or cannot be written as UTF-8.
    """
    found = row.get(key)
    if not are_texts([found]):
        shown = f"has no {key!r}" if found is None else f"{key} is {found!r}"
        raise UserError(f"{where}: {shown}, expected a text that is not empty; {advice}")
    if half := HALF_CHARACTER.search(str(found)):
        raise UserError(f"{where}: {key} has {half[0]!r} in it, expected whole characters; {advice}")
    return str(found)


def lang_of(row: dict[str, Any], where: str) -> str:
    """Return the code of a language under ``lang`` of the row at the place ``where``.

    Raises:
        UserError: It is missing or not text, or is no code, as for `check_lang`.
    """
    return check_lang(text_of(row, "lang", where), where)


def check_lang(lang: str, where: str, *, advice: str = CORRECT) -> str:
    """Return ``lang``, which stands at the place ``where``; ``advice`` is what an error says to do.

    Raises:
        UserError: It is not two or three small letters, with parts such as a region after hyphens. Or it is one of
            `NOT_LANGUAGES`.
    """
    if not LANG.fullmatch(lang) or lang in NOT_LANGUAGES:
        raise UserError(f"{where}: lang is {lang!r}, expected a code of ISO 639-1 such as de or pt-BR; {advice}")
    return lang


def are_texts(values: list[Any]) -> bool:
    """Return whether every value is a text that is not blank."""
    return all(isinstance(value, str) and value.strip() for value in values)


def _parquet_rows(path: Path) -> Iterator[Any]:
    try:
        for batch in pq.ParquetFile(path).iter_batches():
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:  # a page may be broken though the file's frame is whole
        raise UserError(f"{path}: is not valid parquet ({first_line(error)}); write it again") from None


def _jsonl_rows(path: Path, advice: str) -> Iterator[tuple[int, Any]]:
    for number, line in numbered_lines(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(
                f"{path}:{number}: is not valid JSON ({error}), expected one object per line; {advice}"
            ) from None
        yield number, row
