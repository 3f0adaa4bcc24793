"""Draw the plan, which lists every batch in training order, and summarise it: data/pairs -> data/plan.parquet."""

import click

from stages.hybrid.batches.params import SamplerParams
from stages.hybrid.ground.layout import PAIRS, PLAN, PLAN_LANGUAGE_PAIRS, PLAN_SUMMARY
from stages.hybrid.ground.params import Names, Params, Seed
from stages.hybrid.ground.stage import stage


class Reads(Params):
    """What this stage reads of params.yaml."""

    datasets: Names
    seed: Seed
    sampler: SamplerParams


@stage
def main(params: Reads) -> None:
    from stages.hybrid.batches.dataset_shares import describe_limits
    from stages.hybrid.batches.pair_index import PairIndex
    from stages.hybrid.batches.plan import draw_plan, summarise_plan
    from stages.hybrid.batches.plan_composition import compare_pairs
    from stages.hybrid.batches.sampler import Sampler
    from stages.hybrid.ground.files import write_json, write_table
    from stages.hybrid.records import read_training_pairs

    datasets = [PairIndex(name, read_training_pairs(PAIRS, [name])) for name in params.datasets]
    sampler = Sampler(datasets, params.sampler, params.seed)
    plan = draw_plan(sampler)
    summary = summarise_plan(plan, sampler)
    write_table(PLAN, plan)
    write_table(PLAN_LANGUAGE_PAIRS, compare_pairs(plan, sampler))
    write_json(PLAN_SUMMARY, summary)
    for data in summary["datasets"]:
        if limits := describe_limits(data, params.sampler.mono_ratio):
            click.echo(limits)
    kinds = ", ".join(f"{count} {kind}" for kind, count in summary["batches_by_kind"].items())
    click.echo(f"{PLAN}: {summary['batches']} batches of {params.sampler.batch_size} pairs ({kinds})")


if __name__ == "__main__":
    main()
