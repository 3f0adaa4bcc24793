"""Tell how sure the figures are, by questions: data/scores, data/bias -> data/comparisons."""

from pathlib import Path

import click

from stages.hybrid.ground.costs import measured
from stages.hybrid.ground.errors import one_line_errors

SCORES = Path("data/scores")
BIAS = Path("data/bias")
COMPARISONS = Path("data/comparisons")


@click.command(help=__doc__)
@one_line_errors
@measured
def main() -> None:
    import numpy as np
    import pandas as pd

    from stages.hybrid.evaluation.comparisons import (
        COMPARED,
        compare_systems,
        figures_of,
        find_contrasts,
        find_intervals,
        questions_of,
    )
    from stages.hybrid.evaluation.significance import SEED, draw, holm
    from stages.hybrid.ground.files import read_table, write_table
    from stages.hybrid.ground.params import read_value
    from stages.hybrid.retrieval.baselines import WITHOUT_MODEL, find_systems

    models, benchmarks = read_value("models", list[str]), read_value("benchmarks", list[str])
    intervals, comparisons = [], []
    for benchmark in benchmarks:
        systems = {
            name: figures_of(*(read_table(root / path / "queries.parquet") for root in (SCORES, BIAS)))
            for name, path in find_systems(SCORES, [WITHOUT_MODEL, *models], benchmark=benchmark).items()
        }
        questions = questions_of(systems)
        draws = draw(len(questions), np.random.default_rng(SEED))
        for name, figures in systems.items():
            # all figures of a model, the headlines of what it is held against
            chosen = {key: table for key, table in figures.items() if name in models or key in COMPARED}
            intervals.append(find_intervals(chosen, draws, questions).assign(benchmark=benchmark, model=name))
        compared = compare_systems(systems, find_contrasts(models, systems), draws=draws, questions=questions)
        comparisons.append(compared.assign(benchmark=benchmark, p_holm=holm(compared["p"])))
    write_table(COMPARISONS / "intervals.parquet", pd.concat(intervals, ignore_index=True))
    write_table(COMPARISONS / "comparisons.parquet", pd.concat(comparisons, ignore_index=True))
    told = ", ".join(f"{len(rows)} on {benchmark}" for benchmark, rows in zip(benchmarks, comparisons, strict=True))
    click.echo(f"{COMPARISONS}: comparisons, corrected as one family a benchmark: {told}")


if __name__ == "__main__":
    main()
