"""Draw the plan: every hybrid batch in training order, and a summary of what it is made of."""

from pathlib import Path

import click

from stages.hybrid.ground.costs import measured
from stages.hybrid.ground.errors import one_line_errors

PAIRS = Path("data/pairs")
PLAN = Path("data/batches.parquet")
SUMMARY = Path("data/batches_summary.json")
DIRECTIONS = Path("data/batches_directions.csv")


@click.command(help=__doc__)
@one_line_errors
@measured
def main() -> None:
    from stages.hybrid.batches.composition import compare_pairs
    from stages.hybrid.batches.pair_index import PairIndex
    from stages.hybrid.batches.plan import draw_plan, summarise_plan
    from stages.hybrid.batches.sampler import Sampler, SamplerSettings
    from stages.hybrid.ground.files import read_table, write_json, write_table
    from stages.hybrid.ground.params import read_settings, read_value

    settings = read_settings("sampler", SamplerSettings)
    tables = {name: read_table(PAIRS / f"{name}.parquet") for name in read_value("datasets", list[str])}
    datasets = [PairIndex(name, table[~table["held_out"]]) for name, table in tables.items()]
    sampler = Sampler(datasets, settings, read_value("seed", int))
    plan = draw_plan(sampler)
    summary = summarise_plan(plan, sampler)
    write_table(PLAN, plan)
    write_table(DIRECTIONS, compare_pairs(plan, sampler))
    write_json(SUMMARY, summary)
    for data in summary["datasets"]:
        if data["kinds_left_out"]:
            click.echo(f"{data['dataset']} makes no {' and no '.join(data['kinds_left_out'])} batch: see {SUMMARY}")
    click.echo(f"{PLAN}: {summary['batches']} batches of {settings.batch_size} pairs, {summary['batches_by_kind']}")


if __name__ == "__main__":
    main()
