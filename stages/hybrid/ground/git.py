"""Asks git about the project."""

import subprocess

NOT_CODE = ("reports", "dvc.lock", "params.yaml")  # what runs and profiles write


def ask_git(*arguments: str) -> str:
    """Return what ``git`` prints for these arguments. If it fails or is not installed, the text is empty."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, encoding="utf-8", check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def read_commit() -> str:
    """Return the first 12 digits of the project's commit; empty if git knows none.

    They end in "+changes" if tracked files differ from that commit, apart from those in `NOT_CODE`.
    """
    commit = ask_git("rev-parse", "--verify", "--short=12", "HEAD")
    code = (".", *(f":(exclude){path}" for path in NOT_CODE))
    changed = ask_git("--no-optional-locks", "status", "--porcelain", "--untracked-files=no", "--", *code)
    return f"{commit}+changes" if commit and changed else commit
