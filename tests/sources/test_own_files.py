"""Copies of the user's own folder or file."""

import hashlib
from pathlib import Path

import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.sources.archives import read_pages
from stages.hybrid.sources.own_files import OwnFiles


def test_a_user_s_folder_and_file_are_copied_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "own/sub").mkdir(parents=True)
    (tmp_path / "own/sub/a.txt").write_bytes(b"a")
    (tmp_path / "own/link.txt").symlink_to("sub/a.txt")
    (tmp_path / "own/SOURCE.json").write_text("{}")  # of an earlier run
    OwnFiles(tmp_path / "own").fetch(tmp_path / "raw/folder", ["de"], None)
    files = OwnFiles(tmp_path / "own/sub/a.txt").fetch(tmp_path / "raw/file", [], tmp_path / "mirror")
    assert [path for path, _ in read_pages(tmp_path / "raw/folder")] == ["link.txt", "sub/a.txt"]
    assert files == {"a.txt": {"sha256": hashlib.sha256(b"a").hexdigest()}}


def test_a_copy_replaces_what_was_there(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
        OwnFiles(tmp_path / name).fetch(tmp_path / "raw", [], None)
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["b.txt"]


def test_a_link_out_of_the_user_s_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    (tmp_path / "own").mkdir()
    (tmp_path / "own/link").symlink_to("../secret")
    with pytest.raises(UserError, match=r"own/link: leads to .*/secret, expected files within .*own; put a copy"):
        OwnFiles(tmp_path / "own").fetch(tmp_path / "raw", [], None)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"nowhere: not found, expected a folder, an archive or a file; .* fetch.folders"
    ):
        OwnFiles(tmp_path / "nowhere").fetch(tmp_path / "raw", [], None)
