"""Public files at fixed addresses, each pinned by its checksum."""

import http.client
import shutil
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NamedTuple

from stages.hybrid.ground.errors import UserError, first_line
from stages.hybrid.ground.files import sha256_of, whole_file
from stages.hybrid.sources.home import Home, choose_items, is_whole

TIMEOUT = 60  # seconds without an answer


class RemoteFile(NamedTuple):
    """A public file, pinned by its checksum."""

    path: str  # in data/raw/NAME/
    url: str
    sha256: str
    mirror_path: str  # in a mirror


@dataclass(frozen=True)
class PublicFiles(Home):
    """Public files at fixed addresses.

    Attributes:
        files: Files that are always fetched.
        by_language: Files that are fetched if their language is wanted, by language.
        pinned: What fixes the files' bytes, in words.
    """

    files: tuple[RemoteFile, ...] = ()
    by_language: Mapping[str, RemoteFile] = field(default_factory=dict)
    pinned: ClassVar[str] = "sha256 of each file"

    def origin(self, mirror: Path | None) -> str:
        """Return "public files", for a mirror too: the checksums show that its copies are the same."""
        return "public files"

    def fetch(self, folder: Path, languages: list[str], mirror: Path | None) -> dict[str, dict[str, str]]:
        """Write the files to ``folder``, as `Home.fetch` says.

        Raises:
            UserError: As for `fetch_file`, or there are no files in ``languages``.
        """
        chosen = choose_items(self.by_language, languages, source=folder.name)
        files = [*self.files, *chosen.values()]
        for file in files:
            copy = mirror / file.mirror_path if mirror else None
            fetch_file(file.url, folder / file.path, sha256=file.sha256, mirror=copy)
        return {file.path: {"url": file.url, "sha256": file.sha256} for file in files}


def fetch_file(url: str, path: Path, *, sha256: str, mirror: Path | None = None) -> None:
    """Write the file at ``url`` to ``path``, or its copy ``mirror``; a file that matches the checksum is kept.

    Raises:
        UserError: The address does not begin with https://, the address or the copy cannot be read, or its checksum is
            not ``sha256``.
    """
    if is_whole(path, sha256):
        return
    with whole_file(path) as partial:
        if mirror is None:
            _download(url, partial)
        else:
            _copy(mirror, partial)
        found = sha256_of(partial)
        if found != sha256:
            raise UserError(
                f"{mirror or url}: sha256 is {found}, expected {sha256}; the file was changed or cut off, get it again"
            )


def _download(url: str, path: Path) -> None:
    scheme, _, address = url.partition("://")
    if scheme != "https":
        raise UserError(f"{url}: is not an https address, expected https://...; correct it in the collection's file")
    try:
        with urllib.request.urlopen(f"https://{address}", timeout=TIMEOUT) as answer, path.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except (http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise UserError(
            f"{url}: cannot be fetched ({first_line(reason)}), expected the file; connect to the internet, or name a "
            "folder with a copy in fetch.mirror or HYBRID_MIRROR"
        ) from None


def _copy(source: Path, path: Path) -> None:
    if not source.is_file():
        raise UserError(
            f"{source}: not found, expected a copy of the public file; add it to the folder that fetch.mirror or "
            "HYBRID_MIRROR names"
        )
    shutil.copyfile(source, path)
