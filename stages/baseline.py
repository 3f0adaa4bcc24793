"""Rank a benchmark without a model, by chance and by BM25 -> data/scores/baseline/BENCHMARK and data/bias/baseline."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.bias import write_bias
from stages.hybrid.ground.costs import measured
from stages.hybrid.ground.errors import one_line_errors
from stages.score import write_system

if TYPE_CHECKING:
    from stages.hybrid.records import Benchmark
    from stages.hybrid.retrieval.ranks import Scorer

TOKENIZER = Path("models/base/tokenizer.json")


@click.command(help=__doc__)
@click.argument("benchmark")
@one_line_errors
@measured
def main(benchmark: str) -> None:
    from stages.hybrid.evaluation.bias import BiasSettings
    from stages.hybrid.evaluation.measures import MeasuresSettings
    from stages.hybrid.ground.files import whole_folder
    from stages.hybrid.ground.params import read_settings, read_value
    from stages.hybrid.retrieval.baselines import LEXICAL, WITHOUT_MODEL, BaselinesSettings
    from stages.hybrid.retrieval.ranks import rank_passages
    from stages.hybrid.retrieval.runs import read_benchmark

    settings = read_settings("measures", MeasuresSettings)
    names = [name for name in LEXICAL if name in read_settings("baselines", BaselinesSettings).names]
    top_k, seed = read_settings("bias", BiasSettings).top_k, read_value("seed", int)
    metrics = Path("reports", read_value("profile", str), "metrics", benchmark, WITHOUT_MODEL)
    data = read_benchmark(Path("data/benchmarks", benchmark))
    with (
        whole_folder(Path("data/scores", WITHOUT_MODEL, benchmark)) as scores,
        whole_folder(Path("data/bias", WITHOUT_MODEL, benchmark)) as bias,
        whole_folder(metrics) as figures,
    ):
        for name in names:
            ranking = rank_passages(data, scorer(name, data, seed=seed), depth=settings.run_depth)
            write_system(scores / name, ranking, data=data, settings=settings, name=name)
            write_bias(bias / name, data, scores=scores / name, top_k=top_k, metrics=figures / f"{name}.json")


def scorer(name: str, data: "Benchmark", *, seed: int) -> "Scorer":
    """Return the scores by which baseline ``name`` ranks."""
    from stages.hybrid.retrieval.lexical import bm25_scores, load_tokenizer, subwords
    from stages.hybrid.retrieval.ranks import random_scores

    if name == "random":
        return random_scores(data, seed=seed)
    tokenizer = load_tokenizer(TOKENIZER)
    return bm25_scores(*(subwords(tokenizer, table["text"].tolist()) for table in (data.queries, data.passages)))


if __name__ == "__main__":
    main()
