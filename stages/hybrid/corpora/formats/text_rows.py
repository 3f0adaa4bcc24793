"""Rows of texts in JSONL or parquet, each with where it stands in its file, for messages."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stages.hybrid.ground.errors import UserError

HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can spell one surrogate alone, UTF-8 cannot


def read_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each row with where it stands: ``path:line`` in JSONL, ``path:row`` in parquet, both from 1.

    Raises:
        UserError: there is no such file, it is malformed, or a row is no object.
    """
    if not path.is_file():
        raise UserError(f"{path}: not found; check the folder that fetch.folders names")
    for number, row in enumerate(_parquet_rows(path), start=1) if path.suffix == ".parquet" else _jsonl_rows(path):
        if not isinstance(row, dict):
            raise UserError(f"{path}:{number}: holds a {type(row).__name__}, expected an object with named fields")
        yield f"{path}:{number}", row


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, counted from 1; as bytes, where nothing but a newline ends a line."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, line.rstrip(b"\r\n")


def text_of(row: dict[str, Any], key: str, where: str) -> str:
    """Return the text under ``key`` of the row that stands at ``where``.

    Raises:
        UserError: it is missing, empty, no text, or cannot be written as UTF-8.
    """
    found = row.get(key)
    if not are_texts([found]):
        shown = f"has no {key!r}" if found is None else f"{key} is {found!r}"
        raise UserError(f"{where}: {shown}, expected a text that is not empty")
    if half := HALF_CHARACTER.search(str(found)):
        raise UserError(f"{where}: {key} holds {half[0]!r}, half a character that no file can carry; write it again")
    return str(found)


def are_texts(values: list[Any]) -> bool:
    """Return whether every value is a text that is not blank."""
    return all(isinstance(value, str) and value.strip() for value in values)


def _parquet_rows(path: Path) -> Iterator[Any]:
    try:
        for batch in pq.ParquetFile(path).iter_batches():
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:  # a page may be broken where the file's frame is whole
        raise UserError(f"{path}: no valid parquet ({' '.join(str(error).split())}); write it again") from None


def _jsonl_rows(path: Path) -> Iterator[tuple[int, Any]]:
    for number, line in numbered_lines(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}:{number}: no valid JSON ({error}); expected one object a line") from None
        yield number, row
