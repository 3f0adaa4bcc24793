"""Rank and measure: embeddings, index and judgements -> data/scores/MODEL/BENCHMARK."""

from pathlib import Path

import click

from stages.hybrid.costs import measured
from stages.hybrid.errors import one_line_errors

TABLES = ("queries.parquet", "passages.parquet", "qrels.parquet")


@click.command(help=__doc__)
@click.argument("model")
@click.argument("benchmark")
@one_line_errors
@measured
def main(model: str, benchmark: str) -> None:
    import pandas as pd

    from stages.hybrid.crosscheck import score_run
    from stages.hybrid.files import read_table, write_table
    from stages.hybrid.measures import MeasuresSettings, average_settings, measure_queries, pooled_means
    from stages.hybrid.params import read_settings
    from stages.hybrid.ranks import exact_ranks
    from stages.hybrid.records import Benchmark
    from stages.hybrid.runs import write_qrels, write_run
    from stages.hybrid.search import load_embeddings, load_index, search_passages

    settings = read_settings("measures", MeasuresSettings)
    data = Benchmark(*(read_table(Path("data/benchmarks", benchmark, name)) for name in TABLES))
    queries = load_embeddings(Path("data/embeddings", model, benchmark, "queries.npy"))
    passages = load_embeddings(Path("data/embeddings", model, benchmark, "passages.npy"))
    index = load_index(Path("data/indexes", model, benchmark, "passages.faiss"))

    ranks = exact_ranks(data, queries=queries, passages=passages)
    measured = measure_queries(ranks, settings.cutoffs)
    ids = data.passages["passage_id"].to_numpy(dtype=str)
    found = search_passages(index, queries, k=settings.run_depth, passage_ids=ids)
    exact = pooled_means(measured, depth=settings.run_depth)
    run = score_run(data, found=found, measures=list(exact))

    folder = Path("data/scores", model, benchmark)
    write_table(folder / "ranks.parquet", ranks)
    write_table(folder / "queries.parquet", measured)
    write_table(folder / "settings.csv", average_settings(measured))
    compared = {"measure": list(exact), "exact": list(exact.values()), "run": list(run.values())}
    write_table(folder / "run.csv", pd.DataFrame(compared))
    write_run(folder / "run.trec.gz", data, found=found, name=model)
    write_qrels(folder / "qrels.trec", data)
    click.echo(f"{model} on {benchmark}: {ranks['query_id'].nunique()} queries, pool of {len(ids)} passages")


if __name__ == "__main__":
    main()
