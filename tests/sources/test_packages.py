"""Packages from apt-get, which is replaced by small programs; nothing here touches the network."""

import hashlib
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import write_json
from stages.hybrid.ground.layout import SOURCE_FILE
from stages.hybrid.sources.packages import DebianPackages, find_packages, unpack_pages

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


GERMAN = DebianPackages(is_page, packages={"de.zip": "libreoffice-help-de"})


def fetch(folder: Path, home: DebianPackages = GERMAN) -> dict[str, dict[str, str]]:
    """Fetch into ``folder`` as the stage does, with what SOURCE.json says of each file."""
    files = home.fetch(folder, [], None)
    write_json(folder / SOURCE_FILE, {"files": files})
    return files


def names_in(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as file:
        return file.namelist()


def asked(tools: Path) -> list[str]:
    """Return the arguments of every call of apt-get since it was put there."""
    lines = (tools / "asked").read_text().splitlines() if (tools / "asked").exists() else []
    return [line.replace("--quiet ", "") for line in lines]


def test_archives_that_match_their_checksum_need_no_network(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, make_tar({"usr/text/a.html": b"a"}))
    first = fetch(tmp_path / "raw")
    assert asked(tools) == [
        "update",
        "download --print-uris libreoffice-help-de",
        "download libreoffice-help-de",
    ]
    (tools / "asked").unlink()
    assert fetch(tmp_path / "raw") == first
    assert asked(tools) == []
    assert sorted(path.name for path in (tmp_path / "raw").iterdir()) == ["SOURCE.json", "de.zip"]
    assert first["de.zip"]["package"] == "libreoffice-help-de"
    assert first["de.zip"]["version"] == "4:7.4.7-1"


def test_a_folder_that_an_earlier_version_of_this_project_wrote_needs_no_network(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, b"")
    (tmp_path / "de.zip").write_bytes(b"pages")
    entry = {
        "package": "libreoffice-help-de",
        "version": "4:7.4.7-1+deb12u14",
        "package_sha256": "00490b63",
        "sha256": sha256(b"pages"),
    }
    write_json(tmp_path / SOURCE_FILE, {"origin": "Debian packages", "files": {"de.zip": entry}})
    assert fetch(tmp_path) == {"de.zip": entry}
    assert asked(tools) == []


def test_a_damaged_archive_is_made_again(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, make_tar({"usr/text/a.html": b"a"}))
    fetch(tmp_path)
    (tmp_path / "de.zip").write_bytes(b"damaged")
    fetch(tmp_path)
    assert names_in(tmp_path / "de.zip") == ["usr/text/a.html"]


def test_if_an_archive_is_missing_those_of_an_older_release_are_replaced(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, make_tar({"usr/text/old.html": b"a"}))
    fetch(tmp_path)
    put_apt(tools, make_tar({"usr/text/new.html": b"a"}))
    two = DebianPackages(is_page, packages={name: "libreoffice-help-de" for name in ("de.zip", "more.zip")})
    fetch(tmp_path, two)
    assert names_in(tmp_path / "de.zip") == names_in(tmp_path / "more.zip") == ["usr/text/new.html"]


def test_a_package_that_was_downloaded_before_a_stop_is_not_downloaded_again(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, make_tar({"usr/text/a.html": b"a"}))
    put_program(tools, "dpkg-deb", "exit 1")
    with pytest.raises(UserError, match=r"\.deb: cannot be unpacked"):
        fetch(tmp_path)
    (tools / "asked").unlink()
    put_program(tools, "dpkg-deb", 'cat "$2"')
    fetch(tmp_path)
    assert asked(tools) == ["update", "download --print-uris libreoffice-help-de"]


def test_only_packages_of_the_wanted_languages_are_named() -> None:
    home = DebianPackages(is_page, packages={"all.zip": "all"}, by_language={"de": "german", "fr": "french"})
    assert home.packages_for(["fr", "tr"], source="help") == {"all.zip": "all", "fr.zip": "french"}
    assert list(home.packages_for([], source="help")) == ["all.zip", "de.zip", "fr.zip"]
    with pytest.raises(UserError, match=r"help: has de, fr.*tr"):
        home.packages_for(["tr"], source="help")


def test_apt_get_keeps_its_lists_and_caches_to_the_project(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, b"package")
    put_program(tools, "apt-get", f'echo "$@" >> "{tools}/options"\n' + (tools / "apt-get").read_text())
    find_packages(["libreoffice-help-de"], tmp_path / "debs")
    for line in (tools / "options").read_text().splitlines():
        for option in ("Dir::State", "Dir::State::Lists", "Dir::Cache"):
            assert f"--option={option}={tmp_path}/debs/" in line


def test_a_package_that_the_index_lacks_is_named(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, b"package")
    with pytest.raises(UserError, match=r"the package index lacks libreoffice-help-xx; name a folder .* fetch.folders"):
        find_packages(["libreoffice-help-de", "libreoffice-help-xx"], tmp_path)


def test_a_package_that_the_mirror_lacks_is_named(tools: Path, tmp_path: Path) -> None:
    put_apt(
        tools,
        b"package",
        download="echo 'E: Failed to fetch http://mirror.example/x.deb  404  Not Found' >&2; exit 100",
    )
    with pytest.raises(UserError, match=r"did not give libreoffice-help-de .*mirror.example/x.deb  404  Not Found"):
        fetch(tmp_path)


def test_a_package_with_another_checksum_is_refused(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, b"package", listed=sha256(b"another"))
    with pytest.raises(UserError, match="did not give libreoffice-help-de as its index lists it; try again later"):
        fetch(tmp_path)


def test_without_a_connection_the_message_says_that_the_index_cannot_be_reached(tools: Path, tmp_path: Path) -> None:
    put_apt(tools, b"", update="echo 'W: Failed to fetch http://mirror.example/InRelease  Could not resolve' >&2")
    with pytest.raises(
        UserError, match=r"index cannot be reached \(http://mirror.example/InRelease  Could not resolve\)"
    ):
        find_packages(["gnome-user-docs"], tmp_path)


def test_without_apt_get_the_ways_out_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"apt-get: not found .* in fetch.folders, or use a profile .* such as toy"):
        find_packages(["gnome-user-docs"], tmp_path / "debs")


def test_only_wanted_regular_files_at_safe_paths_are_unpacked(tools: Path, tmp_path: Path) -> None:
    pages = {
        "./usr/b.html": b"b",
        "./usr/a.css": b"-",
        "/etc/c.html": b"c",
        "../d.html": b"d",
        "./usr/e/../../f.html": b"f",
    }
    (tmp_path / "x.deb").write_bytes(make_tar(pages, links={"./usr/link.html": "b.html"}))
    unpack_pages(tmp_path / "x.deb", tmp_path / "x.zip", keep=is_page)
    assert names_in(tmp_path / "x.zip") == ["usr/b.html"]


def test_the_same_package_makes_the_same_bytes(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "x.deb").write_bytes(make_tar({"./usr/b.html": b"b" * 1000}))
    for name in ("one.zip", "two.zip"):
        unpack_pages(tmp_path / "x.deb", tmp_path / name, keep=is_page)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_more_pages_than_the_cap_are_refused(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stages.hybrid.sources.archives.MOST_BYTES", 9)
    (tmp_path / "x.deb").write_bytes(make_tar({"a.html": b"12345", "b.html": b"67890"}))
    with pytest.raises(UserError, match=r"x\.deb: has more than 9 bytes of pages, expected fewer"):
        unpack_pages(tmp_path / "x.deb", tmp_path / "x.zip", keep=is_page)
    assert not (tmp_path / "x.zip").exists()


def test_what_is_wrong_with_a_package_is_one_line(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise tarfile.ReadError("bad header\n- method gz")

    (tmp_path / "x.deb").write_bytes(make_tar({"a.html": b"1"}))
    monkeypatch.setattr(tarfile, "open", refuse)
    with pytest.raises(UserError, match=r"x\.deb: cannot be unpacked \(bad header\); delete it and fetch it again$"):
        unpack_pages(tmp_path / "x.deb", tmp_path / "x.zip", keep=is_page)


@pytest.mark.parametrize("content", [b"not a tar", make_tar({"a.css": b"-"}), b""])
def test_a_package_that_is_broken_or_has_no_pages_is_named(content: bytes, tools: Path, tmp_path: Path) -> None:
    (tmp_path / "x.deb").write_bytes(content)
    with pytest.raises(UserError, match=r"x\.deb: "):
        unpack_pages(tmp_path / "x.deb", tmp_path / "x.zip", keep=is_page)
