"""Files: atomic writes, tables and arrays that come back as they were, and one line for every broken file."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stages.hybrid.ground.errors import UserError, first_line, last_line, one_line_errors
from stages.hybrid.ground.files import (
    read_array,
    read_json,
    read_table,
    sha256_of,
    whole_file,
    whole_folder,
    write_array,
    write_json,
    write_table,
)

AGAIN = "run the stage that writes it, or `dvc repro`"
RANDOM = np.random.default_rng(0).bytes(999)


def fill_file(target: Path, text: str, *, stop: bool = False) -> None:
    with whole_file(target) as partial:
        partial.write_text(text)
        if stop:
            raise ValueError("stop")


def fill_folder(target: Path, name: str, *, stop: bool = False) -> None:
    with whole_folder(target) as partial:
        (partial / name).touch()
        if stop:
            raise ValueError("stop")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "new" / "x.txt"
    fill_file(target, "old")
    with pytest.raises(ValueError, match="stop"):
        fill_file(target, "half", stop=True)
    assert [path.name for path in target.parent.iterdir()] == ["x.txt"]
    assert target.read_text() == "old"


def test_a_folder_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    fill_folder(target, "a")
    with pytest.raises(ValueError, match="stop"):
        fill_folder(target, "b", stop=True)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert [path.name for path in target.iterdir()] == ["a"]


def test_what_a_killed_run_left_of_a_folder_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".folder.abc.partial").mkdir()
    fill_folder(tmp_path / "folder", "a")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_new_folder_replaces_all_of_the_old_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        fill_folder(tmp_path / "folder", name)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["b"]


def test_a_checksum_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert sha256_of(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_tables_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    table = pd.DataFrame({"text": ["a", "", "NA"], "value": [1.5, 2.0, 1 / 3]})
    write_table(tmp_path / name, table)
    pd.testing.assert_frame_equal(read_table(tmp_path / name), table, check_dtype=False)


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_a_table_without_rows_comes_back_with_its_columns(tmp_path: Path, name: str) -> None:
    write_table(tmp_path / name, pd.DataFrame(columns=["text", "value"]))
    assert list(read_table(tmp_path / name)) == ["text", "value"]


@pytest.mark.parametrize("shape", [(2, 3), (0, 3)])
def test_arrays_come_back_as_they_were(tmp_path: Path, shape: tuple[int, int]) -> None:
    array = np.arange(shape[0] * shape[1], dtype=np.float16).reshape(shape)
    write_array(tmp_path / "a.npy", array)
    found = read_array(tmp_path / "a.npy")
    assert found.dtype == array.dtype and np.array_equal(found, array)


def test_json_refuses_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "x.json", {"a": float("nan")})
    assert not list(tmp_path.iterdir())


READERS = {"x.json": read_json, "x.csv": read_table, "x.parquet": read_table, "x.npy": read_array}


def error_of(path: Path) -> str:
    """Return what the reader of a file says about it, if that is one line that does not advise to unpickle."""
    with pytest.raises(UserError) as error:
        READERS[path.name](path)
    text = str(error.value)
    assert text.startswith(f"{path}: ") and text.endswith(AGAIN)
    assert "\n" not in text and "pickle" not in text
    return text


@pytest.mark.parametrize("name", READERS)
def test_a_missing_file_is_one_clear_line(tmp_path: Path, name: str) -> None:
    assert error_of(tmp_path / name) == f"{tmp_path / name}: not found; {AGAIN}"


@pytest.mark.parametrize("name", READERS)
def test_a_folder_in_place_of_a_file_is_one_clear_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert "is a folder, expected" in error_of(tmp_path / name)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("content", [b"", RANDOM, b"\x80\x04\x95\xff\xfe"])
def test_a_file_of_other_bytes_is_one_clear_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert "delete it and" in error_of(tmp_path / name)


@pytest.mark.parametrize("text", ["{", '{"a": 1', "[" * 100_000, '"\ud800'])
def test_broken_json_is_one_clear_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert "not valid JSON" in error_of(tmp_path / "x.json")


@pytest.mark.parametrize("text", ["[]", "5", "null", '{"a": 1}'])
def test_json_without_the_expected_keys_is_one_clear_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        read_json(path, keys=("a", "b"))
    missing = "b" if "a" in text else "a"
    expected = f'{path}: has no "{missing}", expected an object with "a", "b"; delete it and {AGAIN}'
    assert str(error.value) == expected
    assert read_json(path) == json.loads(text)


def test_json_with_the_expected_keys_keeps_others(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"a": 1, "b": None})
    assert read_json(tmp_path / "x.json", keys=("b",)) == {"a": 1, "b": None}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"a,b\n1,2\n1,2,3\n", "Expected 2 fields in line 3, saw 3"),
        (b"a,b\n1,2,3\n", "Length of header or names does not match length of data"),
        (b"a,b\n1,2,3\n4,5\n", "Length of header or names does not match length of data"),
        (b"a,b\n\xff,2\n", "codec can't decode byte 0xff"),
        (b'a,b\n"1,2\n', "EOF inside string"),
    ],
)
def test_a_broken_csv_is_one_clear_line(tmp_path: Path, text: bytes, reason: str) -> None:
    (tmp_path / "x.csv").write_bytes(text)
    assert reason in error_of(tmp_path / "x.csv")


def damaged(whole: bytes, number: int) -> list[bytes]:
    """Return ``whole`` cut at ``number`` places, and with one wrong byte at places in its first and last 200 bytes."""
    cuts = [whole[: len(whole) * i // number] for i in range(number)]
    flips = []
    for place in [i * 200 // number for i in range(number)]:
        for at in (place, len(whole) - 1 - place):
            flips.append(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
    return [*cuts, *flips]


@pytest.mark.parametrize("name", ["x.parquet", "x.npy"])
def test_a_damaged_file_is_read_or_is_one_clear_line_but_never_another_error(tmp_path: Path, name: str) -> None:
    whole = tmp_path / f"whole{Path(name).suffix}"
    if name == "x.parquet":
        write_table(whole, pd.DataFrame({"text": ["a", "b"] * 50, "value": range(100)}))
    else:
        write_array(whole, np.ones((50, 4), dtype=np.float32))
    refused = 0
    for content in damaged(whole.read_bytes(), 100):
        (tmp_path / name).write_bytes(content)
        try:
            READERS[name](tmp_path / name)
        except UserError:
            error_of(tmp_path / name)
            refused += 1
    assert refused >= 100  # all that were cut, at least


def save_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps(np.ones(3)))


def save_objects(path: Path) -> None:
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)


def save_several(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, a=np.ones(3))


def save_text(path: Path) -> None:
    np.save(path, np.array(["a"]))


def save_large_header(path: Path) -> None:
    """Save a header of 20,000 characters. In numpy's error about it, one line advises to unpickle."""
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }" + b" " * 20_000 + b"\n"
    path.write_bytes(b"\x93NUMPY\x02\x00" + len(header).to_bytes(4, "little") + header + bytes(12))


@pytest.mark.parametrize("save", [save_pickle, save_objects, save_several, save_text, save_large_header])
def test_what_is_not_an_array_of_numbers_is_refused_without_the_advice_to_unpickle(
    tmp_path: Path, save: Callable[[Path], None]
) -> None:
    save(tmp_path / "x.npy")
    assert "numbers" in error_of(tmp_path / "x.npy")


def test_a_lack_of_memory_is_not_blamed_on_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> Any:
        raise MemoryError

    write_json(tmp_path / "x.json", {})
    monkeypatch.setattr(json, "loads", fail)
    with pytest.raises(MemoryError):
        read_json(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("text", "line"),
    [("one", "one"), ("\n  one \ntwo\n", "one"), ("unpickle it\ntwo", "two"), ("", "OSError"), (" \n", "OSError")],
)
def test_the_first_line_of_an_error_is_never_empty(text: str, line: str) -> None:
    assert first_line(OSError(text), without="pickle") == line


def test_lines_of_every_kind_stay_unless_some_are_to_be_left_out() -> None:
    assert first_line(OSError("unpickle it\ntwo")) == "unpickle it"


@pytest.mark.parametrize(
    ("text", "line"), [("WARNING: a\nERROR: b\n\n", "ERROR: b"), ("", "no reason was given"), ("a", "a")]
)
def test_the_last_line_that_a_program_wrote_is_never_empty(text: str, line: str) -> None:
    assert last_line(text) == line


def test_a_user_s_error_is_one_line_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    @one_line_errors
    def script() -> None:
        raise UserError("x is 1, expected 2")

    with pytest.raises(SystemExit) as stopped:
        script()
    assert stopped.value.code == 1
    assert capsys.readouterr().err == "error: x is 1, expected 2\n"
