"""The one exception for errors that a user can repair, and how a script shows it."""

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")


class UserError(Exception):
    """An error that a user can repair. Its one line says what was found, what was expected and what to do."""


def first_line(error: object, *, without: str = "") -> str:
    """Return the first line of an error's message that has text, or the name of its class if there is none.

    Args:
        error: The error.
        without: Lines that hold this are left out; "" leaves out none.
    """
    lines = [line.strip() for line in str(error).splitlines() if not without or without not in line]
    return next(filter(None, lines), type(error).__name__)


def last_line(stderr: str) -> str:
    """Return the last line with text of what a program wrote to stderr. There, Python, pip and click name the error."""
    lines = [line.strip() for line in stderr.splitlines()]
    return next(filter(None, reversed(lines)), "no reason was given")


def one_line_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Return ``command`` so that a `UserError` in it is one line on stderr, with exit code 1."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except UserError as error:
            sys.stderr.write(f"error: {error}\n")
            sys.exit(1)

    return guarded
