"""What git says about the project, or nothing."""

import os
import subprocess
from pathlib import Path

import pytest

from stages.hybrid.ground.git import ask_git, read_commit


def git(*arguments: str) -> None:
    user = ("-c", "user.name=Toy", "-c", "user.email=toy@example.org")
    subprocess.run(["git", *user, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository without a commit, and go to it."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")
    return tmp_path


def commit_files(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("first\n", encoding="utf-8")
    git("add", "--all")
    git("commit", "--quiet", "--message", "toy")


def test_git_s_answer_has_no_white_space_around_it() -> None:
    assert ask_git("--version").startswith("git version ")


def test_outside_of_a_repository_the_answer_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert ask_git("rev-parse", "HEAD") == read_commit() == ""


def test_without_git_the_answer_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert ask_git("--version") == read_commit() == ""


def test_if_git_fails_the_answer_is_empty_whatever_it_prints(repository: Path) -> None:
    assert ask_git("rev-parse", "HEAD") == ""  # without a commit, git prints HEAD and ends with an error
    assert read_commit() == ""


def test_the_commit_has_twelve_digits_and_a_change_of_code_is_added_to_it(repository: Path) -> None:
    commit_files("stages/code.py")
    commit = read_commit()
    assert len(commit) == 12 and ask_git("rev-parse", "HEAD").startswith(commit)
    Path("stages/code.py").write_text("second\n", encoding="utf-8")
    assert read_commit() == f"{commit}+changes"
    git("add", "--all")
    assert read_commit() == f"{commit}+changes"


def test_what_a_run_writes_and_files_that_git_does_not_track_are_no_changes_of_code(repository: Path) -> None:
    written = ("reports/help/report.md", "dvc.lock", "params.yaml")
    for name in written:
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
    commit_files("code.py", *written)
    commit = read_commit()
    for name in (*written, "notes.txt"):
        Path(name).write_text("second\n", encoding="utf-8")
    assert read_commit() == commit and "+" not in commit
