"""Debian packages as plain files: downloaded by apt-get without root, installed nowhere, made into zips of pages."""

import os
import re
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import unquote

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_json, sha256_of, whole_file, write_json
from stages.hybrid.sources.downloads import SOURCE

MOST_BYTES = 2**30  # of pages from one package
WAYS_OUT = (
    "name a folder or an archive of your own in fetch.folders, or take a profile that needs no packages, such as lareqa"
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


def fetch_archives(packages: dict[str, str], folder: Path, keep: Callable[[str], bool]) -> None:
    """Write one zip of pages for each package, and SOURCE.json with the packages' versions beside them.

    What is there and right stays; where all of it is, nothing is asked of the network. Where something is missing, a
    zip from another version than the index now has is replaced, so that all are of one release.

    Args:
        packages: names of packages by the name of the zip.
        folder: data/raw/NAME.
        keep: says of a path in a package whether it is a page.

    Raises:
        UserError: as for `download_packages`.
    """
    sources = _right_archives(folder)
    if not packages.keys() <= sources.keys():
        downloads = folder / ".packages"
        found = find_packages(packages.values(), downloads)
        have = {entry["package_sha256"] for entry in sources.values()}
        stale = {zip_: found[name] for zip_, name in packages.items() if found[name].sha256 not in have}
        paths = _download(stale.values(), downloads)
        for zip_, package in stale.items():
            unpack_pages(paths[package.name], folder / zip_, keep)
            sources[zip_] = _source(package, folder / zip_)
        shutil.rmtree(downloads)
    files = {zip_: sources[zip_] for zip_ in sorted(packages)}
    write_json(folder / SOURCE, {"origin": "Debian packages", "files": files})


def _right_archives(folder: Path) -> dict[str, dict[str, Any]]:
    """Return SOURCE.json's entries whose zips are as they say."""
    if not (folder / SOURCE).exists():
        return {}
    entries = read_json(folder / SOURCE)["files"]
    return {
        name: entry
        for name, entry in entries.items()
        if "package" in entry and (folder / name).is_file() and sha256_of(folder / name) == entry["sha256"]
    }


def _source(package: Package, archive: Path) -> dict[str, Any]:
    return {
        "package": package.name,
        "version": package.version,
        "package_sha256": package.sha256,
        "sha256": sha256_of(archive),
    }


def download_packages(packages: Iterable[str], folder: Path) -> dict[str, Path]:
    """Return the packages' files in ``folder`` by name; a file that is there and right is not downloaded again.

    Raises:
        UserError: there is no apt-get or no connection, the index lacks a package, or the mirror lacks its file.
    """
    return _download(find_packages(packages, folder).values(), folder)


def find_packages(packages: Iterable[str], folder: Path) -> dict[str, Package]:
    """Return what the package index, fetched anew, says of ``packages``, by name.

    Args:
        packages: names of packages.
        folder: where apt-get may keep its own files.

    Raises:
        UserError: there is no apt-get or no connection, or the index lacks a package.
    """
    names = sorted(set(packages))
    update = _run_apt(["update"], folder)
    answer = _run_apt(["download", "--print-uris", *names], folder)
    found = {match["name"]: _package(match) for match in URI_LINE.finditer(answer.stdout)}
    missing = [name for name in names if name not in found]
    if not missing:
        return found
    unreached = UNREACHED.search(update.stdout + update.stderr)
    if unreached:
        reason = unreached[1].strip()
        raise UserError(
            f"apt-get: the package index cannot be reached ({reason}); connect to the internet, or {WAYS_OUT}"
        )
    errors = [line for line in update.stderr.splitlines() if line.startswith("E:")]
    reason = f" ({errors[0]})" if errors else ""
    raise UserError(f"apt-get: the package index has no {', '.join(missing)}{reason}; {WAYS_OUT}")


def _package(match: re.Match[str]) -> Package:
    return Package(match["name"], unquote(match["version"]), match["file"], match["sha256"])


def _download(packages: Iterable[Package], folder: Path) -> dict[str, Path]:
    paths = {package.name: (package, folder / package.file) for package in packages}
    lacking = [name for name, (package, path) in paths.items() if not _is_right(path, package.sha256)]
    if lacking:
        answer = _run_apt(["download", *lacking], folder)
        failed = [name for name in lacking if not _is_right(paths[name][1], paths[name][0].sha256)]
        if failed:
            unreached = UNREACHED.search(answer.stdout + answer.stderr)
            reason = f" ({unreached[1].strip()})" if unreached else ""
            names = ", ".join(failed)
            raise UserError(f"apt-get: the mirror did not give {names} as its index lists it{reason}; {WAYS_OUT}")
    return {name: path for name, (_, path) in paths.items()}


def _is_right(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256


def _run_apt(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Return what apt-get says, with its lists and caches under ``folder`` and its downloads in it."""
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
        raise UserError(f"apt-get: not found on this machine, so packages cannot be fetched; {WAYS_OUT}") from None


def unpack_pages(deb: Path, archive: Path, keep: Callable[[str], bool]) -> None:
    """Write the pages of a package into one zip, the same bytes each time.

    One file a package, for the pipeline looks at every file whenever it checks what has changed, and there would be
    tens of thousands.

    Args:
        deb: the package's file.
        archive: the zip to write.
        keep: says of a path in the package, as ``usr/share/...``, whether it is a page.

    Raises:
        UserError: the package is broken, holds no page, or more than a gigabyte of them.
    """
    try:
        process = subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise UserError(f"dpkg-deb: not found on this machine, so {deb.name} cannot be unpacked; {WAYS_OUT}") from None
    with process, whole_file(archive) as partial:
        try:
            pages = _copy_pages(process, partial, keep)
        except tarfile.TarError as error:
            raise UserError(f"{deb}: cannot be unpacked ({error}); delete it and fetch it again") from None
        process.communicate()  # what is left of the tar's padding
        if process.returncode != 0 or pages == 0:
            raise UserError(
                f"{deb}: is broken or holds none of the pages expected; delete it and fetch it again, or {WAYS_OUT}"
            )


def _copy_pages(process: subprocess.Popen[bytes], archive: Path, keep: Callable[[str], bool]) -> int:
    """Copy the wanted regular files of a tar stream into a zip, and return their number."""
    pages, left = 0, MOST_BYTES
    with (
        tarfile.open(fileobj=process.stdout, mode="r|") as tar,
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file,
    ):
        for member in tar:
            path = _safe_path(member.name)
            if not member.isfile() or path is None or not keep(path):
                continue
            left -= member.size
            if left < 0:
                raise UserError(
                    f"{archive.name}: its package holds more than {MOST_BYTES} bytes of pages; is it the right one?"
                )
            content = tar.extractfile(member)
            info = zipfile.ZipInfo(path)  # dated 1980, so that the bytes depend on the pages alone
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            file.writestr(info, content.read() if content else b"")
            pages += 1
    return pages


def _safe_path(name: str) -> str | None:
    """Return a member's path without a leading ``./``, or None where it would lead out of a folder."""
    path = PurePosixPath(name)
    return None if path.is_absolute() or ".." in path.parts else path.as_posix()
