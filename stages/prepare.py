"""Turn raw files into training pairs, benchmarks and validation pairs; check training pairs for benchmarks' texts."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.hybrid.ground.costs import measured
from stages.hybrid.ground.errors import UserError, one_line_errors

if TYPE_CHECKING:
    import pandas as pd

    from stages.hybrid.records import Benchmark

RAW = Path("data/raw")


@click.command(help=__doc__)
@one_line_errors
@measured
def main() -> None:
    import pandas as pd

    from stages.hybrid.corpora.catalogue import read_benchmark, read_pairs
    from stages.hybrid.ground.files import write_json, write_table
    from stages.hybrid.ground.params import read_settings, read_value
    from stages.hybrid.pairs.leaks import find_leaks
    from stages.hybrid.pairs.preparation import PrepareSettings, describe_benchmark, describe_pairs, prepare_pairs
    from stages.hybrid.records import Pair

    settings = read_settings("prepare", PrepareSettings)
    names, validation_set = read_value("benchmarks", list[str]), read_value("validation_set", str)
    benchmarks, training, statistics = {}, {}, {}
    for name in dict.fromkeys([*names, validation_set] if validation_set else names):
        click.echo(f"reading benchmark {name}")
        benchmarks[name] = read_benchmark(name, RAW / name, read_value("evaluation_languages", list[str]))
        statistics[name] = describe_benchmark(benchmarks[name])
    for name in read_value("datasets", list[str]):
        click.echo(f"reading data set {name}")
        pairs = pd.DataFrame(read_pairs(name, RAW / name, read_value("languages", list[str])), columns=Pair._fields)
        leaks = find_leaks(pairs, benchmarks)
        table = training[name] = prepare_pairs(name, pairs, leaks, settings)
        statistics[name] = describe_pairs(table, leaks, pairs_read=len(pairs))
        click.echo(
            f"{name}: {len(table)} pairs of {table['group_id'].nunique()} groups in {table['lang'].nunique()} languages"
        )
    missing = set(read_value("languages", list[str])).difference(*(table["lang"] for table in training.values()))
    if missing:
        raise UserError(
            f"languages: no data set has a pair in {', '.join(sorted(missing))}; take them out, or add a data set"
        )
    validation = choose_validation(training, benchmarks, validation_set)
    for name in names:  # nothing is written before all is right
        for side in ("queries", "passages", "qrels"):
            write_table(Path("data/benchmarks", name, f"{side}.parquet"), getattr(benchmarks[name], side))
    for name, table in training.items():
        write_table(Path("data/pairs", f"{name}.parquet"), table)
    write_table(Path("data/validation.parquet"), validation)
    write_json(Path("data/statistics.json"), statistics)


def choose_validation(
    training: "dict[str, pd.DataFrame]", benchmarks: "dict[str, Benchmark]", validation_set: str
) -> "pd.DataFrame":
    """Return the pairs to validate on, with their ``dataset``: those held out, or those of a benchmark where named."""
    import pandas as pd

    from stages.hybrid.pairs.preparation import validation_pairs

    if validation_set:
        return validation_pairs(benchmarks[validation_set]).assign(dataset=validation_set)
    tables = [table[table["held_out"]].assign(dataset=name) for name, table in training.items()]
    return pd.concat(tables, ignore_index=True).drop(columns="held_out")


if __name__ == "__main__":
    main()
