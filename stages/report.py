"""Write the report, the model card, tables and plots: data/scores and other results -> reports/PROFILE."""

import click

from stages.hybrid.base.params import BaseParams
from stages.hybrid.evaluation.layout import REPORTS
from stages.hybrid.ground.layout import FINETUNED
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
    from stages.hybrid.report.model_card import describe_model, read_prompts
    from stages.hybrid.report.output import REPORT, write_pages, write_tables

    evidence = read_evidence(
        profile=params.profile,
        seed=params.seed,
        models=params.models,
        benchmarks=params.benchmarks,
        languages=params.languages,
    )
    card = ""
    if evidence.plan and FINETUNED.exists():
        card = describe_model(evidence, base=params.base, prompts=read_prompts(FINETUNED), params=params.training)
    folder = REPORTS / params.profile
    write_tables(folder, evidence)
    write_pages(folder, evidence, card=card)
    click.echo(f"{folder / REPORT}: {len(params.benchmarks)} benchmarks, {len(params.models)} models")


if __name__ == "__main__":
    main()
