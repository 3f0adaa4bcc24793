"""What all scripts share: the command line, one-line errors, parameters, and a note of what a stage cost."""

import functools
import inspect
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_type_hints

import click

from stages.hybrid.ground.costs import write_cost
from stages.hybrid.ground.errors import UserError, one_line_errors
from stages.hybrid.ground.git import read_commit
from stages.hybrid.ground.params import PARAMS, Params, read_mapping

LISTS = {"model": "models", "benchmark": "benchmarks"}  # a stage's arguments, and the keys that list their values


def stage(main: Callable[..., None]) -> click.Command:
    """Return a stage's ``main`` as a command. Its help is the module's docstring.

    ``params`` of ``main`` is read from params.yaml, into the subclass of `Params` that it is annotated with. ``model``
    and ``benchmark``, if ``main`` has them, become arguments of the command line; params.yaml must list their values.
    What the stage cost is written to data/costs.
    """
    kind: type[Params] = get_type_hints(main)["params"]
    arguments = [name for name in inspect.signature(main).parameters if name in LISTS]

    @functools.wraps(main)
    def run(**given: Any) -> None:
        started, clock, commit = datetime.now(UTC), time.monotonic(), read_commit()
        values = read_mapping(PARAMS)
        params = kind.check(values, PARAMS)
        for name in arguments:
            check_listed(name, given[name], values)
        main(params, **given)
        words = [Path(main.__code__.co_filename).stem, *(given[name] for name in arguments)]
        write_cost(words, started=started, commit=commit, seconds=time.monotonic() - clock)

    command = _command(main, run)
    command.params = [*(click.Argument([name]) for name in arguments), *command.params]
    return command


def tool(main: Callable[..., None]) -> click.Command:
    """Return ``main`` of a script that is not a stage as a command. Its help is the module's docstring."""
    return _command(main, main)


def _command(main: Callable[..., None], run: Callable[..., None]) -> click.Command:
    return click.command(help=sys.modules[main.__module__].__doc__)(one_line_errors(run))


def check_listed(name: str, value: str, values: Mapping[str, Any]) -> None:
    """Check that params.yaml lists ``value``.

    Args:
        name: the argument that has it, model or benchmark.
        value: what the argument is.
        values: all of params.yaml.

    Raises:
        UserError: It is not listed in params.yaml, or one of the keys in `LISTS` has no list.
    """
    for key in LISTS.values():
        if not isinstance(values.get(key), list):
            raise UserError(f"{PARAMS}: {key} is {values.get(key)!r}, expected a list of names; correct it")
    if value not in values[LISTS[name]]:
        known = " and ".join(f"{key} {', '.join(map(str, values[key]))}" for key in LISTS.values())
        raise UserError(f"{name} is {value!r}, expected one that {PARAMS} lists: it has the {known}")
