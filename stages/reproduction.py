"""Write reports/reproduction from the kept runs: the paper's tables with our figures beside its own.

With --run, first make the missing runs as DVC experiments: one for each sampling and seed. All other parameters are
those of params.yaml. Finished runs are kept. A run that was killed resumes.
"""

import click

from stages.hybrid.ground.stage import tool


@tool
@click.option("--run", "make", is_flag=True, help="Make the runs that are missing, then collect.")
@click.option("--seed", "seeds", type=int, multiple=True, default=(13, 14, 15), show_default=True, help="For --run.")
@click.option("-S", "overrides", multiple=True, metavar="KEY=VALUE", help="For --run: given to `dvc exp run -S`.")
def main(make: bool, seeds: tuple[int, ...], overrides: tuple[str, ...]) -> None:
    from stages.hybrid.reproduction.collect import PAGE, collect_findings, write_findings
    from stages.hybrid.reproduction.kept import KEPT, read_kept_runs
    from stages.hybrid.reproduction.runs import head_is_detached, make_run, params_restored, plan_runs

    if make:
        with params_restored():
            for run in plan_runs(seeds, overrides):
                click.echo(f"{run.name}: dvc exp run {' '.join(run.options)}")
                click.echo(f"{run.name}: kept in {make_run(run)}")
        if head_is_detached():
            click.echo("note: git is not on a branch, which happens if DVC is killed; run `git switch BRANCH`")
    runs = read_kept_runs(KEPT)
    findings = collect_findings(runs)
    write_findings(findings)
    click.echo(f"{PAGE}: {len(runs)} runs, {findings.figures['benchmark'].nunique()} benchmarks")


if __name__ == "__main__":
    main()
