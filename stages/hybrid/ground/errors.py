"""The one exception for errors that a user can repair, and how a script shows it."""

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")


class UserError(Exception):
    """An error that a user can repair. Its one line says what was found, what was expected and what to do."""


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
