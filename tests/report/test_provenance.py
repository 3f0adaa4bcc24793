"""The raw files of a run's texts: the table for git, and the short one for pages."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import write_table
from stages.hybrid.report.pages import Table
from stages.hybrid.report.provenance import RawFile, describe_files, list_files, read_files

HASH = "0123456789abcdef" * 4
STATISTICS: dict[str, Any] = {
    "gnome": {"queries_by_language": {"de": 2}, "sha256_of_text": HASH},
    "help": {"pairs_by_language": {"de": 2}, "sha256_of_text": HASH[::-1]},
}


def package(name: str, version: str) -> dict[str, str]:
    return {"package": name, "version": version, "package_sha256": "1" * 64, "sha256": "2" * 64}


SOURCES: dict[str, Any] = {
    "gnome": {"licence": "CC-BY-SA-3.0", "files": {"pages.json": {"url": "https://example.org/p", "sha256": HASH}}},
    "help": {
        "licence": "MPL-2.0",
        "files": {"de.zip": package("help-de", "1.10"), "en.zip": package("help-en", "1.10")},
    },
}


def test_each_raw_file_is_a_row_with_its_set_s_kind_licence_and_hash_of_the_text() -> None:
    first, second, _ = list_files(STATISTICS, SOURCES)
    address = "https://example.org/p"
    assert first == RawFile("gnome", "benchmark", "CC-BY-SA-3.0", "pages.json", "", address, "", HASH, HASH)
    assert second == RawFile("help", "training set", "MPL-2.0", "de.zip", "help-de", "", "1.10", "2" * 64, HASH[::-1])


def test_files_that_share_set_and_version_are_one_row_of_a_page() -> None:
    files = list_files(STATISTICS, SOURCES)
    other = files[-1]._replace(file="fr.zip", package="help-fr", version="1.11")
    _, table = describe_files([*files, other])
    assert isinstance(table, Table)
    assert table.rows == [
        ["gnome", "benchmark", "CC-BY-SA-3.0", "–", "0123456789abcdef", "pages.json"],
        ["help", "training set", "MPL-2.0", "1.10", "fedcba9876543210", "2 packages"],
        ["help", "training set", "MPL-2.0", "1.11", "fedcba9876543210", "help-fr"],
    ]


@pytest.mark.parametrize("count", [0, 3])
def test_what_is_written_as_a_table_is_read_back_and_a_version_stays_text(tmp_path: Path, count: int) -> None:
    files = list_files(STATISTICS, SOURCES)[:count]
    write_table(tmp_path / "texts.csv", pd.DataFrame(files, columns=RawFile._fields))
    assert read_files(tmp_path / "texts.csv") == files


@pytest.mark.parametrize("text", [None, "", "name,version\nhelp,1\n", ",".join(RawFile._fields) + "\nhelp\n"])
def test_a_table_of_texts_that_is_missing_or_broken_is_one_line(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "texts.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"texts\.csv: missing or broken, expected a table with the") as raised:
        read_files(path)
    assert "\n" not in str(raised.value)
