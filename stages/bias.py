"""Measure language bias: data/scores -> data/bias, and the files that `dvc metrics` reads."""

import click

from stages.hybrid.evaluation.bias.params import BiasParams
from stages.hybrid.evaluation.layout import BIAS, SCORES, metrics_folder
from stages.hybrid.ground.layout import BENCHMARKS
from stages.hybrid.ground.params import Params, ProfileName
from stages.hybrid.ground.stage import stage


class Reads(Params):
    """What this stage reads of params.yaml."""

    profile: ProfileName
    bias: BiasParams


@stage
def main(params: Reads, model: str, benchmark: str) -> None:
    from stages.hybrid.evaluation.bias.tables import write_bias
    from stages.hybrid.ground.files import whole_folder
    from stages.hybrid.records import read_tables
    from stages.hybrid.retrieval.baselines import find_systems

    tables = read_tables(BENCHMARKS / benchmark)
    own = BIAS / model / benchmark
    metrics = metrics_folder(params.profile, benchmark) / model
    with whole_folder(own) as folder, whole_folder(metrics) as figures:
        for name, path in find_systems(SCORES, [model], benchmark=benchmark).items():
            found = write_bias(
                folder / (BIAS / path).relative_to(own),
                tables,
                scores=SCORES / path,
                top_k=params.bias.top_k,
                metrics=figures / f"{name}.json",
            )
            click.echo(f"{name}: {', '.join(f'{figure} {value:.4f}' for figure, value in found.items())}")


if __name__ == "__main__":
    main()
