"""Pages in a zip, a tar or a folder."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.sources.archives import find_archive, read_pages

PAGES = {"b/2.html": b"two", "a/1.html": b"one", "a/skip.css": b"-"}


def write_pages(source: Path, kind: str) -> Path:
    if kind == "folder":
        for name, content in PAGES.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(content)
    elif kind == "zip":
        with zipfile.ZipFile(source, "w") as zip_file:
            for name, content in PAGES.items():
                zip_file.writestr(name, content)
    else:
        with tarfile.open(source, "w:gz") as tar_file:
            for name, content in PAGES.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar_file.addfile(info, io.BytesIO(content))
    return source


@pytest.mark.parametrize("kind", ["zip", "tar", "folder"])
def test_a_zip_a_tar_and_a_folder_give_the_same_pages_in_order(kind: str, tmp_path: Path) -> None:
    source = write_pages(tmp_path / f"source.{kind}", kind)
    pages = read_pages(source, lambda path: path.endswith(".html"))
    assert list(pages) == [("a/1.html", b"one"), ("b/2.html", b"two")]


def test_the_first_archive_of_a_folder_is_found_by_name(tmp_path: Path) -> None:
    assert find_archive(tmp_path) is None
    for name in ("b.zip", "a.tar.gz", "0.txt"):
        (tmp_path / name).touch()
    assert find_archive(tmp_path) == tmp_path / "a.tar.gz"


def test_a_file_that_is_not_an_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"broken.zip: is not a whole zip or tar archive"):
        list(read_pages(tmp_path / "broken.zip"))
    with pytest.raises(UserError, match=r"gone.zip: not found, .*; run the stage fetch"):
        list(read_pages(tmp_path / "gone.zip"))
    with pytest.raises(UserError, match=r"raw: not found, .*; run the stage fetch"):
        find_archive(tmp_path / "raw")
