"""Measure language bias: data/scores/MODEL/BENCHMARK -> data/bias/MODEL/BENCHMARK and the metrics files."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.hybrid.ground.costs import measured
from stages.hybrid.ground.errors import one_line_errors

if TYPE_CHECKING:
    import pandas as pd

    from stages.hybrid.records import Benchmark

SUMMARY = [
    (setting, name) for name in ("map", "recall@10") for setting in ("monolingual", "cross_lingual", "multilingual")
]


@click.command(help=__doc__)
@click.argument("model")
@click.argument("benchmark")
@one_line_errors
@measured
def main(model: str, benchmark: str) -> None:
    from stages.hybrid.evaluation.bias import BiasSettings
    from stages.hybrid.ground.files import whole_folder
    from stages.hybrid.ground.params import read_settings, read_value
    from stages.hybrid.retrieval.baselines import find_systems
    from stages.hybrid.retrieval.runs import read_benchmark

    top_k = read_settings("bias", BiasSettings).top_k
    metrics = Path("reports", read_value("profile", str), "metrics", benchmark, model)
    scores, own = Path("data/scores"), Path(model, benchmark)
    data = read_benchmark(Path("data/benchmarks", benchmark))
    with whole_folder(Path("data/bias") / own) as folder, whole_folder(metrics) as figures:
        for name, path in find_systems(scores, [model], benchmark=benchmark).items():
            target = folder / path.relative_to(own)
            write_bias(target, data, scores=scores / path, top_k=top_k, metrics=figures / f"{name}.json")


def write_bias(folder: Path, data: "Benchmark", *, scores: Path, top_k: int, metrics: Path) -> None:
    """Write the bias measures of the system in ``scores`` to ``folder``, and its headline figures to ``metrics``."""
    from stages.hybrid.evaluation.agreement import translation_agreement
    from stages.hybrid.evaluation.bias import average_bias, bias_by_pair, language_divergences, measure_bias
    from stages.hybrid.ground.files import read_table, write_json, write_table
    from stages.hybrid.retrieval.runs import read_run

    ranks = read_table(scores / "ranks.parquet")
    top = read_run(scores / "run.trec.gz", depth=min(top_k, len(data.passages)))
    queries, passages = data.queries.set_index("query_id"), data.passages.set_index("passage_id")
    top["question_id"] = top["query_id"].map(queries["question_id"])
    top["query_lang"] = top["query_id"].map(queries["lang"])
    top["passage_lang"] = top["passage_id"].map(passages["lang"])

    agreement = translation_agreement(ranks, top, top_k=top_k)
    biased = measure_bias(ranks, top, agreement=agreement, pool_size=len(passages), top_k=top_k)
    divergences = language_divergences(top, pool_langs=passages["lang"].nunique())
    averages = average_bias(biased, divergences, top_k=top_k)
    write_table(folder / "queries.parquet", biased)
    write_table(folder / "bias.csv", averages)
    write_table(folder / "pairs.csv", bias_by_pair(ranks, top, agreement=agreement, top_k=top_k))
    known = headline_figures(read_table(scores / "queries.parquet"), averages)
    write_json(metrics, known)
    click.echo(f"{metrics.stem}: {', '.join(f'{name} {value:.4f}' for name, value in known.items())}")


def headline_figures(measured: "pd.DataFrame", averages: "pd.DataFrame") -> dict[str, float]:
    """Return the figures that dvc metrics shows, from the tables of `measure_queries` and `average_bias`."""
    from stages.hybrid.evaluation.bias import MEAN
    from stages.hybrid.evaluation.measures import average_benchmark

    retrieval = average_benchmark(measured).set_index(["setting", "measure"])["value"]
    overall = averages[averages["query_lang"] == MEAN].set_index("measure")["value"]
    figures = {f"{setting}_{name}": retrieval.get((setting, name)) for setting, name in SUMMARY}
    figures |= {name: overall.get(name) for name in ("rank_distance", "rank_distance_share")}
    return {name: float(value) for name, value in figures.items() if value is not None}


if __name__ == "__main__":
    main()
