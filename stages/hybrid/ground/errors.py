"""The one exception for what a user can mend, and how a script shows it."""

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")


class UserError(Exception):
    """Something a user can mend: what was found, what was expected, what to do."""


def one_line_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Return ``command`` with a `UserError` shown in one line on stderr and exit code 1."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except UserError as error:
            sys.stderr.write(f"error: {error}\n")
            sys.exit(1)

    return guarded
