"""Prepare training pairs, benchmarks and validation pairs from raw files, and check for leaks: data/raw -> data."""

import click

from stages.hybrid.ground.layout import BENCHMARKS, PAIRS, RAW, STATISTICS, VALIDATION
from stages.hybrid.ground.params import Names, Params
from stages.hybrid.ground.stage import stage
from stages.hybrid.pairs.params import PrepareParams


class Reads(Params):
    """What this stage reads of params.yaml."""

    datasets: Names
    benchmarks: Names
    validation_set: str
    languages: list[str]
    evaluation_languages: list[str]
    prepare: PrepareParams


@stage
def main(params: Reads) -> None:
    import pandas as pd

    from stages.hybrid.corpora.catalogue import read_benchmark, read_pairs
    from stages.hybrid.ground.files import write_json, write_table
    from stages.hybrid.pairs.leaks import find_leaks
    from stages.hybrid.pairs.preparation import (
        check_languages,
        choose_validation,
        count_benchmark,
        count_pairs,
        prepare_pairs,
    )
    from stages.hybrid.records import Pair, write_benchmark

    benchmarks, training, statistics = {}, {}, {}
    for name in dict.fromkeys(filter(None, [*params.benchmarks, params.validation_set])):
        click.echo(f"reading benchmark {name}")
        benchmarks[name] = read_benchmark(name, RAW / name, params.evaluation_languages)
        statistics[name] = count_benchmark(benchmarks[name])
    for name in params.datasets:
        click.echo(f"reading training set {name}")
        pairs = pd.DataFrame(read_pairs(name, RAW / name, params.languages), columns=Pair._fields)
        leaks = find_leaks(pairs, benchmarks)
        table = training[name] = prepare_pairs(name, pairs, leaks=leaks, params=params.prepare)
        counts = statistics[name] = count_pairs(table, pairs=pairs, leaks=leaks, params=params.prepare)
        if counts["pairs_dropped"]:
            click.echo(
                f"{name}: dropped every group that has a text of a benchmark: {counts['leaking_groups']} groups with "
                f"{counts['pairs_dropped']} pairs"
            )
        click.echo(
            f"{name}: {len(table)} pairs of {table['group_id'].nunique()} groups in {table['lang'].nunique()} languages"
        )
    check_languages(params.languages, training)
    validation = choose_validation(training, benchmarks, params.validation_set)
    for name in params.benchmarks:  # written only now, because the checks above can stop the run
        write_benchmark(BENCHMARKS / name, benchmarks[name])
    for name, table in training.items():
        write_table(PAIRS / f"{name}.parquet", table)
    write_table(VALIDATION, validation)
    write_json(STATISTICS, statistics)


if __name__ == "__main__":
    main()
