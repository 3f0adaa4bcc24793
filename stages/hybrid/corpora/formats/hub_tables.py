"""Rows of large JSONL and TSV files, a part at a time, through `datasets`; no file is ever held whole."""

import csv
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages.hybrid.ground.errors import UserError

ROWS_AT_ONCE = 50_000


def read_jsonl(paths: list[Path], columns: list[str]) -> Iterator[dict[str, list[Any]]]:
    """Yield the columns of .jsonl or .jsonl.gz files, `ROWS_AT_ONCE` rows at a time, in the files' order.

    None stands for what a row lacks and others have.

    Raises:
        UserError: a file is missing, cut off or no JSONL, or no row has a column.
    """
    yield from _read("json", paths, columns)


def read_tsv(path: Path, columns: list[str]) -> Iterator[dict[str, list[str | None]]]:
    """Yield the columns of a .tsv file without a header, `ROWS_AT_ONCE` rows at a time; None where a row is short.

    A quotation mark is a character like any other, and so is a number.

    Raises:
        UserError: the file is missing, or a row has more columns.
    """
    from datasets import Features, Value

    texts = Features({column: Value("string") for column in columns})
    form = {"sep": "\t", "quoting": csv.QUOTE_NONE, "keep_default_na": False}
    yield from _read("csv", [path], columns, column_names=columns, features=texts, **form)


def _read(builder: str, paths: list[Path], columns: list[str], **options: Any) -> Iterator[dict[str, list[Any]]]:
    from datasets import load_dataset

    missing = [path for path in paths if not path.is_file()]
    if missing or not paths:
        raise UserError(f"{missing[0] if missing else 'data files'}: not found; run the stage fetch, or `dvc repro`")
    names = ", ".join(path.name for path in paths[:3])
    try:
        files = [str(path) for path in paths]
        rows = load_dataset(builder, data_files=files, split="train", streaming=True, **options)
        for part in rows.iter(batch_size=ROWS_AT_ONCE):
            yield {column: part[column] for column in columns}
    except KeyError as error:
        raise UserError(f"{paths[0].parent}: {names} lack the column {error}; delete them and fetch again") from None
    except (ValueError, OSError, EOFError, zlib.error) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"{paths[0].parent}: {names} cannot be read ({reason}); delete them and fetch again") from None
