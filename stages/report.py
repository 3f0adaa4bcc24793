"""Write the report, the model card, tables and plots: data/scores and other results -> reports/PROFILE."""

import click

from stages.hybrid.base.params import BaseParams
from stages.hybrid.ground.layout import FINETUNED, REPORTS
from stages.hybrid.ground.params import Params
from stages.hybrid.ground.stage import stage
from stages.hybrid.training.params import TrainingParams


class Reads(Params):
    """What this stage reads of params.yaml."""

    profile: str
    seed: int
    models: list[str]
    benchmarks: list[str]
    languages: list[str]
    base: BaseParams
    training: TrainingParams


@stage
@click.option("--show", is_flag=True, help="Print the headline figures of the last report, and write its costs.md.")
def main(params: Reads, show: bool) -> None:
    from stages.hybrid.report.evidence import read_evidence
    from stages.hybrid.report.model_card import ModelFacts, read_prompts
    from stages.hybrid.report.output import write_costs, write_pages, write_tables
    from stages.hybrid.report.terminal import print_summary

    folder = REPORTS / params.profile
    if show:
        write_costs(folder, names={*params.models, *params.benchmarks}, profile=params.profile, seed=params.seed)
        print_summary(folder)
        return
    evidence = read_evidence(
        profile=params.profile,
        seed=params.seed,
        models=params.models,
        benchmarks=params.benchmarks,
        languages=params.languages,
    )
    facts = None
    if evidence.plan and FINETUNED.exists():
        facts = ModelFacts(
            base=params.base,
            languages=params.languages,
            prompts=read_prompts(FINETUNED),
            sources=evidence.sources,
            plan=evidence.plan,
            params=params.training,
            seed=params.seed,
        )
    write_tables(folder, evidence)
    write_pages(folder, evidence, facts)
    click.echo(f"{folder / 'report.html'}: {len(params.benchmarks)} benchmarks, {len(params.models)} models")


if __name__ == "__main__":
    main()
