"""Files of data set repositories on the Hugging Face hub, each repository pinned by a commit.

Only files are fetched. A repository's own loading script is never fetched, let alone run.
"""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import ClassVar, NamedTuple

from stages.hybrid.ground.errors import UserError, first_line
from stages.hybrid.ground.files import sha256_of, whole_file
from stages.hybrid.sources.home import Home, choose_items, is_whole, recorded_files

HUB_CACHE = ".cache"  # the hub's own notes beside what it downloads


@dataclass(frozen=True)
class HubRepository:
    """A data set repository on the hub at one commit, and which of its files are needed.

    In a pattern, "*" also matches "/".

    Attributes:
        name: OWNER/NAME.
        revision: A whole commit hash, which fixes the bytes of every file.
        patterns: Patterns of paths that are always fetched.
        by_language: Patterns of paths that are fetched if their language is wanted, by language.
    """

    name: str
    revision: str
    patterns: tuple[str, ...] = ()
    by_language: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def patterns_for(self, languages: list[str], *, source: str) -> list[str]:
        """Return the patterns of the files that ``languages`` need; an empty list of languages means all.

        Raises:
            UserError: There are patterns by language, but none for ``languages``. ``source`` names the collection.
        """
        chosen = choose_items(self.by_language, languages, source=source)
        return [*self.patterns, *(pattern for patterns in chosen.values() for pattern in patterns)]


class Part(NamedTuple):
    """The files of one repository that one run needs."""

    repository: str
    version: str  # the commit; "" for a mirror, whose files cannot be compared with a commit
    patterns: list[str]

    @property
    def url(self) -> str:
        """The repository's address, as `fsspec` writes it."""
        return f"hf://datasets/{self.repository}"


@dataclass(frozen=True)
class HubFiles(Home):
    """Files of repositories on the Hugging Face hub.

    Attributes:
        repositories: The repositories, whose files all go into one folder.
        mirror_folder: Where a mirror keeps copies of these files.
        pinned: What fixes the files' bytes, in words.
    """

    repositories: tuple[HubRepository, ...]
    mirror_folder: str
    pinned: ClassVar[str] = "commit of the repository"

    def origin(self, mirror: Path | None) -> str:
        """Return "the Hugging Face hub", or "the user's mirror", whose files cannot be compared with a commit."""
        return "the user's mirror" if mirror else "the Hugging Face hub"

    def fetch(self, folder: Path, languages: list[str], mirror: Path | None) -> dict[str, dict[str, str]]:
        """Write the files to ``folder``, as `Home.fetch` says.

        Raises:
            UserError: The hub cannot be reached, a pattern matches no file, or there are no files in ``languages``.
        """
        files: dict[str, dict[str, str]] = {}
        for repository in self.repositories:
            version = "" if mirror else repository.revision
            part = Part(repository.name, version, repository.patterns_for(languages, source=folder.name))
            recorded = _recorded(part, folder)
            if not _is_complete(part, recorded, folder):
                recorded = _fetch_part(part, folder, mirror / self.mirror_folder if mirror else None)
            files |= recorded
        return files


def _recorded(part: Part, folder: Path) -> dict[str, dict[str, str]]:
    """Return SOURCE.json's entries for the files of a part, if they are of the same version."""
    return {
        path: entry
        for path, entry in recorded_files(folder).items()
        if (entry.get("url"), entry.get("version", "")) == (part.url, part.version)
        and any(fnmatch(path, pattern) for pattern in part.patterns)
    }


def _is_complete(part: Part, recorded: dict[str, dict[str, str]], folder: Path) -> bool:
    """Return whether every pattern has a file, and every file is as it was fetched."""
    return not _unmatched(part.patterns, recorded) and all(
        is_whole(folder / path, entry["sha256"]) for path, entry in recorded.items()
    )


def _unmatched(patterns: Iterable[str], paths: Iterable[str]) -> list[str]:
    """Return the patterns that match none of the paths."""
    paths = list(paths)
    return [pattern for pattern in patterns if not any(fnmatch(path, pattern) for path in paths)]


def _fetch_part(part: Part, folder: Path, mirror: Path | None) -> dict[str, dict[str, str]]:
    if mirror:
        _copy(part, mirror, folder)
    else:
        _download(part, folder)
    version = {"version": part.version} if part.version else {}
    return {path: {"url": part.url, **version, "sha256": sha256_of(folder / path)} for path in _matching(part, folder)}


def _matching(part: Part, folder: Path) -> list[str]:
    """Return the files below ``folder`` that match the patterns, sorted.

    Raises:
        UserError: A pattern matches no file.
    """
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    missing = _unmatched(part.patterns, paths)
    if missing:
        raise UserError(f"{folder}: has no file {missing[0]}, expected the files of {part.repository}; add it")
    return [path for path in paths if any(fnmatch(path, pattern) for pattern in part.patterns)]


def _copy(part: Part, mirror: Path, folder: Path) -> None:
    for path in _matching(part, mirror):
        with whole_file(folder / path) as partial:
            shutil.copyfile(mirror / path, partial)


def _download(part: Part, folder: Path) -> None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        snapshot_download(
            part.repository,
            repo_type="dataset",
            revision=part.version,
            allow_patterns=part.patterns,
            local_dir=folder,
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise UserError(
            f"data set {part.repository}: cannot be fetched from the Hugging Face hub ({first_line(error)}); connect "
            "to the internet, or name a folder with its files in fetch.mirror, HYBRID_MIRROR or fetch.folders"
        ) from None
    shutil.rmtree(folder / HUB_CACHE, ignore_errors=True)
