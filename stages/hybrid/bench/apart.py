"""Work in a process of its own, so that its peak of memory is its own. Several such processes can take turns."""

import multiprocessing
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from stages.hybrid.ground.errors import UserError

SCRATCH = Path("data/bench")  # what the benchmark writes while it runs
LOG = SCRATCH / "log.txt"  # what the processes print, their progress bars above all


class Outcome(NamedTuple):
    """How a process ended."""

    value: Any  # what its function returned
    peak_gib: float  # peak of resident memory


class Turns:
    """Taking turns, seen from inside a process: it waits for the start of each piece of work, and reports its time."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection to the process that gives the turns."""
        self._connection = connection
        self._start: float | None = None

    def next_piece(self) -> None:
        """End the current piece of work, if one was begun. Return when the next one may begin."""
        taken = None if self._start is None else time.perf_counter() - self._start
        self._connection.send(("piece", taken))
        self._connection.recv()
        self._start = time.perf_counter()


class Apart:
    """The process in which a function runs, seen from outside.

    Its methods raise `UserError` if the function did, and RuntimeError if it failed otherwise or was killed.
    """

    def __init__(self, process: Any, connection: Connection) -> None:
        """Take a process that was started, and the connection to it."""
        self._process = process
        self._connection = connection
        self._waits = False  # for its next turn

    def piece(self) -> float:
        """Let the process do one piece of work, and return its seconds."""
        self._connection.send("go")
        return float(self._receive("piece"))

    def ready(self) -> None:
        """Return as soon as the process waits for its first turn."""
        self._receive("piece")
        self._waits = True

    def outcome(self) -> Outcome:
        """Let the process run to its end, without further turns."""
        while True:
            if self._waits:
                self._connection.send("go")
            kind, value = self._message()
            if kind == "outcome":
                return Outcome(*value)
            self._waits = True

    def _receive(self, expected: str) -> Any:
        kind, value = self._message()
        if kind != expected:
            raise RuntimeError(f"a measured process sent {kind}, expected {expected}")
        return value

    def _message(self) -> tuple[str, Any]:
        try:
            kind, value = self._connection.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode
            raise RuntimeError(
                f"a measured process ended with code {code} (-9 means that memory ran out); see {LOG}"
            ) from None
        if kind == "refused":
            raise UserError(value)
        if kind == "failed":
            raise RuntimeError(f"a measured process failed:\n{value}")
        return kind, value


@contextmanager
def started(function: Callable[..., Any], **arguments: Any) -> Iterator[Apart]:
    """Run ``function`` in a new process, with its turns as the first argument.

    Function and arguments are pickled. If the process still runs when the block ends, it is killed.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs, function, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Apart(process, ours)
    finally:
        ours.close()
        process.join(timeout=5)
        if process.is_alive():
            process.kill()
            process.join()


def run_apart(function: Callable[..., Any], **arguments: Any) -> Outcome:
    """Return the outcome of ``function`` in a process of its own.

    Raises:
        UserError: ``function`` raised it.
        RuntimeError: ``function`` raised another exception, or its process was killed.
    """
    with started(function, **arguments) as apart:
        return apart.outcome()


def peak_memory_gib() -> float:
    """Return the peak of this process's resident memory so far, in GiB.

    It is VmHWM, because `getrusage` also counts what the parent held when it started this process.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 2**20


def _run(connection: Connection, function: Callable[..., Any], arguments: dict[str, Any]) -> None:
    """Run ``function`` in this process, and report how it ended."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("a", encoding="utf-8") as log:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(log.fileno(), stream.fileno())
    try:
        value = function(Turns(connection), **arguments)
    except UserError as error:
        connection.send(("refused", str(error)))
    except Exception:
        connection.send(("failed", traceback.format_exc()))
    else:
        connection.send(("outcome", (value, peak_memory_gib())))
