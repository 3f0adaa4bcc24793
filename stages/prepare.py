"""Turn raw files into training pairs and benchmarks; check that no benchmark's text is among the training pairs."""

from pathlib import Path

import click

from stages.hybrid.costs import measured
from stages.hybrid.errors import one_line_errors

RAW = Path("data/raw")


@click.command(help=__doc__)
@one_line_errors
@measured
def main() -> None:
    from stages.hybrid.corpora.catalogue import read_benchmark, read_pairs
    from stages.hybrid.files import write_json, write_table
    from stages.hybrid.params import read_settings, read_value
    from stages.hybrid.preparation import PrepareSettings, describe_benchmark, describe_pairs, prepare_pairs

    settings = read_settings("prepare", PrepareSettings)
    benchmarks = {}
    statistics = {}
    for name in read_value("benchmarks", list[str]):
        click.echo(f"reading benchmark {name}")
        benchmark = benchmarks[name] = read_benchmark(name, RAW / name, read_value("evaluation_languages", list[str]))
        for side in ("queries", "passages", "qrels"):
            write_table(Path("data/benchmarks", name, f"{side}.parquet"), getattr(benchmark, side))
        statistics[name] = describe_benchmark(benchmark)
    for name in read_value("datasets", list[str]):
        click.echo(f"reading data set {name}")
        pairs = read_pairs(name, RAW / name, read_value("languages", list[str]))
        table = prepare_pairs(name, pairs, benchmarks, settings)
        write_table(Path("data/pairs", f"{name}.parquet"), table)
        statistics[name] = describe_pairs(table, pairs, benchmarks)
        click.echo(
            f"{name}: {len(table)} pairs of {table['group_id'].nunique()} groups in {table['lang'].nunique()} languages"
        )
    write_json(Path("data/statistics.json"), statistics)


if __name__ == "__main__":
    main()
