"""Write the scores of each question, and from these intervals and paired tests: data/scores -> data/comparisons."""

import click

from stages.hybrid.evaluation.layout import (
    BIAS,
    BIAS_FILE,
    COMPARISONS,
    COMPARISONS_FILE,
    INTERVALS_FILE,
    MEASURES_FILE,
    SCORES,
    questions_folder,
)
from stages.hybrid.ground.layout import BENCHMARKS
from stages.hybrid.ground.params import Models, Names, Params, ProfileName
from stages.hybrid.ground.stage import stage


class Reads(Params):
    """What this stage reads of params.yaml."""

    profile: ProfileName
    models: Models
    benchmarks: Names


@stage
def main(params: Reads) -> None:
    import pandas as pd

    from stages.hybrid.evaluation.significance.comparisons import compare_benchmark
    from stages.hybrid.evaluation.significance.question_table import question_table, write_question_table
    from stages.hybrid.ground.files import read_table, whole_folder, write_table
    from stages.hybrid.retrieval.baselines import FAIR, WITHOUT_MODEL, find_systems

    intervals, comparisons = [], []
    with whole_folder(questions_folder(params.profile)) as folder:
        for benchmark in params.benchmarks:
            queries = read_table(BENCHMARKS / benchmark / "queries.parquet")
            tables = {}
            systems = find_systems(SCORES, [WITHOUT_MODEL, *params.models], benchmark=benchmark)
            for name, path in ((name, path) for name, path in systems.items() if name != FAIR):
                scores, bias = read_table(SCORES / path / MEASURES_FILE), read_table(BIAS / path / BIAS_FILE)
                tables[name] = question_table(scores, bias, queries)
                write_question_table(folder / benchmark / f"{name}.parquet", tables[name])
            bounds, compared = compare_benchmark(tables, params.models)
            intervals.append(bounds.assign(benchmark=benchmark))
            comparisons.append(compared.assign(benchmark=benchmark))
            click.echo(f"{benchmark}: {len(compared)} comparisons, Holm-corrected as one family")
    write_table(COMPARISONS / INTERVALS_FILE, pd.concat(intervals, ignore_index=True))
    write_table(COMPARISONS / COMPARISONS_FILE, pd.concat(comparisons, ignore_index=True))


if __name__ == "__main__":
    main()
