"""Pages in a zip, a tar or a folder."""

import io
import random
import tarfile
import zipfile
from collections.abc import Callable
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


def make_tar(mode: str, pages: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as file:  # type: ignore[call-overload]
        for name, content in pages.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def make_zip(method: int, pages: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in pages.items():
            file.writestr(name, content)
    return buffer.getvalue()


MAKERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "tar": lambda pages: make_tar("w", pages),
    "tar.gz": lambda pages: make_tar("w:gz", pages),
    "tar.xz": lambda pages: make_tar("w:xz", pages),
    "tar.bz2": lambda pages: make_tar("w:bz2", pages),
    "stored zip": lambda pages: make_zip(zipfile.ZIP_STORED, pages),
    "deflated zip": lambda pages: make_zip(zipfile.ZIP_DEFLATED, pages),
    "bz2 zip": lambda pages: make_zip(zipfile.ZIP_BZIP2, pages),
    "lzma zip": lambda pages: make_zip(zipfile.ZIP_LZMA, pages),
}


def error_of(path: Path) -> str:
    """Return the error of an archive in one line; "" if it can be read."""
    try:
        list(read_pages(path))
    except UserError as error:
        text = str(error)
    else:
        text = ""
    assert "\n" not in text
    return text


@pytest.mark.parametrize("kind", MAKERS)
def test_an_archive_that_is_cut_off_or_damaged_is_one_line_but_never_another_error(kind: str, tmp_path: Path) -> None:
    number = random.Random(0)
    whole = MAKERS[kind]({f"{i}é.html": number.randbytes(400) for i in range(4)})
    path = tmp_path / "archive"
    for i in range(20):
        path.write_bytes(whole[: len(whole) * i // 20])
        cut = error_of(path)
        # the end of a plain tar is only padding, so some cuts lose no page, or lose whole pages that nothing lists
        assert "is not a whole zip or tar archive (" in cut or kind == "tar"
    for _ in range(100):
        damaged = bytearray(whole)
        damaged[number.choice([number.randrange(len(whole)), -1 - number.randrange(300)])] ^= 1 + number.randrange(255)
        path.write_bytes(damaged)
        error_of(path)


def test_an_encrypted_zip_and_one_packed_in_an_unknown_way_are_named(tmp_path: Path) -> None:
    path = tmp_path / "own.zip"
    whole = MAKERS["stored zip"]({"a": b"page"})
    start = whole.index(b"PK\x01\x02")  # the list of members, where a member's flags are at 8 and its method at 10
    for place, value, reason in ((8, 1, "is encrypted"), (10, 99, "compression method is not supported")):
        changed = bytearray(whole)
        changed[start + place] = value
        changed[place - 2] = value  # the same in front of the member
        path.write_bytes(changed)
        assert reason in error_of(path) and error_of(path).startswith(f"{path}: is not a whole zip or tar archive (")


@pytest.mark.parametrize("kind", MAKERS)
def test_an_archive_with_more_pages_than_the_limit_is_refused_before_they_are_read(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.hybrid.sources.archives.MOST_BYTES", 9)
    path = tmp_path / "archive"
    path.write_bytes(MAKERS[kind]({"a.html": b"12345", "b.html": b"67890", "c.css": b"-"}))
    assert "archive: has more than 9 bytes of pages, expected fewer; check that it is the right file" in error_of(path)
    assert list(read_pages(path, lambda name: name[0] in "ac")) == [("a.html", b"12345"), ("c.css", b"-")]
