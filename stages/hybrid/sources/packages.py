"""Debian packages as plain files: apt-get downloads them without root, and their pages are written to zips.

Nothing is installed.
"""

import os
import re
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import ClassVar, NamedTuple
from urllib.parse import unquote

from stages.hybrid.ground.errors import UserError, first_line
from stages.hybrid.ground.files import sha256_of, whole_file
from stages.hybrid.sources.archives import check_size
from stages.hybrid.sources.home import Home, choose_items, is_whole, recorded_files

DOWNLOADS = ".packages"  # folder in data/raw/NAME/ for what apt-get downloads; removed when all is done
WAYS_OUT = (
    "name a folder or an archive of your own in fetch.folders, or use a profile that needs no packages, such as toy"
)
URI_LINE = re.compile(
    r"^'[^']+' (?P<file>(?P<name>[^_\s]+)_(?P<version>[^_\s]+)_\S+\.deb) \d+ SHA256:(?P<sha256>[0-9a-f]{64})$", re.M
)
UNREACHED = re.compile(r"^(?:W: Failed to fetch|E: Failed to fetch|Err:\d+) (.+)$", re.M)


class Package(NamedTuple):
    """A package as the index lists it."""

    name: str
    version: str
    file: str
    sha256: str


@dataclass(frozen=True)
class DebianPackages(Home):
    """Pages from packages of the system's Debian release: one zip for each package, and all of one release.

    Attributes:
        keep: Returns whether the file at a path in a package is a page.
        packages: Packages that are always fetched, by the name of the zip.
        by_language: Packages that are fetched if their language is wanted, by language; LANG.zip is the zip.
        pinned: What fixes the files' bytes, in words.
    """

    keep: Callable[[str], bool]
    packages: Mapping[str, str] = field(default_factory=dict)
    by_language: Mapping[str, str] = field(default_factory=dict)
    pinned: ClassVar[str] = "not pinned: the system's release decides, SOURCE.json has versions and sha256"

    def origin(self, mirror: Path | None) -> str:
        """Return "Debian packages", which have mirrors of their own."""
        return "Debian packages"

    def fetch(self, folder: Path, languages: list[str], mirror: Path | None) -> dict[str, dict[str, str]]:
        """Write one zip of pages for each package to ``folder``, as `Home.fetch` says; ``mirror`` is not used.

        If a zip is missing, zips of another version than the index now has are replaced. So all are of one release.

        Raises:
            UserError: As for `find_packages` and `unpack_pages`; the mirror does not give a package as the index lists
                it; or there is no package for ``languages``.
        """
        packages = self.packages_for(languages, source=folder.name)
        sources = _whole_archives(packages, folder)
        if packages.keys() != sources.keys():
            found = find_packages(packages.values(), folder / DOWNLOADS)
            have = {entry["package_sha256"] for entry in sources.values()}
            stale = {zip_: found[name] for zip_, name in packages.items() if found[name].sha256 not in have}
            sources |= _make_archives(stale, folder, self.keep)
            shutil.rmtree(folder / DOWNLOADS)
        return {zip_: sources[zip_] for zip_ in sorted(packages)}

    def packages_for(self, languages: list[str], *, source: str) -> dict[str, str]:
        """Return the packages that ``languages`` need, by the name of the zip; an empty list means all.

        Raises:
            UserError: There are packages by language, but none for ``languages``. ``source`` names the collection.
        """
        chosen = choose_items(self.by_language, languages, source=source)
        return {**self.packages, **{f"{lang}.zip": package for lang, package in chosen.items()}}


def _whole_archives(packages: dict[str, str], folder: Path) -> dict[str, dict[str, str]]:
    """Return SOURCE.json's entries for the zips of ``packages`` that are as they were made."""
    return {
        zip_: entry
        for zip_, entry in recorded_files(folder).items()
        if zip_ in packages and entry.get("package") == packages[zip_] and is_whole(folder / zip_, entry["sha256"])
    }


def _make_archives(
    packages: dict[str, Package], folder: Path, keep: Callable[[str], bool]
) -> dict[str, dict[str, str]]:
    """Download packages, write their zips to ``folder``, and return what SOURCE.json says of each."""
    paths = _download(packages.values(), folder / DOWNLOADS)
    sources = {}
    for zip_, package in packages.items():
        unpack_pages(paths[package.name], folder / zip_, keep=keep)
        sources[zip_] = {
            "package": package.name,
            "version": package.version,
            "package_sha256": package.sha256,
            "sha256": sha256_of(folder / zip_),
        }
    return sources


def find_packages(packages: Iterable[str], folder: Path) -> dict[str, Package]:
    """Return what the package index, fetched anew, says of ``packages``, by name.

    Args:
        packages: Names of packages.
        folder: A folder in which apt-get may keep its own files.

    Raises:
        UserError: The program apt-get is not installed, the index cannot be reached, or the index lacks a package.
    """
    names = sorted(set(packages))
    update = _run_apt(["update"], folder)
    done = _run_apt(["download", "--print-uris", *names], folder)
    found = {match["name"]: _package(match) for match in URI_LINE.finditer(done.stdout)}
    missing = [name for name in names if name not in found]
    if missing:
        raise UserError(_not_in_index(missing, update))
    return found


def _not_in_index(missing: list[str], update: "subprocess.CompletedProcess[str]") -> str:
    """Return the message for packages that the index lacks; ``update`` is what the update of the index said."""
    unreached = UNREACHED.search(update.stdout + update.stderr)
    if unreached:
        return (
            f"apt-get: the package index cannot be reached ({unreached[1].strip()}); connect to the internet, "
            f"or {WAYS_OUT}"
        )
    errors = [line for line in update.stderr.splitlines() if line.startswith("E:")]
    reason = f" ({errors[0]})" if errors else ""
    return f"apt-get: the package index lacks {', '.join(missing)}{reason}; {WAYS_OUT}"


def _package(match: re.Match[str]) -> Package:
    return Package(match["name"], unquote(match["version"]), match["file"], match["sha256"])


def _download(packages: Iterable[Package], folder: Path) -> dict[str, Path]:
    """Return the packages' files in ``folder`` by name; a file that matches its checksum is not downloaded again.

    Raises:
        UserError: The program apt-get is not installed, or the mirror does not give a package as the index lists it.
    """
    paths = {package.name: (package, folder / package.file) for package in packages}
    lacking = [name for name, (package, path) in paths.items() if not is_whole(path, package.sha256)]
    if lacking:
        done = _run_apt(["download", *lacking], folder)
        failed = [name for name in lacking if not is_whole(paths[name][1], paths[name][0].sha256)]
        if failed:
            unreached = UNREACHED.search(done.stdout + done.stderr)
            reason = f" ({unreached[1].strip()})" if unreached else ""
            names = ", ".join(failed)
            raise UserError(
                f"apt-get: the mirror did not give {names} as its index lists it{reason}; try again later, or "
                f"{WAYS_OUT}"
            )
    return {name: path for name, (_, path) in paths.items()}


def _run_apt(arguments: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    """Return what apt-get says; its lists and caches are under ``folder``, its downloads in it.

    Raises:
        UserError: The program apt-get is not installed.
    """
    private = folder.resolve() / "apt"
    for part in ("state/lists/partial", "cache/archives/partial"):
        (private / part).mkdir(parents=True, exist_ok=True)
    options = {
        "Dir::State": private / "state",
        "Dir::State::Lists": private / "state/lists",
        "Dir::Cache": private / "cache",
        "Acquire::ForceHash": "SHA256",
        "Acquire::Retries": 2,
        "Acquire::http::Timeout": 30,
        "Acquire::https::Timeout": 30,
    }
    command = ["apt-get", "--quiet", *(f"--option={key}={value}" for key, value in options.items()), *arguments]
    try:
        return subprocess.run(
            command, cwd=folder, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise UserError(f"apt-get: not found on this machine, expected it to fetch packages; {WAYS_OUT}") from None


def unpack_pages(deb: Path, archive: Path, *, keep: Callable[[str], bool]) -> None:
    """Write the pages of a package into one zip; the same package always gives the same bytes.

    It is one file for each package, because DVC looks at every file when it checks what has changed. Loose pages would
    be tens of thousands of files.

    Args:
        deb: The package's file.
        archive: The zip to write.
        keep: Returns whether the file at a path in the package, such as ``usr/share/...``, is a page.

    Raises:
        UserError: The program dpkg-deb is not installed, or the package is broken, has no page, or is too large for
            `check_size`.
    """
    try:
        process = subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise UserError(f"dpkg-deb: not found on this machine, expected it to unpack {deb.name}; {WAYS_OUT}") from None
    with process, whole_file(archive) as partial:
        try:
            pages = _write_zip(partial, _read_pages(process, deb, keep))
        except tarfile.TarError as error:
            raise UserError(f"{deb}: cannot be unpacked ({first_line(error)}); delete it and fetch it again") from None
        process.communicate()  # what is left of the tar's padding
        if process.returncode != 0 or pages == 0:
            raise UserError(
                f"{deb}: is broken or does not have the expected pages; delete it and fetch it again, or {WAYS_OUT}"
            )


def _read_pages(
    process: "subprocess.Popen[bytes]", deb: Path, keep: Callable[[str], bool]
) -> Iterator[tuple[str, bytes]]:
    """Yield (path, content) of each page in a package's tar stream; links and unsafe paths are left out.

    Raises:
        UserError: The pages have too many bytes, as for `check_size`.
    """
    size = 0
    with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
        for member in tar:
            path = _safe_path(member.name)
            if not member.isfile() or path is None or not keep(path):
                continue
            size += member.size
            check_size(deb, size)
            content = tar.extractfile(member)
            yield path, content.read() if content else b""


def _write_zip(archive: Path, pages: Iterable[tuple[str, bytes]]) -> int:
    """Write (path, content) pairs to a zip whose bytes depend on them alone; return their number."""
    number = 0
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path, content in pages:
            info = zipfile.ZipInfo(path)  # dated 1980
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            file.writestr(info, content)
            number += 1
    return number


def _safe_path(name: str) -> str | None:
    """Return a member's path without a leading ``./``; None if it would lead out of a folder."""
    path = PurePosixPath(name)
    return None if path.is_absolute() or ".." in path.parts else path.as_posix()
