"""The files that the bias stage writes for each system: language bias, and headline figures for `dvc metrics`."""

from pathlib import Path

import pandas as pd

from stages.hybrid.evaluation.bias.agreement import translation_agreement
from stages.hybrid.evaluation.bias.measures import average_bias, bias_by_pair, language_divergences, measure_bias
from stages.hybrid.evaluation.layout import (
    BIAS_FILE,
    BIAS_MEANS_FILE,
    BIAS_PAIRS_FILE,
    MEASURES_FILE,
    RANKS_FILE,
    RUN_FILE,
)
from stages.hybrid.evaluation.names import MEAN, SETTINGS
from stages.hybrid.evaluation.quality.measures import average_benchmark
from stages.hybrid.ground.files import read_table, write_json, write_table
from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.ranking.runs import read_run

METRICS = [(setting, measure) for measure in ("map", "recall@10") for setting in SETTINGS]
BIAS_METRICS = ("rank_distance", "rank_distance_share")


def write_bias(folder: Path, benchmark: Benchmark, *, scores: Path, top_k: int, metrics: Path) -> dict[str, float]:
    """Write the bias measures of the system in ``scores`` to ``folder``, and its headline figures to ``metrics``.

    Returns:
        The headline figures.

    Raises:
        UserError: A file in ``scores`` is missing or broken, or its run is not deep enough.
    """
    ranks = read_table(scores / RANKS_FILE)
    pool_size = len(benchmark.passages)
    top = with_languages(read_run(scores / RUN_FILE, depth=min(top_k, pool_size)), benchmark)
    agreement = translation_agreement(ranks, top, top_k=top_k)
    biased = measure_bias(ranks, top, agreement=agreement, pool_size=pool_size, top_k=top_k)
    divergences = language_divergences(top, pool_langs=benchmark.passages["lang"].nunique())
    averages = average_bias(biased, divergences, top_k=top_k)
    write_table(folder / BIAS_FILE, biased)
    write_table(folder / BIAS_MEANS_FILE, averages)
    write_table(folder / BIAS_PAIRS_FILE, bias_by_pair(ranks, top, agreement=agreement, top_k=top_k))
    figures = headline_figures(read_table(scores / MEASURES_FILE), averages)
    write_json(metrics, figures)
    return figures


def with_languages(top: pd.DataFrame, benchmark: Benchmark) -> pd.DataFrame:
    """Return the top passages of a run with the columns question_id, query_lang and passage_lang added."""
    queries, passages = benchmark.queries.set_index("query_id"), benchmark.passages.set_index("passage_id")
    return top.assign(
        question_id=top["query_id"].map(queries["question_id"]),
        query_lang=top["query_id"].map(queries["lang"]),
        passage_lang=top["passage_id"].map(passages["lang"]),
    )


def headline_figures(measured: pd.DataFrame, averages: pd.DataFrame) -> dict[str, float]:
    """Return the figures that `dvc metrics` shows, from the tables of `measure_queries` and `average_bias`."""
    retrieval = average_benchmark(measured).set_index(["setting", "measure"])["value"]
    overall = averages[averages["query_lang"] == MEAN].set_index("measure")["value"]
    figures = {f"{setting}_{name}": retrieval.get((setting, name)) for setting, name in METRICS}
    figures |= {name: overall.get(name) for name in BIAS_METRICS}
    return {name: float(value) for name, value in figures.items() if value is not None}
