"""Rank and measure: embeddings, index and judgements -> data/scores/MODEL/BENCHMARK, a baseline in a folder below."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.hybrid.ground.costs import measured
from stages.hybrid.ground.errors import one_line_errors

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from stages.hybrid.evaluation.measures import MeasuresSettings
    from stages.hybrid.records import Benchmark
    from stages.hybrid.retrieval.baselines import BaselinesSettings
    from stages.hybrid.retrieval.ranks import Ranking

SIDES = ("queries", "passages")


@click.command(help=__doc__)
@click.argument("model")
@click.argument("benchmark")
@one_line_errors
@measured
def main(model: str, benchmark: str) -> None:
    from stages.hybrid.evaluation.measures import MeasuresSettings
    from stages.hybrid.ground.files import whole_folder
    from stages.hybrid.ground.params import read_settings
    from stages.hybrid.retrieval.baselines import ADJUSTMENTS, BaselinesSettings, adjusted_name
    from stages.hybrid.retrieval.ranks import dense_scores, rank_passages
    from stages.hybrid.retrieval.runs import read_benchmark, write_qrels
    from stages.hybrid.retrieval.search import load_embeddings, load_index, search_passages

    settings = read_settings("measures", MeasuresSettings)
    baselines = read_settings("baselines", BaselinesSettings)
    data = read_benchmark(Path("data/benchmarks", benchmark))
    embeddings = {side: load_embeddings(Path("data/embeddings", model, benchmark, f"{side}.npy")) for side in SIDES}
    index = load_index(Path("data/indexes", model, benchmark, "passages.faiss"))
    with whole_folder(Path("data/scores", model, benchmark)) as folder:
        ids = data.passages["passage_id"].to_numpy(dtype=str)
        rows, scores = search_passages(index, embeddings["queries"], k=settings.run_depth, passage_ids=ids)
        ranking = rank_passages(data, dense_scores(data, **embeddings), depth=settings.run_depth)
        ranking = ranking._replace(rows=rows, scores=scores)  # the run is the index's, which may be approximate
        table = write_system(folder, ranking, data=data, settings=settings, name=model)
        write_check(folder / "run.csv", ranking, data=data, table=table)
        write_qrels(folder / "qrels.trec", data)
        for kind in (kind for kind in ADJUSTMENTS if kind in baselines.names):
            adjusted = adjust(kind, embeddings, data=data, baselines=baselines, means=Path("data/means", model))
            ranking = rank_passages(data, dense_scores(data, **adjusted), depth=settings.run_depth)
            write_system(folder / kind, ranking, data=data, settings=settings, name=adjusted_name(model, kind))


def write_system(
    folder: Path, ranking: "Ranking", *, data: "Benchmark", settings: "MeasuresSettings", name: str
) -> "pd.DataFrame":
    """Write a system's ranks, measures and TREC run to ``folder``; return the table of `measure_queries`."""
    from stages.hybrid.evaluation.measures import average_settings, measure_queries
    from stages.hybrid.ground.files import write_table
    from stages.hybrid.retrieval.runs import write_run

    table = measure_queries(ranking.ranks, settings.cutoffs)
    write_table(folder / "ranks.parquet", ranking.ranks)
    write_table(folder / "queries.parquet", table)
    write_table(folder / "settings.csv", average_settings(table))
    write_run(folder / "run.trec.gz", data, found=(ranking.rows, ranking.scores), name=name)
    click.echo(f"{name}: {ranking.ranks['query_id'].nunique()} queries, pool of {len(data.passages)} passages")
    return table


def write_check(path: Path, ranking: "Ranking", *, data: "Benchmark", table: "pd.DataFrame") -> None:
    """Write the measures by exact ranks, of ``table``, beside those of the run by ranx."""
    import pandas as pd

    from stages.hybrid.evaluation.measures import pooled_means
    from stages.hybrid.ground.files import write_table
    from stages.hybrid.retrieval.crosscheck import score_run

    exact = pooled_means(table, depth=ranking.rows.shape[1])
    run = score_run(data, found=(ranking.rows, ranking.scores), measures=list(exact))
    compared = {"measure": list(exact), "exact": list(exact.values()), "run": list(run.values())}
    write_table(path, pd.DataFrame(compared))


def adjust(
    kind: str, embeddings: "dict[str, np.ndarray]", *, data: "Benchmark", baselines: "BaselinesSettings", means: Path
) -> "dict[str, np.ndarray]":
    """Return the embeddings of queries and passages, each side adjusted as ``kind`` says, by its own means."""
    from stages.hybrid.retrieval.offsets import (
        centre,
        language_directions,
        language_means,
        languages_without,
        read_means,
        remove_language_directions,
    )

    adjusted = {}
    for side in SIDES:
        found, langs = embeddings[side], getattr(data, side)["lang"].to_numpy(dtype=str)
        if kind == "lir":
            directions = language_directions(found, langs, baselines.lir_directions)
            adjusted[side] = remove_language_directions(found, langs, directions)
            continue
        known = read_means(means, side) if kind == "centred_training" else language_means(found, langs)
        adjusted[side] = centre(found, langs, known)
        if missing := languages_without(langs, known):
            click.echo(f"{kind}, {side}: {len(missing)} languages take the mean of the others: {', '.join(missing)}")
    return adjusted


if __name__ == "__main__":
    main()
