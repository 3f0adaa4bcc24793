"""What the kept runs measured: every figure in one tidy table, and the sums by question that the tests need."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.hybrid.evaluation.layout import BIAS_FILE, BIAS_MEANS_FILE, MEASURES_FILE
from stages.hybrid.evaluation.names import HEADLINES, MEAN
from stages.hybrid.evaluation.quality.measures import average_benchmark, average_languages
from stages.hybrid.evaluation.significance.comparisons import figures_of
from stages.hybrid.evaluation.significance.intervals import (
    SEED,
    Draws,
    QuestionSums,
    average_sums,
    bootstrap_interval,
    draw,
    select_languages,
    sum_questions,
)
from stages.hybrid.ground.files import read_table
from stages.hybrid.ground.layout import FINETUNED
from stages.hybrid.reproduction.kept import KeptRun
from stages.hybrid.retrieval.baselines import adjusted_name, split_name

TRAINED = FINETUNED.name  # the model that a run trains; its adjusted systems are named finetuned+centred and so on
COLUMNS = ["system", "seed", "benchmark", "setting", "measure", "query_lang", "value", "n_queries"]


@dataclass(frozen=True)
class Judged:
    """What the runs did on one benchmark.

    Attributes:
        benchmark: Its name.
        figures: Columns `COLUMNS`; ``system`` is named as by `judge_runs`. ``seed`` is empty for a system that no run
            trained. The benchmark's own figure has the query language `MEAN`.
        sums: The sums by question of the `HEADLINES`, one entry per seed, by system, setting and measure.
        draws: The random numbers that all tests on the benchmark share.
    """

    benchmark: str
    figures: pd.DataFrame
    sums: dict[tuple[str, str, str], list[QuestionSums]]
    draws: Draws

    def mean_sums(self, system: str, *, setting: str, measure: str) -> QuestionSums | None:
        """Return a system's sums, averaged over seeds; None if it has no such figure.

        Raises:
            UserError: Two runs have scores of different queries.
        """
        runs = self.sums.get((system, setting, measure))
        return average_sums(runs) if runs else None


def judge_runs(runs: Sequence[KeptRun], benchmark: str) -> Judged:
    """Return what ``runs`` did on ``benchmark``.

    A trained model and its adjusted systems are named by the run's sampling (``hybrid``, ``hybrid+centred``) and have
    its seed. Systems that no run trained, such as the base or the centred base, are taken from the first run and have
    no seed. They are the same in every run, but for ``random``, which depends on the seed.

    Raises:
        UserError: A table is missing, or has a question that is not in that of the first system.
    """
    systems = list(_systems(runs, benchmark))
    questions = pd.Index(sorted(read_table(systems[0][2] / MEASURES_FILE)["question_id"].unique()))
    tables: list[pd.DataFrame] = []
    sums: dict[tuple[str, str, str], list[QuestionSums]] = {}
    for system, seed, folder in systems:
        measured = read_table(folder / MEASURES_FILE)
        figures = figures_of(measured, read_table(folder / BIAS_FILE))
        for setting, measure in HEADLINES:
            if (setting, measure) in figures:
                summed = sum_questions(figures[setting, measure], measure, questions=questions)
                sums.setdefault((system, setting, measure), []).append(summed)
        tables.append(_tidy(measured, read_table(folder / BIAS_MEANS_FILE)).assign(system=system, seed=seed))
    table = pd.concat(tables, ignore_index=True).assign(benchmark=benchmark)[COLUMNS].astype({"seed": "Int64"})
    return Judged(benchmark, table, sums, draw(len(questions), np.random.default_rng(SEED)))


def _systems(runs: Sequence[KeptRun], benchmark: str) -> Iterator[tuple[str, int | None, Path]]:
    """Yield name, seed and folder of every system that was judged on ``benchmark``, untrained systems first."""
    folders = [(run, path) for run in runs for path in sorted((run.folder / benchmark).iterdir())]
    untrained = {path.name: path for _, path in reversed(folders) if split_name(path.name)[0] != TRAINED}
    yield from ((name, None, path) for name, path in sorted(untrained.items()))
    for run, path in folders:
        model, adjustment = split_name(path.name)
        if model == TRAINED:
            yield adjusted_name(run.sampling, adjustment), run.seed, path


def _tidy(measured: pd.DataFrame, bias: pd.DataFrame) -> pd.DataFrame:
    """Return every figure of a system: setting, measure, query_lang, value, n_queries."""
    parts = [average_benchmark(measured).assign(query_lang=MEAN), average_languages(measured)]
    return pd.concat([*parts, bias.assign(setting="multilingual")], ignore_index=True)


def over_seeds(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the mean, the standard deviation and the number of seeds of every figure in the table of `Judged`.

    Columns: system, benchmark, setting, measure, query_lang, ours, sd, seeds, n_queries (of one seed). With fewer
    than two seeds, sd is NaN.
    """
    keys = ["system", "benchmark", "setting", "measure", "query_lang"]
    found = figures.groupby(keys, sort=False).agg(
        ours=("value", "mean"), sd=("value", "std"), seeds=("value", "size"), n_queries=("n_queries", "first")
    )
    return found.reset_index()


def with_intervals(table: pd.DataFrame, judged: Sequence[Judged]) -> pd.DataFrame:
    """Return rows of `over_seeds` with the 95 % interval over questions of the mean over seeds: columns low and high.

    ``query_lang`` may hold several languages, with a space between them. An unknown figure has NaN.

    Raises:
        UserError: Two runs have scores of different queries.
    """
    runs = {of.benchmark: of for of in judged}
    bounds = [_interval(runs[row["benchmark"]], row) for row in table.to_dict("records")]
    return table.assign(low=[low for low, _ in bounds], high=[high for _, high in bounds])


def _interval(runs: Judged, row: dict[Hashable, Any]) -> tuple[float, float]:
    sums = runs.mean_sums(row["system"], setting=row["setting"], measure=row["measure"])
    if sums is not None and row["query_lang"] != MEAN:
        sums = select_languages(sums, row["query_lang"].split())
    return bootstrap_interval(sums, runs.draws.weights) if sums is not None and sums.cells else (np.nan, np.nan)
