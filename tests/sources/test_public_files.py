"""Files from an address or a mirror; nothing here touches the network."""

import hashlib
import io
from pathlib import Path

import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.sources.public_files import PublicFiles, RemoteFile, fetch_file

UNREACHABLE = "https://127.0.0.1:9"
URL = "https://example.org/file"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Replace the web by the contents of this dictionary, by address."""
    contents: dict[str, bytes] = {}
    monkeypatch.setattr("urllib.request.urlopen", lambda url, timeout: io.BytesIO(contents[url]))
    return contents


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def remote(path: str, content: bytes) -> RemoteFile:
    return RemoteFile(path, f"{UNREACHABLE}/{path}", sha256(content), f"set/{path}")


def test_a_file_is_fetched_once_and_then_kept(tmp_path: Path, web: dict[str, bytes]) -> None:
    web[URL] = b"text"
    fetch_file(URL, tmp_path / "raw/file", sha256=sha256(b"text"))
    web.clear()
    fetch_file(URL, tmp_path / "raw/file", sha256=sha256(b"text"))
    assert (tmp_path / "raw/file").read_bytes() == b"text"


def test_a_file_with_the_wrong_content_is_fetched_again(tmp_path: Path, web: dict[str, bytes]) -> None:
    web[URL] = b"text"
    (tmp_path / "file").write_bytes(b"cut o")
    fetch_file(URL, tmp_path / "file", sha256=sha256(b"text"))
    assert (tmp_path / "file").read_bytes() == b"text"


def test_a_file_with_another_checksum_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, web: dict[str, bytes]
) -> None:
    web[URL] = b"an error page"
    with pytest.raises(UserError, match=r"file: sha256 is \w+, expected \w+; the file was changed or cut off, get it"):
        fetch_file(URL, tmp_path / "raw/file", sha256=sha256(b"text"))
    assert list((tmp_path / "raw").iterdir()) == []


@pytest.mark.parametrize("scheme", ["http", "file", "ftp"])
def test_an_address_that_is_not_https_is_refused(tmp_path: Path, scheme: str) -> None:
    with pytest.raises(UserError, match=rf"^{scheme}://localhost/a: is not an https address, expected https://"):
        fetch_file(f"{scheme}://localhost/a", tmp_path / "a", sha256=sha256(b""))


def test_without_a_connection_the_message_names_the_mirror(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"https://127.0.0.1:9/a: cannot be fetched \(.*refused.*fetch.mirror"):
        fetch_file(f"{UNREACHABLE}/a", tmp_path / "a", sha256=sha256(b""))


def test_a_reason_of_several_lines_is_cut_to_its_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no route\n<html>")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(UserError, match=r"https://127.0.0.1:9/a: cannot be fetched \(no route\), expected the file"):
        fetch_file(f"{UNREACHABLE}/a", tmp_path / "a", sha256=sha256(b""))


def test_a_mirror_is_used_instead_of_the_public_home(tmp_path: Path) -> None:
    (tmp_path / "mirror/set").mkdir(parents=True)
    (tmp_path / "mirror/set/ar.json").write_bytes(b"{}")
    home = PublicFiles((remote("ar.json", b"{}"),))
    assert home.fetch(tmp_path / "raw", ["de"], tmp_path / "mirror") == {
        "ar.json": {"url": f"{UNREACHABLE}/ar.json", "sha256": sha256(b"{}")}
    }
    assert (tmp_path / "raw/ar.json").read_bytes() == b"{}"


def test_a_file_that_a_mirror_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"set/ar.json: not found, expected a copy .* that fetch.mirror or HYBRID_MIRROR"
    ):
        PublicFiles((remote("ar.json", b""),)).fetch(tmp_path / "raw", [], tmp_path)


def test_files_by_language_are_fetched_if_the_language_is_wanted(tmp_path: Path) -> None:
    for name in ("all", "de", "fr"):
        (tmp_path / "set").mkdir(exist_ok=True)
        (tmp_path / "set" / name).write_bytes(b"")
    home = PublicFiles((remote("all", b""),), by_language={lang: remote(lang, b"") for lang in ("de", "fr")})
    assert list(home.fetch(tmp_path / "some", ["fr", "tr"], tmp_path)) == ["all", "fr"]
    assert list(home.fetch(tmp_path / "whole", [], tmp_path)) == ["all", "de", "fr"]
    with pytest.raises(UserError, match=r"^raw: has de, fr.*tr"):
        home.fetch(tmp_path / "raw", ["tr"], tmp_path)
