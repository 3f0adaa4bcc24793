from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.hybrid.ground.errors import UserError, one_line_errors
from stages.hybrid.ground.files import (
    check_sha256,
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


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "new" / "x.txt"
    with whole_file(target) as partial:
        partial.write_text("old")
    with pytest.raises(ValueError, match="stop"), whole_file(target) as partial:
        partial.write_text("half")
        raise ValueError("stop")
    assert [path.name for path in target.parent.iterdir()] == ["x.txt"]
    assert target.read_text() == "old"


def test_a_folder_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    with whole_folder(target) as partial:
        (partial / "a").write_text("old")
    with pytest.raises(ValueError, match="stop"), whole_folder(target) as partial:
        (partial / "b").write_text("half")
        raise ValueError("stop")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert [path.name for path in target.iterdir()] == ["a"]


def test_what_a_killed_run_left_of_a_folder_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".folder.abc.partial").mkdir()
    with whole_folder(tmp_path / "folder"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_new_folder_replaces_the_old_one_whole(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with whole_folder(tmp_path / "folder") as partial:
            (partial / name).touch()
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["b"]


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_tables_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    table = pd.DataFrame({"text": ["a", "", "NA"], "value": [1.5, 2.0, 1 / 3]})
    write_table(tmp_path / name, table)
    pd.testing.assert_frame_equal(read_table(tmp_path / name), table, check_dtype=False)


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    write_array(tmp_path / "a.npy", array)
    assert np.array_equal(read_array(tmp_path / "a.npy"), array)


def test_an_array_of_objects_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match=r"not a whole \.npy file of numbers; delete it"):
        read_array(tmp_path / "a.npy")


def test_a_checksum_that_differs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(tmp_path / "x") == known
    check_sha256(tmp_path / "x", known)
    with pytest.raises(UserError, match=r"sha256 is ba7816bf.*, expected 00; delete the file"):
        check_sha256(tmp_path / "x", "00")


def test_json_refuses_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "x.json", {"a": float("nan")})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("read", [read_json, read_table, read_array])
def test_a_missing_file_is_one_clear_line(tmp_path: Path, read: object) -> None:
    with pytest.raises(UserError, match="not found; run the stage that writes it, or `dvc repro`"):
        read(tmp_path / "none.json")  # type: ignore[operator]


def test_broken_json_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(UserError, match="not valid JSON"):
        read_json(tmp_path / "x.json")


def test_a_user_s_error_is_one_line_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    @one_line_errors
    def script() -> None:
        raise UserError("x is 1, expected 2")

    with pytest.raises(SystemExit) as stopped:
        script()
    assert stopped.value.code == 1
    assert capsys.readouterr().err == "error: x is 1, expected 2\n"
