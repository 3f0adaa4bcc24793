"""A run of the benchmark: which rows are measured, on what machine, and the files that hold the results."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from stages.hybrid.bench.catalogue import Subject
from stages.hybrid.bench.inputs import BenchParams
from stages.hybrid.bench.rows import Results, read_results, write_results
from stages.hybrid.bench.table import describe_rows
from stages.hybrid.evaluation.layout import REPORTS
from stages.hybrid.ground.costs import describe_machine
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import write_text
from stages.hybrid.ground.git import ask_git
from stages.hybrid.report.pages import Picture, to_markdown

JSON = REPORTS / "bench.json"
PAGE = REPORTS / "bench.md"
PEER_PACKAGES = ("pandas", "ranx", "pytrec_eval-terrier", "ir-measures", "dvc")  # beside those that describe a machine


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
    """Return the results that a run adds to: those in `JSON`; none if these are complete and no row is named.

    Raises:
        UserError: A package that is measured with is not installed, or `JSON` is broken.
    """
    results = read_results(JSON, describe_setup())
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


def write(results: Results) -> None:
    """Write the results so far: as JSON, as a page, and growth as a picture."""
    write_results(JSON, results)
    blocks = describe_rows(results)
    write_text(PAGE, to_markdown(blocks, pictures="."))
    for block in blocks:
        if isinstance(block, Picture):
            write_text(REPORTS / f"{block.name}.svg", block.svg)


def read_commit() -> str:
    """Return the short form of the project's commit, or "unknown" outside of git."""
    return ask_git("rev-parse", "--short", "HEAD") or "unknown"


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
