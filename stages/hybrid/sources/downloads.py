"""Raw files: from a public address, from a mirror of it, or from the user's own folder or archive."""

import http.client
import os
import shutil
import tarfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import sha256_of, whole_file, whole_folder, write_json

SOURCE = "SOURCE.json"  # beside the raw files: where they are from, and their checksums
TIMEOUT = 60  # seconds without an answer
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")


@dataclass(frozen=True)
class FetchSettings:
    """Section ``fetch``: where raw files come from, if not from their public homes.

    Attributes:
        mirror: a folder with copies of the public files; the environment's HYBRID_MIRROR stands in for an empty one.
        folders: a data set's or benchmark's name to a folder, an archive or a file of the user's.
    """

    mirror: str = ""
    folders: dict[str, str] = field(default_factory=dict)

    @property
    def mirror_folder(self) -> Path | None:
        """The folder to copy from, None for the public homes."""
        folder = self.mirror or os.environ.get("HYBRID_MIRROR", "")
        return Path(folder).expanduser() if folder else None


@dataclass(frozen=True)
class RemoteFile:
    """A public file, pinned by its checksum."""

    path: str  # in data/raw/NAME/
    url: str
    sha256: str
    mirror_path: str  # in a mirror


def fetch_file(url: str, path: Path, *, sha256: str, mirror: Path | None = None) -> None:
    """Write the file at ``url``, or its copy ``mirror``, to ``path``; a file that is there and right stays.

    Raises:
        UserError: there is no connection or no such file, or what came is not the file that the checksum names.
    """
    if path.is_file() and sha256_of(path) == sha256:
        return
    with whole_file(path) as partial:
        if mirror is None:
            _download(url, partial)
        else:
            _copy(mirror, partial)
        if sha256_of(partial) != sha256:
            raise UserError(
                f"{mirror or url}: sha256 is {sha256_of(partial)}, expected {sha256}; it is another file or was cut off"
            )


def _download(url: str, path: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer, path.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except (http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise UserError(
            f"{url}: cannot be fetched ({reason}); connect to the internet, or give a folder with a copy as "
            "fetch.mirror or HYBRID_MIRROR"
        ) from None


def _copy(source: Path, path: Path) -> None:
    if not source.is_file():
        raise UserError(f"{source}: not found; fetch.mirror or HYBRID_MIRROR must name a folder that holds it")
    shutil.copyfile(source, path)


def fetch_files(files: list[RemoteFile], folder: Path, *, mirror: Path | None = None) -> None:
    """Write public files to ``folder``, or their copies in the folder ``mirror``, and SOURCE.json beside them.

    Raises:
        UserError: as for `fetch_file`.
    """
    for file in files:
        fetch_file(
            file.url, folder / file.path, sha256=file.sha256, mirror=mirror / file.mirror_path if mirror else None
        )
    sources = {file.path: {"url": file.url, "sha256": file.sha256} for file in files}
    write_json(folder / SOURCE, {"origin": "public files", "files": sources})


def copy_own(source: Path, folder: Path) -> None:
    """Replace ``folder`` by a copy of the user's folder, archive or file, and SOURCE.json beside it.

    Raises:
        UserError: there is nothing at ``source``, or a link in it points out of it.
    """
    if not source.exists():
        raise UserError(f"{source}: not found; expected a folder, an archive or a file, as named in fetch.folders")
    paths = [source] if source.is_file() else _files_within(source)
    root = source.parent if source.is_file() else source
    with whole_folder(folder) as partial:
        sources = {}
        for path in paths:
            name = path.relative_to(root).as_posix()
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, partial / name)
            sources[name] = {"sha256": sha256_of(partial / name)}
        write_json(partial / SOURCE, {"origin": "the user's own", "files": sources})


def _files_within(folder: Path) -> list[Path]:
    """Return the files in a folder, sorted; linked folders within it are left out."""
    root = folder.resolve()
    paths = sorted(path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    for path in paths:
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            raise UserError(f"{path}: is a link out of {folder}; put a copy of the file in its place")
    return [path for path in paths if path.is_file() and path.relative_to(folder).as_posix() != SOURCE]


def find_archive(folder: Path) -> Path | None:
    """Return the first archive in a raw folder, by name; None where it holds loose files.

    Raises:
        UserError: there is no such folder.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: not found; run the stage fetch, or `dvc repro`")
    return next((path for path in sorted(folder.iterdir()) if path.name.lower().endswith(ARCHIVES)), None)


def read_pages(source: Path, keep: Callable[[str], bool] = lambda path: True) -> Iterator[tuple[str, bytes]]:
    """Yield (path within the source, content) of the files in a zip, a tar or a folder, sorted by path.

    Args:
        source: the archive or the folder.
        keep: says of a path whether to read it.

    Raises:
        UserError: there is nothing at ``source``, or it is no archive.
    """
    try:
        if source.is_dir():
            yield from _read_folder(source, keep)
        elif zipfile.is_zipfile(source):
            yield from _read_zip(source, keep)
        else:
            yield from _read_tar(source, keep)
    except FileNotFoundError:
        raise UserError(f"{source}: not found; run the stage fetch, or `dvc repro`") from None
    except (zipfile.BadZipFile, tarfile.TarError) as error:
        raise UserError(f"{source}: no whole zip or tar archive ({error}); delete it and run the stage fetch") from None


def _read_folder(folder: Path, keep: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if keep(name) and path.is_file() and not path.is_symlink():
            yield name, path.read_bytes()


def _read_zip(archive: Path, keep: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as file:
        for name in sorted(name for name in file.namelist() if keep(name) and not name.endswith("/")):
            yield name, file.read(name)


def _read_tar(archive: Path, keep: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    # Read through once, then sort: going back in a compressed tar means unpacking it again.
    with tarfile.open(archive) as file:
        members = ((member, file.extractfile(member)) for member in file if member.isfile() and keep(member.name))
        pages = {member.name: content.read() for member, content in members if content is not None}
    yield from sorted(pages.items())
