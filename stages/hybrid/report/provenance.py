"""The raw files that a run's texts come from: tables/texts.csv, and the short table of them on pages."""

import csv
import io
from pathlib import Path
from typing import Any, NamedTuple

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import AGAIN
from stages.hybrid.report.pages import Block, Paragraph, Table

TEXTS = "texts.csv"
HASH = 16  # digits of a hash that are shown


class RawFile(NamedTuple):
    """A raw file of a training set or benchmark: a row of `TEXTS`."""

    name: str  # of the set
    kind: str  # "training set" or "benchmark"
    licence: str
    file: str  # path in data/raw/NAME
    package: str  # Debian's; empty for other files
    url: str  # empty if it has none
    version: str  # of the package or of the repository; empty for other files
    sha256: str
    sha256_of_text: str  # of all texts of the set, as they were prepared


def list_files(statistics: dict[str, Any], sources: dict[str, Any]) -> list[RawFile]:
    """Return the raw files of each set, in the order of ``sources``.

    Args:
        statistics: Counts by the stage prepare, for each set.
        sources: SOURCE.json of each set, by name.
    """
    return [
        RawFile(
            name=name,
            kind="training set" if "pairs_by_language" in statistics[name] else "benchmark",
            licence=source.get("licence", "see the source"),
            file=path,
            package=entry.get("package", ""),
            url=entry.get("url", ""),
            version=entry.get("version", ""),
            sha256=entry["sha256"],
            sha256_of_text=statistics[name]["sha256_of_text"],
        )
        for name, source in sources.items()
        for path, entry in source["files"].items()
    ]


def read_files(path: Path) -> list[RawFile]:
    """Return the rows of the file `TEXTS` at ``path``.

    Raises:
        UserError: It is missing, or has other columns.
    """
    files = parse_files(path.read_text(encoding="utf-8", errors="replace")) if path.exists() else None
    if files is None:
        columns = ", ".join(RawFile._fields)
        raise UserError(f"{path}: missing or broken, expected a table with the columns {columns}; {AGAIN}")
    return files


def parse_files(text: str) -> list[RawFile] | None:
    """Return the rows of a file `TEXTS`, from its content. None if it has other columns."""
    rows = list(csv.reader(io.StringIO(text)))
    if rows[:1] != [list(RawFile._fields)] or {len(row) for row in rows} != {len(RawFile._fields)}:
        return None
    return [RawFile(*row) for row in rows[1:]]


def describe_files(files: list[RawFile], path: str = f"tables/{TEXTS}") -> list[Block]:
    """Return a table of the sets, with one row per version. Files of a set that share it are counted.

    ``path`` is that of the whole list, for a link on the page.
    """
    alike: dict[tuple[str, ...], list[RawFile]] = {}
    for file in files:
        key = (file.name, file.kind, file.licence, file.version or "–", file.sha256_of_text[:HASH])
        alike.setdefault(key, []).append(file)
    rows = [[*key, count_files(group)] for key, group in alike.items()]
    text = f"Every raw file, with its hash, and its version if it has one: [{path}]({path})."
    columns = ["name", "kind", "licence", "version", "hash of the text", "from"]
    return [Paragraph(text), Table(columns, rows, text_columns=6)]


def count_files(files: list[RawFile]) -> str:
    """Return how many files there are, in words: "28 packages". One alone is named."""
    if len(files) == 1:
        return files[0].package or files[0].file
    return f"{len(files)} {'packages' if all(file.package for file in files) else 'files'}"
