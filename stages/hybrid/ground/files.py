"""Files that are whole or absent: atomic writes, checksums, and readers that report a broken file in one line."""

import hashlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from stages.hybrid.ground.errors import UserError, first_line

AGAIN = "run the stage that writes it, or `dvc repro`"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to. It becomes ``path`` if the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder to fill. It replaces ``path`` if the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{path.name}.*.partial"):  # left by a run that was killed
        shutil.rmtree(left)
    partial = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent))
    try:
        yield partial
        partial.chmod(0o755)
        if path.exists():
            shutil.rmtree(path)
        partial.replace(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _one_line_if_broken(path: Path, kind: str) -> Iterator[None]:
    """Turn every error of a block that reads ``path`` into one line. ``kind`` says what the file should be.

    Raises:
        UserError: The file is missing, is a folder, or cannot be read.
        MemoryError: The file is larger than the memory.
    """
    if path.is_dir():
        raise UserError(f"{path}: is a folder, expected {kind}; move it away and {AGAIN}")
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {AGAIN}") from None
    except MemoryError:  # does not mean that the file is broken
        raise
    except Exception as error:  # for damaged files the libraries raise errors of many kinds
        # Some of numpy's texts advise to unpickle. That would run the code in a hostile file.
        reason = first_line(error, without="pickle")
        raise UserError(f"{path}: not {kind} ({reason}); delete it and {AGAIN}") from None


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON in full precision. Keys keep their order.

    Raises:
        ValueError: ``value`` holds a number that is NaN or infinite.
    """
    with whole_file(path) as partial:
        partial.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path, *, keys: tuple[str, ...] = ()) -> Any:
    """Return the value in a JSON file. If ``keys`` are given, it is an object that has all of them.

    Raises:
        UserError: The file is missing, is not JSON, or lacks one of ``keys``.
    """
    with _one_line_if_broken(path, "valid JSON"):
        value = json.loads(path.read_text(encoding="utf-8"))
    missing = [key for key in keys if not isinstance(value, dict) or key not in value]
    if missing:
        expected = ", ".join(f'"{key}"' for key in keys)
        raise UserError(f'{path}: has no "{missing[0]}", expected an object with {expected}; delete it and {AGAIN}')
    return value


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8."""
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table without its index, as parquet if ``path`` ends in .parquet, else as CSV."""
    with whole_file(path) as partial:
        if path.suffix == ".parquet":
            table.to_parquet(partial, index=False)
        else:
            table.to_csv(partial, index=False, lineterminator="\n")


def read_table(path: Path) -> pd.DataFrame:
    """Return the table in a file that `write_table` wrote. An empty cell of text is ``""``.

    Raises:
        UserError: The file is missing or broken.
    """
    with _one_line_if_broken(path, f"a whole {path.suffix} file"), path.open("rb") as file:
        return pd.read_parquet(file) if path.suffix == ".parquet" else _read_csv(file)


def _read_csv(file: BinaryIO) -> pd.DataFrame:
    """Return the table in a CSV file. A row with more cells than the header raises an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # pandas would drop cells that the header does not name
        return pd.read_csv(file, keep_default_na=False, index_col=False)


def write_array(path: Path, array: np.ndarray) -> None:
    """Write a numpy array as .npy."""
    with whole_file(path) as partial, partial.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def read_array(path: Path) -> np.ndarray:
    """Return the array of numbers in a .npy file, memory-mapped. Python objects are never unpickled.

    Raises:
        UserError: The file is missing, or is not a whole array of numbers.
    """
    with _one_line_if_broken(path, "a whole .npy file of numbers"):
        array = np.lib.format.open_memmap(path, mode="r")  # unlike np.load, it takes .npy only: no pickle, no .npz
    if array.dtype.kind not in "biuf":
        raise UserError(f"{path}: holds {array.dtype}, expected numbers; delete it and {AGAIN}")
    return array
