"""Compute intervals and paired tests over questions: data/scores, data/bias -> data/comparisons."""

import click

from stages.hybrid.evaluation.layout import (
    BIAS,
    BIAS_FILE,
    COMPARISONS,
    COMPARISONS_FILE,
    INTERVALS_FILE,
    MEASURES_FILE,
    SCORES,
)
from stages.hybrid.ground.params import Models, Names, Params
from stages.hybrid.ground.stage import stage


class Reads(Params):
    """What this stage reads of params.yaml."""

    models: Models
    benchmarks: Names


@stage
def main(params: Reads) -> None:
    import pandas as pd

    from stages.hybrid.evaluation.significance.comparisons import compare_benchmark, figures_of
    from stages.hybrid.ground.files import read_table, write_table
    from stages.hybrid.retrieval.baselines import WITHOUT_MODEL, find_systems

    intervals, comparisons = [], []
    for benchmark in params.benchmarks:
        systems = {
            name: figures_of(read_table(SCORES / path / MEASURES_FILE), read_table(BIAS / path / BIAS_FILE))
            for name, path in find_systems(SCORES, [WITHOUT_MODEL, *params.models], benchmark=benchmark).items()
        }
        bounds, compared = compare_benchmark(systems, params.models)
        intervals.append(bounds.assign(benchmark=benchmark))
        comparisons.append(compared.assign(benchmark=benchmark))
        click.echo(f"{benchmark}: {len(compared)} comparisons, Holm-corrected as one family")
    write_table(COMPARISONS / INTERVALS_FILE, pd.concat(intervals, ignore_index=True))
    write_table(COMPARISONS / COMPARISONS_FILE, pd.concat(comparisons, ignore_index=True))


if __name__ == "__main__":
    main()
