"""Asks git about the project."""

import subprocess


def ask_git(*arguments: str) -> str:
    """Return what ``git`` prints for these arguments. If it fails or is not installed, the text is empty."""
    try:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""
