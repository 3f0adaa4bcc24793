"""Alternating runs: if two are compared, they take turns, so that a machine that slows down slows both."""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

ROUNDS = 3  # of each run, unless a subject needs another number

Work = Callable[[], float]  # does something and returns its seconds


def alternate(runs: Mapping[str, Work], *, rounds: int, warm_ups: int = 1) -> dict[str, list[float]]:
    """Return the seconds of each run in each round; the warm-ups are left out.

    Every second round has the reverse order, so that none is always the first.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(warm_ups + rounds):
        names = list(runs) if number % 2 == 0 else list(runs)[::-1]
        for name in names:
            taken = runs[name]()
            if number >= warm_ups:
                seconds[name].append(taken)
    return seconds


def timed(work: Callable[[], Any], *, timer: Callable[[], float] = time.perf_counter) -> Work:
    """Return ``work`` as a run."""

    def run() -> float:
        start = timer()
        work()
        return timer() - start

    return run


def rates(seconds: Sequence[float], amount: float) -> list[float]:
    """Return ``amount`` per second, for each of ``seconds``."""
    return [amount / taken for taken in seconds]


def slope(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Return the exponent e of seconds ~ size^e, by least squares of the logarithms; 1 is linear."""
    return statistics.linear_regression(*([math.log(value) for value in values] for values in (sizes, seconds))).slope
