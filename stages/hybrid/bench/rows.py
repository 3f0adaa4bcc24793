"""The rows of the benchmark's table, and the file that holds them and from which a stopped run resumes."""

import dataclasses
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_json, write_json

LIMIT = "limit"  # the peer's name if ours is compared with a figure that it must keep to
HIGHER = ("pairs per second", "texts per second", "queries per second", "cells per minute", "GFLOP per second", "share")


@dataclass(frozen=True)
class Row:
    """A figure of ours beside a peer's.

    Attributes:
        name: The row's name.
        unit: Of both figures.
        better: "higher" or "lower".
        ours: Median of ``our_runs``.
        peer: Median of ``peer_runs``.
        peer_name: What ours is compared with; `LIMIT` if that is a figure to keep to.
        ratio: ours / peer, whichever is better.
        our_runs: Every measured value, in the order of the runs.
        peer_runs: The same of the peer; a limit has one value.
        note: What else a reader must know.
        commit: At which it was measured.
        date: On which it was measured, in UTC, as YYYY-MM-DD.
    """

    name: str
    unit: str
    better: str
    ours: float
    peer: float
    peer_name: str
    ratio: float
    our_runs: list[float]
    peer_runs: list[float]
    note: str
    commit: str = ""
    date: str = ""


def make_row(
    name: str, runs: tuple[Sequence[float], Sequence[float]], *, unit: str, peer_name: str, note: str = ""
) -> Row:
    """Return the row of the values of our runs and the peer's."""
    ours, peer = (statistics.median(values) for values in runs)
    return Row(
        name=name,
        unit=unit,
        better="higher" if unit in HIGHER else "lower",
        ours=ours,
        peer=peer,
        peer_name=peer_name,
        ratio=ours / peer,
        our_runs=list(runs[0]),
        peer_runs=list(runs[1]),
        note=note,
    )


def limit_row(name: str, values: Sequence[float], limit: float, *, unit: str, note: str = "") -> Row:
    """Return the row of values that must keep to ``limit``."""
    return make_row(name, (values, [limit]), unit=unit, peer_name=LIMIT, note=note)


@dataclass(frozen=True)
class Results:
    """What reports/bench.json holds.

    Attributes:
        complete: Whether every row has been measured, and at the same commit.
        made: What the rows were measured on: machine, threads, versions.
        rows: In the order in which they were measured.
        growth: The points of the growth curves, each a mapping of work, passages, seconds and peak_gib.
    """

    complete: bool
    made: dict[str, Any]
    rows: list[Row]
    growth: list[dict[str, Any]]

    def with_rows(self, rows: Iterable[Row], growth: list[dict[str, Any]]) -> "Results":
        """Return the results with ``rows`` in place of those of the same names, and with ``growth`` unless empty."""
        new = list(rows)
        names = {row.name for row in new}
        kept = [row for row in self.rows if row.name not in names]
        return dataclasses.replace(self, rows=kept + new, growth=growth or self.growth)


def read_results(path: Path, made: dict[str, Any]) -> Results:
    """Return the results in ``path``; none if it is missing, or was made on another machine or by other versions.

    Raises:
        UserError: The file is not JSON, lacks a field of `Results`, or has a row without the fields of `Row`.
    """
    if path.exists():
        known = read_json(path, keys=tuple(field.name for field in dataclasses.fields(Results)))
        if known["made"] == made:
            rows = [_to_row(row, path=path) for row in known["rows"]]
            return Results(known["complete"], made, rows, known["growth"])
    return Results(complete=False, made=made, rows=[], growth=[])


def _to_row(values: Any, *, path: Path) -> Row:
    expected = [field.name for field in dataclasses.fields(Row)]
    if not isinstance(values, dict) or values.keys() != set(expected):
        found = ", ".join(map(str, values)) if isinstance(values, dict) else repr(values)
        raise UserError(f"{path}: has a row of {found}, expected {', '.join(expected)}; delete it and run `make bench`")
    return Row(**values)


def write_results(path: Path, results: Results) -> None:
    """Write the results as JSON."""
    write_json(path, dataclasses.asdict(results))
