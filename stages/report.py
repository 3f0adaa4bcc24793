"""Write the report, the model card, tables and plots: data/scores and other results -> reports/PROFILE."""

import click

from stages.hybrid.base.params import BaseParams
from stages.hybrid.ground.layout import FINETUNED, REPORTS
from stages.hybrid.ground.params import Models, Names, Params, ProfileName, Seed
from stages.hybrid.ground.stage import stage
from stages.hybrid.training.params import TrainingParams


class Reads(Params):
    """What this stage reads of params.yaml."""

    profile: ProfileName
    seed: Seed
    models: Models
    benchmarks: Names
    languages: list[str]
    base: BaseParams
    training: TrainingParams


@stage
def main(params: Reads) -> None:
    from stages.hybrid.report.evidence import read_evidence
    from stages.hybrid.report.model_card import ModelFacts, read_prompts
    from stages.hybrid.report.output import write_pages, write_tables

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
            languages=evidence.languages,
            prompts=read_prompts(FINETUNED),
            sources=evidence.sources,
            plan=evidence.plan,
            params=params.training,
            seed=params.seed,
        )
    folder = REPORTS / params.profile
    write_tables(folder, evidence)
    write_pages(folder, evidence, facts)
    click.echo(f"{folder / 'report.html'}: {len(params.benchmarks)} benchmarks, {len(params.models)} models")


if __name__ == "__main__":
    main()
