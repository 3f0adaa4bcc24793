"""How far long work is, and how long the rest will take: one line that is rewritten on a terminal, else new lines."""

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TextIO

ON_TERMINAL, IN_FILE = 0.5, 30.0  # seconds between two lines, at least


class Progress:
    """The progress of one piece of work, which is shown on the error stream.

    A file gets whole lines without control characters. The time left is what the rest would take at the mean speed so
    far.
    """

    def __init__(
        self,
        what: str,
        total: int,
        unit: str,
        *,
        done: int = 0,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin. Nothing is shown yet.

        Args:
            what: the work, such as "training".
            total: how many units it has.
            unit: the unit, such as "steps".
            done: how many were done before; they say nothing about speed.
            stream: where it is shown; None is the error stream.
            clock: returns seconds.
        """
        self._what, self._total, self._unit = what, total, unit
        self._stream = stream or sys.stderr
        self._clock = clock
        self._rewrites = self._stream.isatty()
        self._began, self._done_before, self._done = clock(), done, done
        self._shown = self._began if not self._rewrites else float("-inf")
        self._width = 0

    def advance(self, amount: int = 1, *, note: str = "") -> None:
        """Count ``amount`` more units as done. A line is shown if the last one is old enough, or if all is done."""
        self._done += amount
        now = self._clock()
        finished = self._done >= self._total
        if finished or now - self._shown >= (ON_TERMINAL if self._rewrites else IN_FILE):
            self._shown = now
            self._show(self._line(now - self._began, note), last=finished)

    def _line(self, taken: float, note: str) -> str:
        """Return the line, without its end."""
        share = 100 * self._done // self._total if self._total else 100
        made = self._done - self._done_before
        rest = self._total - self._done
        left = _time(taken / made * rest) if made else "unknown time" if rest else _time(0)
        note = f", {note}" if note else ""
        counts = f"{self._done:,} of {self._total:,} {self._unit}"
        return f"{self._what}: {share} %, {counts}, {_time(taken)} taken, {left} left{note}"

    def _show(self, line: str, *, last: bool) -> None:
        if self._rewrites:
            width, self._width = self._width, len(line)
            line = f"\r{line:{width}}"  # spaces go over what is left of a longer line
        self._stream.write(f"{line}\n" if last or not self._rewrites else line)
        self._stream.flush()


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
