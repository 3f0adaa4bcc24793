"""What the kept runs measured: every figure in one tidy table, and estimates of it for the tests."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stages.hybrid.evaluation.names import MEAN, QUERY_IN_CELL
from stages.hybrid.evaluation.quality.measures import average_benchmark, average_languages
from stages.hybrid.evaluation.significance.intervals import (
    SEED,
    Draws,
    Estimate,
    QuestionSums,
    draw,
    estimate,
    estimate_languages,
    estimate_parts,
    sum_questions,
)
from stages.hybrid.evaluation.significance.question_table import figures_in, pages_of, read_question_tables
from stages.hybrid.reproduction.kept import SAMPLINGS, UNTRAINED, KeptRun
from stages.hybrid.retrieval.baselines import adjusted_name, split_name

KEYS = ["system", "benchmark", "setting", "measure", "query_lang"]


@dataclass(frozen=True)
class Judged:
    """What the runs did on one benchmark.

    Attributes:
        benchmark: Its name.
        figures: Columns `KEYS`, seed, value and n_queries. ``seed`` is empty for a system that no run trained. The
            benchmark's own figure has the query language `MEAN`.
        sums: The sums by question, one entry per seed, by system, setting and measure (`FIGURES`).
        draws: The resamples that all tests on the benchmark share.
        estimates: The estimate of each of ``sums`` over all languages (`MEAN`), and by query language if it was asked
            for.
    """

    benchmark: str
    figures: pd.DataFrame
    sums: dict[tuple[str, str, str], list[QuestionSums]]
    draws: Draws
    estimates: dict[tuple[str, str, str], dict[str, Estimate]]

    def estimate(self, system: str, *, setting: str, measure: str, langs: Sequence[str] = (MEAN,)) -> Estimate | None:
        """Return a system's figure, over ``langs`` as query languages; None if it has no such figure."""
        key = system, setting, measure
        if key not in self.sums:
            return None
        if len(langs) == 1:
            known = self.estimates[key]
            if langs[0] not in known and langs[0] in {lang for lang, _ in self.sums[key][0].cells}:
                known |= estimate_languages(self.sums[key], self.draws)
            return known.get(langs[0])
        cells = [i for i, (lang, _) in enumerate(self.sums[key][0].cells) if lang in langs]
        return estimate_parts(self.sums[key], self.draws, {MEAN: cells})[MEAN] if cells else None


def judge_runs(runs: Sequence[KeptRun], benchmark: str) -> Judged:
    """Return what ``runs`` did on ``benchmark``.

    A trained model and its centred system are named by the run's sampling (``hybrid``, ``hybrid+centred``) and have its
    seed. Systems that no run trained, such as the base or the centred base, have no seed.

    Raises:
        UserError: A table is missing or broken, or two systems have scores of different queries.
    """
    kept = runs[0].folder.parent
    tables: dict[tuple[str, int | None], pd.DataFrame] = {
        (name, None): table for name, table in read_question_tables(kept / UNTRAINED / benchmark).items()
    }
    for run in runs:
        for name, table in read_question_tables(run.folder / benchmark).items():
            tables[adjusted_name(run.sampling, split_name(name)[1]), run.seed] = table
    pages = pages_of({str(key): table for key, table in tables.items()})
    seeds = len({seed for _, seed in tables if seed is not None})
    draws = draw(pages.tolist(), np.random.default_rng(SEED), seeds=max(seeds, 1))
    sums: dict[tuple[str, str, str], list[QuestionSums]] = {}
    for (system, _), table in tables.items():
        for setting, measure, rows in figures_in(table):
            sums.setdefault((system, setting, measure), []).append(sum_questions(rows, measure, questions=pages.index))
    by_language = {
        key: estimate_languages(of_seeds, draws) if key[0] in SAMPLINGS else {MEAN: estimate(of_seeds, draws)}
        for key, of_seeds in sums.items()
    }
    figures = [_tidy(table).assign(system=system, seed=seed) for (system, seed), table in tables.items()]
    table = pd.concat(figures, ignore_index=True).assign(benchmark=benchmark).astype({"seed": "Int64"})
    return Judged(benchmark, table[[*KEYS, "seed", "value", "n_queries"]], sums, draws, by_language)


def _tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of a system by query language, and over all (`MEAN`), from a table of `question_table`.

    Columns: setting, measure, query_lang, value, n_queries, as by `average_benchmark` and `average_languages`.
    """
    parts = []
    for _, measure, rows in figures_in(table):
        known = rows[rows[measure].notna()].astype({measure: float})
        known = known.assign(query_id=known["question_id"] + ":" + known["query_lang"])[[*QUERY_IN_CELL, measure]]
        parts += [average_benchmark(known).assign(query_lang=MEAN), average_languages(known)]
    return pd.concat(parts, ignore_index=True)


def over_seeds(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the mean, the standard deviation and the number of seeds of every figure in the table of `Judged`.

    Columns: `KEYS`, ours, sd, seeds, n_queries (of one seed). With fewer than two seeds, sd is NaN.
    """
    found = figures.groupby(KEYS, sort=False).agg(
        ours=("value", "mean"), sd=("value", "std"), seeds=("value", "size"), n_queries=("n_queries", "first")
    )
    return found.reset_index()


def with_intervals(table: pd.DataFrame, judged: Sequence[Judged]) -> pd.DataFrame:
    """Return rows of `over_seeds` with the 95 % interval of the mean over seeds: columns low and high.

    ``query_lang`` may hold several languages, with a space between them. An unknown figure has NaN.
    """
    runs = {of.benchmark: of for of in judged}
    bounds = [_interval(runs[row["benchmark"]], row) for row in table.to_dict("records")]
    return table.assign(low=[low for low, _ in bounds], high=[high for _, high in bounds])


def _interval(runs: Judged, row: dict[Hashable, Any]) -> tuple[float, float]:
    langs = row["query_lang"].split()
    found = runs.estimate(row["system"], setting=row["setting"], measure=row["measure"], langs=langs)
    return found.interval if found is not None else (np.nan, np.nan)
