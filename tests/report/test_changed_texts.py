"""Texts compared with those of the committed run, by tables made by hand and by a repository of one commit."""

import os
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.hybrid.ground.files import write_table
from stages.hybrid.report.changed_texts import compare_files, compare_with_committed
from stages.hybrid.report.provenance import RawFile

TABLE = Path("reports/help/tables/texts.csv")


def make_files(name: str = "help", *, version: str = "1", text: str = "a", langs: str = "de en fr") -> list[RawFile]:
    """Return a package for each language."""
    return [
        RawFile(name, "training set", "MPL-2.0", f"{lang}.zip", f"{name}-{lang}", "", version, f"{lang}{version}", text)
        for lang in langs.split()
    ]


def make_own(**sha256: str) -> list[RawFile]:
    """Return files of the user's own with these checksums, which also are the hash of the text."""
    text = "".join(sha256.values())
    return [RawFile("own", "benchmark", "its owner's", name, "", "", "", value, text) for name, value in sha256.items()]


@given(st.permutations([*make_files(), *make_files("gnome"), *make_own(a="1", b="2")]))
def test_equal_texts_give_no_line_in_whatever_order_their_files_are(files: list[RawFile]) -> None:
    assert compare_files(files, files) == []


def test_packages_of_another_version_are_counted_with_both_versions() -> None:
    same = make_files("gnome")
    assert compare_files([*make_files(version="2", text="b"), *same], [*make_files(), *same]) == [
        "note: help: 3 of 3 packages have other versions than in the committed run (1 there, 2 here), so figures may "
        "differ"
    ]
    mixed = [*make_files(text="b", langs="de"), *make_files(version="3", text="b", langs="en fr")]
    two = "note: help: 2 of 3 packages have other versions than in the committed run (1 and 2 there, 3 here)"
    committed = [*make_files(langs="de en"), *make_files(version="2", langs="fr")]
    assert compare_files(mixed, committed) == [f"{two}, so figures may differ"]


def test_another_version_with_the_same_text_changes_no_figure_and_gives_no_line() -> None:
    assert compare_files(make_files(version="2"), make_files()) == []


@pytest.mark.parametrize(
    ("here", "there", "words"),
    [
        (make_own(a="1", b="3"), make_own(a="1", b="2"), "files here: 2, in the committed run: 2, equal: 1"),
        (make_own(a="1"), make_own(a="1", b="2"), "files here: 1, in the committed run: 2, equal: 1"),
        (make_own(a="1", b="2"), make_own(a="1"), "files here: 2, in the committed run: 1, equal: 1"),
        ([], make_own(a="1"), "only the committed run has it"),
        (make_own(a="1"), [], "only this run has it"),
    ],
)
def test_other_files_of_a_set_are_counted(here: list[RawFile], there: list[RawFile], words: str) -> None:
    assert compare_files(here, there) == [f"note: own: {words}, so figures may differ"]


def test_another_text_from_the_same_files_was_prepared_in_another_way() -> None:
    (line,) = compare_files(make_files(text="b"), make_files())
    assert line.startswith("note: help: its files are those of the committed run, but were prepared in another way")


def commit_table(files: list[RawFile]) -> None:
    """Commit the table of ``files``, in a new repository in the current folder."""
    write_table(TABLE, pd.DataFrame(files, columns=RawFile._fields))
    user = ("-c", "user.name=Toy", "-c", "user.email=toy@example.org")
    for words in (["init"], ["add", "--all"], [*user, "commit", "--message", "toy"]):
        subprocess.run(["git", *words], check=True, capture_output=True)


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.chdir(tmp_path)


def test_the_committed_table_is_compared_and_not_the_one_in_the_folder() -> None:
    commit_table(make_files())
    changed = make_files(version="2", text="b")
    write_table(TABLE, pd.DataFrame(changed, columns=RawFile._fields))
    (line,) = compare_with_committed(changed, TABLE)
    assert "3 of 3 packages have other versions than in the committed run (1 there, 2 here)" in line
    assert compare_with_committed(make_files(), TABLE) == ["The texts are those of the committed run."]


def test_without_a_committed_table_or_without_git_a_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"note: git has no committed {TABLE}, so the texts were not compared with those of a committed run"]
    assert compare_with_committed(make_files(), TABLE) == words
    commit_table(make_files())
    assert compare_with_committed(make_files(), TABLE.with_name("other.csv")) != []
    monkeypatch.setenv("PATH", "")
    assert compare_with_committed(make_files(), TABLE) == words
