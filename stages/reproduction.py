"""Collect the runs in data/reproduction into reports/reproduction: the paper's tables with ours beside them.

With --run, first make the runs that are not there yet, one after another, as DVC experiments: each sampling with each
seed, all else as in params.yaml. A run that is there is passed over; one that was killed goes on.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from stages.hybrid.ground.errors import UserError, one_line_errors

DATA = Path("data")
KEPT = Path("data/reproduction")
REPORTS = Path("reports/reproduction")


@click.command(help=__doc__)
@click.option("--run", "make_runs", is_flag=True, help="Make the runs that are not there yet, then collect.")
@click.option("--seed", "seeds", type=int, multiple=True, default=(13, 14, 15), show_default=True, help="For --run.")
@click.option("-S", "overrides", multiple=True, metavar="KEY=VALUE", help="For --run: passed on to `dvc exp run -S`.")
@one_line_errors
def main(make_runs: bool, seeds: tuple[int, ...], overrides: tuple[str, ...]) -> None:
    if make_runs:
        run_all(seeds, list(overrides))
    collect_all()


def run_all(seeds: tuple[int, ...], overrides: list[str]) -> None:
    """Make the runs that are not kept yet; params.yaml is afterwards as it was."""
    from stages.hybrid.ground.params import PARAMS, read_params
    from stages.hybrid.reproduction.kept import (
        COMPLETE,
        SAMPLINGS,
        check_alike,
        planned_params,
        read_run,
        run_name,
        settings_of,
    )

    before = PARAMS.read_bytes()
    planned = {
        (sampling, seed): planned_params(read_params(), settings_of(sampling, seed, overrides))
        for seed in seeds
        for sampling in SAMPLINGS
    }
    done = {key: read_run(path.parent) for key in planned if (path := KEPT / run_name(*key) / COMPLETE).exists()}
    for key, run in done.items():
        check_alike(run, planned[key], "this one would have")
    try:
        for sampling, seed in planned:
            if (sampling, seed) not in done:
                run_experiment(sampling, seed, overrides)
    finally:
        PARAMS.write_bytes(before)
    if git("symbolic-ref", "--quiet", "HEAD") == "":
        click.echo("note: git's HEAD is detached, as DVC leaves it when it is killed; `git switch BRANCH` mends that")


def run_experiment(sampling: str, seed: int, overrides: list[str]) -> None:
    """Make one run as an experiment in the workspace, where a killed training goes on, and keep its scores.

    Raises:
        UserError: DVC could not run it.
    """
    from stages.hybrid.ground.params import read_params
    from stages.hybrid.reproduction.kept import keep_run, run_name, settings_of

    name = run_name(sampling, seed)
    settings = [part for setting in settings_of(sampling, seed, overrides) for part in ("-S", setting)]
    dvc("exp", "remove", f"reproduction-{name}", quiet=True)  # of a run that was over but not kept yet
    click.echo(f"{name}: dvc exp run {' '.join(settings)}")
    code = dvc("exp", "run", "--name", f"reproduction-{name}", *settings)
    if code:
        raise UserError(f"{name}: `dvc exp run` ended with {code}, see above; the same command goes on from there")
    kept = keep_run(sampling, data=DATA, kept=KEPT, params=read_params(), commit=git("rev-parse", "HEAD"))
    click.echo(f"{name}: kept in {kept}")


def dvc(*arguments: str, quiet: bool = False) -> int:
    """Run DVC with this Python's environment first in PATH; return its exit code."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, env=os.environ | {"PATH": path}, capture_output=quiet, check=False).returncode


def git(*arguments: str) -> str:
    """Return what git prints, or nothing where it fails."""
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False).stdout.strip()


def collect_all() -> None:
    """Write the tables and the page."""
    import pandas as pd

    from stages.hybrid.ground.files import read_table, write_table, write_text
    from stages.hybrid.report.pages import to_html, to_markdown
    from stages.hybrid.report.resource_classes import resource_group
    from stages.hybrid.report.tables import PAPER
    from stages.hybrid.reproduction.claims import judge_claims
    from stages.hybrid.reproduction.findings import Findings
    from stages.hybrid.reproduction.kept import read_kept_runs
    from stages.hybrid.reproduction.page import describe_findings
    from stages.hybrid.reproduction.systems import judge_runs
    from stages.hybrid.reproduction.tables import NUMBERS, compare_with_others, group_table, paper_table, system_table

    runs = read_kept_runs(KEPT)
    params: dict[str, Any] = runs[0].params
    judged = [judge_runs(runs, benchmark) for benchmark in params["benchmarks"]]
    paper = read_table(PAPER)
    findings = Findings(
        runs=runs,
        figures=pd.concat([of.figures for of in judged], ignore_index=True),
        claims=judge_claims(judged, paper, languages=params["languages"]),
        tables={number: paper_table(number, judged, paper) for number in NUMBERS},
        systems=system_table(judged),
        others=compare_with_others(judged),
        resources=group_table(judged, resource_group),
        trained=group_table(judged, lambda lang: "seen" if lang in params["languages"] else "unseen"),
    )
    write_table(REPORTS / "runs.csv", findings.figures)
    write_table(REPORTS / "claims.csv", findings.claims)
    write_table(REPORTS / "systems.csv", findings.systems)
    write_table(REPORTS / "comparisons.csv", findings.others)
    write_table(REPORTS / "resources.csv", findings.resources)
    write_table(REPORTS / "seen_languages.csv", findings.trained)
    for number, table in findings.tables.items():
        write_table(REPORTS / f"table_{number}.csv", table)
    blocks = describe_findings(findings)
    write_text(REPORTS / "report.md", to_markdown(blocks, pictures="plots"))
    write_text(REPORTS / "report.html", to_html(blocks))
    click.echo(f"{REPORTS / 'report.html'}: {len(runs)} runs, {len(judged)} benchmarks")


if __name__ == "__main__":
    main()
