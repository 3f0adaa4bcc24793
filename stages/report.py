"""Write the report, the model card, tables and plots: data/scores and other results -> reports/PROFILE."""

import click

from stages.hybrid.base.params import BaseParams
from stages.hybrid.batches.params import SamplerParams
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
    datasets: Names
    benchmarks: Names
    languages: list[str]
    base: BaseParams
    sampler: SamplerParams
    training: TrainingParams


@stage
def main(params: Reads) -> None:
    from stages.hybrid.report.evidence import read_evidence
    from stages.hybrid.report.model_card import describe_model, read_prompts
    from stages.hybrid.report.output import REPORT, write_pages, write_tables
    from stages.hybrid.report.recipe import Recipe

    evidence = read_evidence(
        profile=params.profile,
        seed=params.seed,
        models=params.models,
        benchmarks=params.benchmarks,
        languages=params.languages,
    )
    recipe = Recipe(datasets=params.datasets, base=params.base, sampler=params.sampler, training=params.training)
    card = ""
    if evidence.plan and FINETUNED.exists():
        card = describe_model(evidence, recipe=recipe, prompts=read_prompts(FINETUNED))
    folder = REPORTS / params.profile
    write_tables(folder, evidence)
    write_pages(folder, evidence, recipe=recipe, card=card)
    click.echo(f"{folder / REPORT}: {len(params.benchmarks)} benchmarks, {len(params.models)} models")


if __name__ == "__main__":
    main()
