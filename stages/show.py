"""Print the headline figures of the last report, and write its costs.md: the time and memory of each stage."""

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
    from stages.hybrid.report.output import write_costs
    from stages.hybrid.terminal import print_summary

    params = Reads.read()
    folder = REPORTS / params.profile
    write_costs(folder, names={*params.models, *params.benchmarks}, profile=params.profile, seed=params.seed)
    print_summary(folder)


if __name__ == "__main__":
    main()
