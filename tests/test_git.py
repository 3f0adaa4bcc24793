"""What git says about the project, or nothing."""

from pathlib import Path

import pytest

from stages.hybrid.git import ask_git


def test_git_s_answer_has_no_white_space_around_it() -> None:
    assert ask_git("--version").startswith("git version ")


def test_outside_of_a_repository_the_answer_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert ask_git("rev-parse", "HEAD") == ""


def test_without_git_the_answer_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert ask_git("--version") == ""
