"""Files from an address, a mirror or the user, and packages by way of apt-get; nothing here touches the network."""

import hashlib
import io
import json
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.sources.downloads import (
    FetchSettings,
    RemoteFile,
    copy_own,
    fetch_file,
    fetch_files,
    find_archive,
    read_pages,
)
from stages.hybrid.sources.packages import download_packages, fetch_archives, unpack_pages

FILE = "libreoffice-help-de_4%3a7.4.7-1_all.deb"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def make_tar(members: dict[str, bytes], *, links: dict[str, str] | None = None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, goal in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, goal
            tar.addfile(info)
    return buffer.getvalue()


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of programs that comes first in PATH; a "package" there is a tar, and dpkg-deb prints it."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    put_program(folder, "dpkg-deb", 'cat "$2"')
    return folder


def put_program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def put_apt(
    folder: Path, deb: bytes, *, listed: str | None = None, update: str = "", download: str | None = None
) -> None:
    """Put an apt-get that lists one package, with checksum ``listed``, and gives ``deb``; it notes each call."""
    (folder / "served.deb").write_bytes(deb)
    uri = f"'http://mirror.example/{FILE}' {FILE} {len(deb)} SHA256:{listed or sha256(deb)}"
    give = f'cp "{folder}/served.deb" "{FILE}"' if download is None else download
    put_program(
        folder,
        "apt-get",
        f"""
echo "$@" | sed 's/--option=[^ ]* *//g' >> "{folder}/asked"
case "$*" in
  *" update"*) {update or ":"} ;;
  *--print-uris*) case "$*" in
      *libreoffice-help-de*) echo "{uri}" ;;
      *) echo "E: Unable to locate package $3" >&2; exit 100 ;;
    esac ;;
  *" download"*) echo "W: Download is performed unsandboxed as root" >&2; {give} ;;
esac""",
    )


def is_page(path: str) -> bool:
    return path.endswith(".html")


def names_in(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as file:
        return file.namelist()


# Files from an address or a mirror


def test_a_file_is_fetched_once_and_then_kept(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"text")
    url = (tmp_path / "home").as_uri()
    fetch_file(url, tmp_path / "raw/file", sha256=sha256(b"text"))
    (tmp_path / "home").unlink()
    fetch_file(url, tmp_path / "raw/file", sha256=sha256(b"text"))
    assert (tmp_path / "raw/file").read_bytes() == b"text"


def test_a_file_that_is_there_but_wrong_is_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"text")
    (tmp_path / "file").write_bytes(b"cut o")
    fetch_file((tmp_path / "home").as_uri(), tmp_path / "file", sha256=sha256(b"text"))
    assert (tmp_path / "file").read_bytes() == b"text"


def test_a_file_with_another_checksum_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"an error page")
    with pytest.raises(UserError, match=r"home: sha256 is \w+, expected \w+; it is another file or was cut off"):
        fetch_file((tmp_path / "home").as_uri(), tmp_path / "raw/file", sha256=sha256(b"text"))
    assert list((tmp_path / "raw").iterdir()) == []


def test_without_a_connection_the_message_names_the_mirror(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"http://127.0.0.1:9/a: cannot be fetched \(.*refused.*fetch.mirror"):
        fetch_file("http://127.0.0.1:9/a", tmp_path / "a", sha256=sha256(b""))


def test_a_mirror_stands_in_for_the_public_home(tmp_path: Path) -> None:
    (tmp_path / "mirror/xquad-r").mkdir(parents=True)
    (tmp_path / "mirror/xquad-r/ar.json").write_bytes(b"{}")
    file = RemoteFile("ar.json", "http://127.0.0.1:9/ar.json", sha256(b"{}"), "xquad-r/ar.json")
    fetch_files([file], tmp_path / "raw", mirror=tmp_path / "mirror")
    assert (tmp_path / "raw/ar.json").read_bytes() == b"{}"
    assert json.loads((tmp_path / "raw/SOURCE.json").read_text()) == {
        "origin": "public files",
        "files": {"ar.json": {"url": "http://127.0.0.1:9/ar.json", "sha256": sha256(b"{}")}},
    }


def test_a_mirror_without_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mirror/ar.json: not found; fetch.mirror or HYBRID_MIRROR"):
        fetch_file("http://127.0.0.1:9/ar.json", tmp_path / "ar.json", sha256="0", mirror=tmp_path / "mirror/ar.json")


def test_the_environment_s_mirror_wins_over_an_empty_one_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYBRID_MIRROR", "/from/environment")
    assert FetchSettings().mirror_folder == Path("/from/environment")
    assert FetchSettings(mirror="/from/params").mirror_folder == Path("/from/params")
    monkeypatch.delenv("HYBRID_MIRROR")
    assert FetchSettings().mirror_folder is None


# The user's own folder, archive or file


def test_a_user_s_folder_and_file_are_copied_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "own/sub").mkdir(parents=True)
    (tmp_path / "own/sub/a.txt").write_bytes(b"a")
    (tmp_path / "own/link.txt").symlink_to("sub/a.txt")
    copy_own(tmp_path / "own", tmp_path / "raw/folder")
    copy_own(tmp_path / "own/sub/a.txt", tmp_path / "raw/file")
    assert [path for path, _ in read_pages(tmp_path / "raw/folder")] == ["SOURCE.json", "link.txt", "sub/a.txt"]
    assert json.loads((tmp_path / "raw/file/SOURCE.json").read_text())["files"] == {"a.txt": {"sha256": sha256(b"a")}}


def test_a_link_out_of_the_user_s_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    (tmp_path / "own").mkdir()
    (tmp_path / "own/link").symlink_to("../secret")
    with pytest.raises(UserError, match=r"own/link: is a link out of .*own; put a copy of the file in its place"):
        copy_own(tmp_path / "own", tmp_path / "raw")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"nowhere: not found; expected a folder, an archive or a file, .* fetch.folders"
    ):
        copy_own(tmp_path / "nowhere", tmp_path / "raw")


@pytest.mark.parametrize("kind", ["zip", "tar", "folder"])
def test_a_zip_a_tar_and_a_folder_give_the_same_pages_in_order(kind: str, tmp_path: Path) -> None:
    pages = {"b/2.html": b"two", "a/1.html": b"one", "a/skip.css": b"-"}
    source = tmp_path / f"source.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(source, "w") as file:
            for name, content in pages.items():
                file.writestr(name, content)
    elif kind == "tar":
        source.write_bytes(make_tar(pages))
    else:
        for name, content in pages.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(content)
    assert list(read_pages(source, is_page)) == [("a/1.html", b"one"), ("b/2.html", b"two")]


def test_what_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"broken.zip: no whole zip or tar archive"):
        list(read_pages(tmp_path / "broken.zip"))
    with pytest.raises(UserError, match=r"gone.zip: not found; run the stage fetch"):
        list(read_pages(tmp_path / "gone.zip"))
    with pytest.raises(UserError, match=r"raw: not found; run the stage fetch"):
        find_archive(tmp_path / "raw")


# Packages


def test_a_package_is_downloaded_once_and_then_kept(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, b"package")
    for _ in range(2):
        paths = download_packages(["libreoffice-help-de"], tmp_path / "debs")
    assert paths == {"libreoffice-help-de": tmp_path / "debs" / FILE}
    asked = (tools / "asked").read_text().split("\n")
    assert [line.replace("--quiet ", "") for line in asked if line] == [
        "update",
        "download --print-uris libreoffice-help-de",
        "download libreoffice-help-de",
        "update",
        "download --print-uris libreoffice-help-de",
    ]


def test_apt_get_keeps_its_lists_and_caches_to_the_project(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, b"package")
    put_program(tools, "apt-get", f'echo "$@" >> "{tools}/options"\n' + (tools / "apt-get").read_text())
    download_packages(["libreoffice-help-de"], tmp_path / "debs")
    for line in (tools / "options").read_text().splitlines():
        for option in ("Dir::State", "Dir::State::Lists", "Dir::Cache"):
            assert f"--option={option}={tmp_path}/debs/" in line


def test_a_package_that_the_index_lacks_is_named(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, b"package")
    with pytest.raises(
        UserError, match=r"the package index has no libreoffice-help-xx; name a folder .* fetch.folders"
    ):
        download_packages(["libreoffice-help-de", "libreoffice-help-xx"], tmp_path)


def test_a_package_that_the_mirror_lacks_is_named(tools: Path, tmp_path: Path) -> None:
    put_apt(
        tools,
        b"package",
        download="echo 'E: Failed to fetch http://mirror.example/x.deb  404  Not Found' >&2; exit 100",
    )
    with pytest.raises(UserError, match=r"did not give libreoffice-help-de .*mirror.example/x.deb  404  Not Found"):
        download_packages(["libreoffice-help-de"], tmp_path)


def test_a_package_with_another_checksum_is_refused(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, b"package", listed=sha256(b"another"))
    with pytest.raises(UserError, match="did not give libreoffice-help-de as its index lists it"):
        download_packages(["libreoffice-help-de"], tmp_path)


def test_without_a_connection_the_index_is_said_to_be_out_of_reach(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, b"", update="echo 'W: Failed to fetch http://mirror.example/InRelease  Could not resolve' >&2")
    with pytest.raises(
        UserError, match=r"index cannot be reached \(http://mirror.example/InRelease  Could not resolve\)"
    ):
        download_packages(["gnome-user-docs"], tmp_path)


def test_without_apt_get_the_ways_out_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"apt-get: not found .* in fetch.folders, or take a profile .* such as lareqa"):
        download_packages(["gnome-user-docs"], tmp_path / "debs")


def test_only_wanted_regular_files_at_safe_paths_are_unpacked(tools: Path, tmp_path: Path) -> None:
    pages = {
        "./usr/b.html": b"b",
        "./usr/a.css": b"-",
        "/etc/c.html": b"c",
        "../d.html": b"d",
        "./usr/e/../../f.html": b"f",
    }
    (tmp_path / "x.deb").write_bytes(make_tar(pages, links={"./usr/link.html": "b.html"}))
    unpack_pages(tmp_path / "x.deb", tmp_path / "x.zip", is_page)
    assert names_in(tmp_path / "x.zip") == ["usr/b.html"]


def test_the_same_package_makes_the_same_bytes(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "x.deb").write_bytes(make_tar({"./usr/b.html": b"b" * 1000}))
    for name in ("one.zip", "two.zip"):
        unpack_pages(tmp_path / "x.deb", tmp_path / name, is_page)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_more_pages_than_the_cap_are_refused(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stages.hybrid.sources.packages.MOST_BYTES", 9)
    (tmp_path / "x.deb").write_bytes(make_tar({"a.html": b"12345", "b.html": b"67890"}))
    with pytest.raises(UserError, match="holds more than 9 bytes of pages"):
        unpack_pages(tmp_path / "x.deb", tmp_path / "x.zip", is_page)
    assert not (tmp_path / "x.zip").exists()


@pytest.mark.parametrize("content", [b"no tar at all", make_tar({"a.css": b"-"}), b""])
def test_a_package_that_is_broken_or_has_no_pages_is_named(content: bytes, tools: Path, tmp_path: Path) -> None:
    (tmp_path / "x.deb").write_bytes(content)
    with pytest.raises(UserError, match=r"x\.deb: "):
        unpack_pages(tmp_path / "x.deb", tmp_path / "x.zip", is_page)


def test_archives_that_are_there_and_right_need_no_network(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, make_tar({"usr/text/a.html": b"a"}))
    fetch_archives({"de.zip": "libreoffice-help-de"}, tmp_path / "raw", is_page)
    first = (tmp_path / "raw/SOURCE.json").read_bytes()
    (tools / "asked").unlink()
    fetch_archives({"de.zip": "libreoffice-help-de"}, tmp_path / "raw", is_page)
    assert not (tools / "asked").exists()
    assert (tmp_path / "raw/SOURCE.json").read_bytes() == first
    assert sorted(path.name for path in (tmp_path / "raw").iterdir()) == ["SOURCE.json", "de.zip"]
    assert json.loads(first)["files"]["de.zip"]["version"] == "4:7.4.7-1"


def test_a_damaged_archive_is_made_anew(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, make_tar({"usr/text/a.html": b"a"}))
    fetch_archives({"de.zip": "libreoffice-help-de"}, tmp_path, is_page)
    (tmp_path / "de.zip").write_bytes(b"damaged")
    fetch_archives({"de.zip": "libreoffice-help-de"}, tmp_path, is_page)
    assert names_in(tmp_path / "de.zip") == ["usr/text/a.html"]
