"""Measure time and memory beside peers: reports/bench.json and bench.md. A run that was stopped goes on where it was.

With names of rows, only these are measured, anew: python -m stages.bench encode_vs_st
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stages.hybrid.ground.errors import UserError, one_line_errors

if TYPE_CHECKING:
    from stages.hybrid.bench.catalogue import Subject
    from stages.hybrid.bench.rows import Results

JSON = Path("reports/bench.json")
PAGE = Path("reports/bench.md")
PLOT = Path("reports/bench_growth.svg")
PACKAGES = (
    "torch", "sentence-transformers", "transformers", "faiss-cpu", "numpy", "pandas", "ranx", "pytrec_eval-terrier",
    "ir-measures", "dvc",
)  # fmt: skip


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
@one_line_errors
def main(names: tuple[str, ...]) -> None:
    from dataclasses import replace

    from rich.console import Console

    from stages.hybrid.bench.catalogue import subjects
    from stages.hybrid.bench.inputs import read_inputs
    from stages.hybrid.bench.rows import read_results
    from stages.hybrid.bench.table import to_table

    inputs, known = read_inputs(), subjects()
    every = [name for subject in known for name in subject.rows]
    check_names(names, every)
    results, commit, left = read_results(JSON, describe()), read_commit(), []
    if results.complete and not names:
        results = replace(results, complete=False, rows=[])
    for subject in to_measure(known, names, results, commit):
        click.echo(f"measuring {', '.join(subject.rows)}", err=True)
        try:
            rows, points = subject.measure(inputs)
        except UserError as error:
            left.append(f"{subject.rows[0]}: {error}")
            continue
        rows = [replace(row, commit=commit) for row in rows]
        results = results.with_rows(rows, [point._asdict() for point in points])
        done = {row.name for row in results.rows if row.commit == commit}
        results = replace(results, complete=done.issuperset(every))
        write(results)
    Console(width=160).print(to_table(results))
    if left:
        raise UserError("; ".join(left))


def check_names(names: tuple[str, ...], every: list[str]) -> None:
    """Raise `UserError` where a name is none of a row."""
    unknown = [name for name in names if name not in every]
    if unknown:
        raise UserError(f"no row is named {unknown[0]!r}; expected some of {', '.join(every)}")


def to_measure(known: "list[Subject]", names: tuple[str, ...], results: "Results", commit: str) -> "list[Subject]":
    """Return the subjects of the rows ``names``; without names, those that have no rows of this commit yet."""
    if names:
        return [subject for subject in known if set(subject.rows) & set(names)]
    have = {row.name for row in results.rows if row.commit == commit}
    return [subject for subject in known if not have.issuperset(subject.rows)]


def write(results: "Results") -> None:
    """Write the results as they are so far, in JSON, as a page, and growth as a picture."""
    from stages.hybrid.bench.rows import write_results
    from stages.hybrid.bench.table import draw_growth, to_markdown
    from stages.hybrid.ground.files import write_text

    write_results(JSON, results)
    write_text(PAGE, to_markdown(results))
    if results.growth:
        write_text(PLOT, draw_growth(results.growth))


def read_commit() -> str:
    """Return the commit of the project, short, or "unknown" outside of git."""
    import subprocess

    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def describe() -> dict[str, Any]:
    """Return what rows are measured on: the machine, the number of threads, the versions.

    Raises:
        UserError: a package that is measured with is not installed.
    """
    from importlib.metadata import PackageNotFoundError, version

    import torch

    from stages.hybrid.ground.costs import describe_machine

    machine = describe_machine()
    machine.pop("packages")
    try:
        packages = {name: version(name) for name in PACKAGES}
    except PackageNotFoundError as error:
        raise UserError(f"{error.name} is not installed; run `pip install -r requirements-dev.txt`") from None
    return {"machine": machine, "threads": torch.get_num_threads(), "packages": packages}


if __name__ == "__main__":
    main()
