"""Print the headline figures of the last report, and write how it was made to its run.md: commits, dates, costs."""

import click

from stages.hybrid.evaluation.layout import REPORTS
from stages.hybrid.ground.params import Models, Names, Params, ProfileName, Seed
from stages.hybrid.ground.stage import tool


class Reads(Params):
    """What this tool reads of params.yaml."""

    profile: ProfileName
    seed: Seed
    models: Models
    benchmarks: Names


@tool
def main() -> None:
    from stages.hybrid.report.output import write_run
    from stages.hybrid.terminal import print_summary

    params = Reads.read()
    folder = REPORTS / params.profile
    print_summary(folder)
    names = {*params.models, *params.benchmarks}
    for note in write_run(folder, names=names, profile=params.profile, seed=params.seed):
        click.echo(note)


if __name__ == "__main__":
    main()
