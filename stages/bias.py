"""Measure language bias: data/scores/MODEL/BENCHMARK -> data/bias/MODEL/BENCHMARK and the metrics file."""

from pathlib import Path

import click

from stages.hybrid.costs import measured
from stages.hybrid.errors import one_line_errors

SUMMARY = [
    (setting, name) for name in ("map", "recall@10") for setting in ("monolingual", "cross_lingual", "multilingual")
]


@click.command(help=__doc__)
@click.argument("model")
@click.argument("benchmark")
@one_line_errors
@measured
def main(model: str, benchmark: str) -> None:
    from stages.hybrid.bias import MEAN, BiasSettings, average_bias, bias_by_pair, language_divergences, measure_bias
    from stages.hybrid.files import read_table, write_json, write_table
    from stages.hybrid.measures import average_benchmark
    from stages.hybrid.params import read_settings, read_value
    from stages.hybrid.runs import read_run

    top_k = read_settings("bias", BiasSettings).top_k
    profile = read_value("profile", str)
    scores, folder = Path("data/scores", model, benchmark), Path("data/bias", model, benchmark)
    passages = read_table(Path("data/benchmarks", benchmark, "passages.parquet"))
    queries = read_table(Path("data/benchmarks", benchmark, "queries.parquet"))
    ranks, measured = read_table(scores / "ranks.parquet"), read_table(scores / "queries.parquet")
    top = read_run(scores / "run.trec.gz", depth=min(top_k, len(passages)))
    top["query_lang"] = top["query_id"].map(queries.set_index("query_id")["lang"])
    top["passage_lang"] = top["passage_id"].map(passages.set_index("passage_id")["lang"])

    biased = measure_bias(ranks, top, pool_size=len(passages), top_k=top_k)
    divergences = language_divergences(top, pool_langs=passages["lang"].nunique())
    averages = average_bias(biased, divergences, top_k=top_k)
    write_table(folder / "queries.parquet", biased)
    write_table(folder / "bias.csv", averages)
    write_table(folder / "pairs.csv", bias_by_pair(ranks, top, top_k=top_k))

    retrieval = average_benchmark(measured).set_index(["setting", "measure"])["value"]
    overall = averages[averages["query_lang"] == MEAN].set_index("measure")["value"]
    metrics = {f"{setting}_{name}": retrieval.get((setting, name)) for setting, name in SUMMARY}
    metrics |= {name: overall.get(name) for name in ("rank_distance", "rank_distance_share")}
    known = {name: float(value) for name, value in metrics.items() if value is not None}
    write_json(Path("reports", profile, "metrics", f"{model}_{benchmark}.json"), known)
    for name, value in known.items():
        click.echo(f"{model} on {benchmark}: {name} {value:.4f}")


if __name__ == "__main__":
    main()
