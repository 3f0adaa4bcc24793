"""What every script has in common: its command line, one-line errors, its parameters, and what it cost."""

import functools
import inspect
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import click

from stages.hybrid.ground.costs import write_cost
from stages.hybrid.ground.errors import UserError, one_line_errors
from stages.hybrid.ground.params import PARAMS, Params, read_mapping

LISTS = {"model": "models", "benchmark": "benchmarks"}  # a stage's arguments, and the keys that list their values


def stage(main: Callable[..., None]) -> click.Command:
    """Return a stage's ``main`` as its command.

    The help is the module's docstring. Of the parameters of ``main``, ``model`` and ``benchmark`` become arguments of
    the command line, which must be names that params.yaml lists; ``params`` is read from params.yaml into the subclass
    of `Params` that it is annotated with. What the stage cost is noted in data/costs.
    """
    kind: type[Params] = get_type_hints(main)["params"]
    arguments = [name for name in inspect.signature(main).parameters if name in LISTS]

    @functools.wraps(main)
    def run(**given: Any) -> None:
        start = time.monotonic()
        for name in arguments:
            check_listed(name, given[name])
        main(kind.read(), **given)
        words = [Path(main.__code__.co_filename).stem, *(given[name] for name in arguments)]
        write_cost(words, seconds=time.monotonic() - start)

    command = _command(main, run)
    command.params = [*(click.Argument([name]) for name in arguments), *command.params]
    return command


def tool(main: Callable[..., None]) -> click.Command:
    """Return ``main`` of a script that is no stage as its command, with the module's docstring as its help."""
    return _command(main, main)


def _command(main: Callable[..., None], run: Callable[..., None]) -> click.Command:
    return click.command(help=sys.modules[main.__module__].__doc__)(one_line_errors(run))


def check_listed(name: str, value: str) -> None:
    """Raise `UserError` if params.yaml does not list ``value`` as a model or benchmark, as ``name`` says."""
    params = read_mapping(PARAMS)
    if value not in params.get(LISTS[name], []):
        known = "; ".join(f"{key} {', '.join(map(str, params.get(key, [])))}" for key in LISTS.values())
        raise UserError(f"{value!r} is not a {name} in {PARAMS}, which lists the {known}; name one of these")
