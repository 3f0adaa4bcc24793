"""A run of the benchmark: which rows are measured, on what machine, and the files that hold the results."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from stages.hybrid.bench.catalogue import Subject
from stages.hybrid.bench.inputs import BenchParams
from stages.hybrid.bench.rows import Results, read_results, write_results
from stages.hybrid.bench.table import describe_rows
from stages.hybrid.evaluation.layout import REPORTS
from stages.hybrid.ground.costs import describe_machine
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import write_text
from stages.hybrid.report.pages import Picture, to_markdown

UNITS = {"amx_bf16": "amx", "avx512_bf16": "avx512"}  # bfloat16 units of processors, the fastest first; their results
PEER_PACKAGES = ("pandas", "ranx", "pytrec_eval-terrier", "ir-measures", "dvc")  # beside those that describe a machine


def results_name(made: dict[str, Any]) -> str:
    """Return the name of the results on the machine of ``made``: each kind of processor has files of its own."""
    features = made["machine"]["processor"].split(", ")[1:]
    return f"bench_{next((name for unit, name in UNITS.items() if unit in features), 'other')}"


def json_path(made: dict[str, Any]) -> Path:
    """Return the file that holds the results on the machine of ``made``."""
    return REPORTS / f"{results_name(made)}.json"


def check_rows(names: Sequence[str], known: Sequence[Subject]) -> None:
    """Check that every name is that of a row.

    Raises:
        UserError: A name is not that of a row.
    """
    rows = [name for subject in known for name in subject.rows]
    unknown = [name for name in names if name not in rows]
    if unknown:
        raise UserError(f"no row is named {unknown[0]!r}; expected some of {', '.join(rows)}")


def first_results(names: Sequence[str]) -> Results:
    """Return the results that a run adds to: those of this machine; none if they are complete and no row is named.

    Raises:
        UserError: A package that is measured with is not installed, or the file of the results is broken.
    """
    made = describe_setup()
    results = read_results(json_path(made), made)
    return replace(results, complete=False, rows=[]) if results.complete and not names else results


def to_measure(known: Sequence[Subject], names: Sequence[str], results: Results, *, commit: str) -> list[Subject]:
    """Return the subjects of the rows ``names``; without names, those that have no rows of this commit yet."""
    if names:
        return [subject for subject in known if set(subject.rows) & set(names)]
    have = {row.name for row in results.rows if row.commit == commit}
    return [subject for subject in known if not have.issuperset(subject.rows)]


def measure(
    subject: Subject, params: BenchParams, *, known: Sequence[Subject], commit: str, results: Results
) -> Results:
    """Return ``results`` with the rows of ``subject``, measured now.

    Raises:
        UserError: The subject cannot be measured here.
    """
    rows, points = subject.measure(params)
    today = datetime.now(UTC).date().isoformat()
    results = results.with_rows(
        [replace(row, commit=commit, date=today) for row in rows], [point._asdict() for point in points]
    )
    return replace(results, complete=not to_measure(known, (), results, commit=commit))


def missing_rows(known: Sequence[Subject], results: Results, *, commit: str) -> list[str]:
    """Return the names of the rows that were not measured at ``commit``."""
    return [name for subject in to_measure(known, (), results, commit=commit) for name in subject.rows]


def write(results: Results) -> None:
    """Write the results so far: as JSON, as a page, and growth as pictures."""
    write_results(json_path(results.made), results)
    name = results_name(results.made)
    blocks = describe_rows(results, name=name)
    write_text(REPORTS / f"{name}.md", to_markdown(blocks, pictures="."))
    for block in blocks:
        if isinstance(block, Picture):
            write_text(REPORTS / f"{block.name}.svg", block.svg)


def describe_setup() -> dict[str, Any]:
    """Return what rows are measured on: the machine, the number of threads, the versions.

    Raises:
        UserError: A package that is measured with is not installed.
    """
    import torch

    machine = describe_machine()
    try:
        packages = machine["packages"] | {name: version(name) for name in PEER_PACKAGES}
    except PackageNotFoundError as error:
        raise UserError(f"{error.name} is not installed; run `pip install -r requirements-dev.txt`") from None
    rest = {name: value for name, value in machine.items() if name != "packages"}
    return {"machine": rest, "threads": torch.get_num_threads(), "packages": packages}
