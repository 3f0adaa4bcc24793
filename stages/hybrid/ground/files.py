"""Whole files or none: atomic writes, checksums, and the project's two table formats."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.hybrid.ground.errors import UserError

AGAIN = "run the stage that writes it, or `dvc repro`"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it becomes ``path`` only when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder to fill; it replaces ``path`` only when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{path.name}.*.partial"):  # by a run that was killed
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


def check_sha256(path: Path, expected: str) -> None:
    """Raise `UserError` where ``path``'s sha256 is not ``expected``."""
    found = sha256_of(path)
    if found != expected:
        raise UserError(f"{path}: sha256 is {found}, expected {expected}; delete the file and fetch it again")


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON in full precision, keys in the given order; NaN is refused."""
    with whole_file(path) as partial:
        partial.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        UserError: the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {AGAIN}") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid JSON ({error}); delete it and {AGAIN}") from None


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8."""
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as .parquet or .csv, by the path's ending, without the index."""
    with whole_file(path) as partial:
        if path.suffix == ".parquet":
            table.to_parquet(partial, index=False)
        else:
            table.to_csv(partial, index=False, lineterminator="\n")


def read_table(path: Path) -> pd.DataFrame:
    """Return the table in a .parquet or .csv file; an empty cell of text is ``""``.

    Raises:
        UserError: the file is missing or broken.
    """
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {AGAIN}") from None
    except (OSError, ValueError) as error:  # pyarrow's and pandas' errors are of these kinds
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(f"{path}: not a whole {path.suffix} file ({reason}); delete it and {AGAIN}") from None


def write_array(path: Path, array: np.ndarray) -> None:
    """Write a numpy array as .npy."""
    with whole_file(path) as partial, partial.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def read_array(path: Path) -> np.ndarray:
    """Return a .npy array, memory-mapped.

    Raises:
        UserError: the file is missing, or is not a whole array of numbers.
    """
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {AGAIN}") from None
    except (OSError, ValueError, EOFError):  # their texts advise to unpickle, which a hostile file would like
        raise UserError(f"{path}: not a whole .npy file of numbers; delete it and {AGAIN}") from None
