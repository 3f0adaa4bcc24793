"""Rows of large JSONL and TSV files, one part after another, through `datasets`; no file is held in memory whole."""

import csv
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages.hybrid.ground.errors import UserError, first_line

ROWS_AT_ONCE = 50_000


def read_jsonl(paths: list[Path], columns: list[str]) -> Iterator[dict[str, list[Any]]]:
    """Yield the columns of .jsonl or .jsonl.gz files, `ROWS_AT_ONCE` rows at a time, in the files' order.

    A value is None if a row lacks it and others have it.

    Raises:
        UserError: A file is missing, cut off or not JSONL, or no row has one of the columns.
    """
    yield from _read("json", paths, columns)


def read_tsv(path: Path, columns: list[str]) -> Iterator[dict[str, list[str | None]]]:
    """Yield the columns of a .tsv file without a header, `ROWS_AT_ONCE` rows at a time.

    A value is None if a row is too short. Everything is text, quotation marks and numbers too.

    Raises:
        UserError: The file is missing, or a row has more columns.
    """
    from datasets import Features, Value

    texts = Features({column: Value("string") for column in columns})
    form = {"sep": "\t", "quoting": csv.QUOTE_NONE, "keep_default_na": False}
    yield from _read("csv", [path], columns, column_names=columns, features=texts, **form)


def _read(builder: str, paths: list[Path], columns: list[str], **options: Any) -> Iterator[dict[str, list[Any]]]:
    from datasets import load_dataset

    missing = [path for path in paths if not path.is_file()]
    if missing or not paths:
        name = missing[0] if missing else "data files"
        raise UserError(f"{name}: not found, expected a downloaded file; run the stage fetch, or `dvc repro`")
    names = ", ".join(path.name for path in paths[:3])
    try:
        files = [str(path) for path in paths]
        rows = load_dataset(builder, data_files=files, split="train", streaming=True, **options)
        for part in rows.iter(batch_size=ROWS_AT_ONCE):
            yield {column: part[column] for column in columns}
    except KeyError as error:
        raise UserError(
            f"{paths[0].parent}: {names} lack the column {error}, expected it; delete them and run the stage fetch"
        ) from None
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise UserError(
            f"{paths[0].parent}: {names} cannot be read ({first_line(error)}); delete them and run the stage fetch"
        ) from None
