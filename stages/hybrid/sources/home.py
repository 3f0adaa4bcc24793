"""What the homes of raw files have in common: one method that fetches, and SOURCE.json, which says what was fetched."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, TypeVar

from stages.hybrid.ground.files import read_json, sha256_of
from stages.hybrid.ground.layout import SOURCE_FILE
from stages.hybrid.languages import choose_languages

Item = TypeVar("Item")


class Home(ABC):
    """A place that raw files come from.

    Attributes:
        pinned: What fixes the files' bytes, in words.
    """

    pinned: ClassVar[str]

    @abstractmethod
    def origin(self, mirror: Path | None) -> str:
        """Return where files come from, in a few words; ``mirror`` is the folder that stands in for the home."""

    @abstractmethod
    def fetch(self, folder: Path, languages: list[str], mirror: Path | None) -> dict[str, dict[str, str]]:
        """Write the files to ``folder``, and return what SOURCE.json says of each, by its path in ``folder``.

        Files that are present and match their checksum are kept. If all do, the network is not used.

        Args:
            folder: data/raw/NAME.
            languages: Codes of ISO 639-1; an empty list means all. Those that the home lacks are left out.
            mirror: A folder with copies of the public files, used instead of the network; None for the home itself.

        Raises:
            UserError: The files cannot be had, or the home has none of ``languages``. The message names a way out.
        """


def recorded_files(folder: Path) -> dict[str, dict[str, str]]:
    """Return what SOURCE.json in ``folder`` says of each file, by path; nothing if it does not exist.

    Raises:
        UserError: SOURCE.json is not JSON, or lacks "files".
    """
    path = folder / SOURCE_FILE
    found: dict[str, dict[str, str]] = read_json(path, keys=("files",))["files"] if path.exists() else {}
    return found


def is_whole(path: Path, sha256: str) -> bool:
    """Return whether ``path`` is a file with this checksum."""
    return path.is_file() and sha256_of(path) == sha256


def choose_items(by_language: Mapping[str, Item], languages: list[str], *, source: str) -> dict[str, Item]:
    """Return the items of ``languages``, by language; all of them if ``languages`` is empty.

    Raises:
        UserError: There are items, but none in ``languages``. ``source`` names the collection.
    """
    if not by_language:
        return {}
    return {lang: by_language[lang] for lang in choose_languages(by_language, languages, source=source)}
