"""The files that the score stage writes for each system: ranks, measures, a TREC run, and a check of that run."""

from pathlib import Path

import pandas as pd

from stages.hybrid.evaluation.layout import CELLS_FILE, MEASURES_FILE, RANKS_FILE, RUN_FILE
from stages.hybrid.evaluation.quality.measures import average_cells, measure_queries, pooled_means
from stages.hybrid.ground.files import write_table
from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.ranking.crosscheck import score_run
from stages.hybrid.retrieval.ranking.ranks import Ranking
from stages.hybrid.retrieval.ranking.runs import write_run


def write_scores(
    folder: Path, ranking: Ranking, *, benchmark: Benchmark, cutoffs: list[int], name: str
) -> pd.DataFrame:
    """Write the ranks, the measures and the TREC run of the system ``name`` to ``folder``.

    Returns:
        The table of `measure_queries`.

    Raises:
        UserError: An id has white space in it, which TREC runs cannot have.
    """
    measured = measure_queries(ranking.ranks, cutoffs)
    write_table(folder / RANKS_FILE, ranking.ranks)
    write_table(folder / MEASURES_FILE, measured)
    write_table(folder / CELLS_FILE, average_cells(measured))
    write_run(folder / RUN_FILE, benchmark, found=(ranking.rows, ranking.scores), name=name)
    return measured


def write_check(path: Path, ranking: Ranking, *, benchmark: Benchmark, measured: pd.DataFrame) -> None:
    """Write a table that compares the measures of a run, by ranx, with those by exact ranks, from ``measured``."""
    exact = pooled_means(measured, depth=ranking.rows.shape[1])
    run = score_run(benchmark, found=(ranking.rows, ranking.scores), measures=list(exact))
    compared = {"measure": list(exact), "exact": list(exact.values()), "run": list(run.values())}
    write_table(path, pd.DataFrame(compared))
