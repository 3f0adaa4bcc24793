"""Intervals of the figures on one benchmark, and paired comparisons of its systems."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from stages.hybrid.evaluation.names import ALL_LANGUAGES, HEADLINES, QUERY_IN_CELL
from stages.hybrid.evaluation.significance.intervals import (
    SEED,
    Difference,
    Draws,
    QuestionSums,
    bootstrap_interval,
    compare,
    draw,
    holm,
    sum_questions,
)
from stages.hybrid.retrieval.baselines import centred_name

Figures = dict[tuple[str, str], pd.DataFrame]  # by setting and measure: the queries, with the measure as a column


def figures_of(measured: pd.DataFrame, biased: pd.DataFrame) -> Figures:
    """Return the queries behind each of a system's figures that is a mean over queries.

    ``measured`` is the table of `measure_queries`, ``biased`` that of `measure_bias`. The measures of ``biased`` are
    figures of the multilingual setting. A figure that is NaN for every query is left out.
    """
    pooled = biased.assign(setting="multilingual", passage_lang=ALL_LANGUAGES)
    tables = [*(table for _, table in measured.groupby("setting", sort=False)), pooled]
    return {
        (str(table["setting"].iloc[0]), name): table
        for table in tables
        for name in table.columns
        if name not in QUERY_IN_CELL and table[name].notna().any()
    }


def compare_benchmark(systems: Mapping[str, Figures], models: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the intervals of every system on a benchmark, and the comparisons of `find_contrasts`.

    Intervals have the columns setting, measure, low, high and system. For ``models`` they are of all figures, for
    other systems of the `HEADLINES`. Comparisons have the columns of `compare_systems` and p_holm. All of them are one
    family for Holm's correction.

    Raises:
        UserError: Two systems have scores of different queries.
    """
    questions = questions_of(systems)
    draws = draw(len(questions), np.random.default_rng(SEED))
    intervals = []
    for name, figures in systems.items():
        chosen = {key: table for key, table in figures.items() if name in models or key in HEADLINES}
        intervals.append(find_intervals(chosen, draws, questions=questions).assign(system=name))
    compared = compare_systems(systems, find_contrasts(models, systems), draws=draws, questions=questions)
    return pd.concat(intervals, ignore_index=True), compared.assign(p_holm=holm(compared["p"]))


def questions_of(systems: Mapping[str, Figures]) -> pd.Index:
    """Return the ids of the questions in the tables of any system, sorted."""
    tables = {id(table): table for figures in systems.values() for table in figures.values()}
    return pd.Index(sorted(set().union(*(table["question_id"].unique() for table in tables.values()))))


def find_intervals(figures: Figures, draws: Draws, *, questions: pd.Index) -> pd.DataFrame:
    """Return the 95 % interval of each of ``figures``: columns setting, measure, low, high.

    Raises:
        UserError: A table has a question that is not among ``questions``.
    """
    rows = [
        (setting, measure, *bootstrap_interval(sum_questions(table, measure, questions=questions), draws.weights))
        for (setting, measure), table in figures.items()
    ]
    return pd.DataFrame(rows, columns=["setting", "measure", "low", "high"])


def find_contrasts(models: Sequence[str], systems: Collection[str]) -> list[tuple[str, str]]:
    """Return the pairs of systems that are compared, if both are among ``systems``.

    Each model is compared with the first model, and with the first model centred. The second pair shows what a model
    has beyond a constant offset per language. In a third pair both are centred, so neither has such offsets.
    """
    base, centred = models[0], centred_name(models[0])
    pairs = [pair for model in models[1:] for pair in ((model, base), (model, centred), (centred_name(model), centred))]
    return [pair for pair in pairs if set(pair) <= set(systems)]


def compare_systems(
    systems: Mapping[str, Figures], contrasts: Sequence[tuple[str, str]], *, draws: Draws, questions: pd.Index
) -> pd.DataFrame:
    """Return the difference of each pair in ``contrasts`` in each of the `HEADLINES` that both have.

    Columns: system and against (the pair), setting, measure and those of `Difference`.

    Raises:
        UserError: Two systems have scores of different queries.
    """
    named = {name for pair in contrasts for name in pair}
    sums: dict[tuple[str, str, str], QuestionSums] = {
        (name, *key): sum_questions(systems[name][key], key[1], questions=questions)
        for name in named
        for key in HEADLINES
        if key in systems[name]
    }
    rows = [
        {"system": one, "against": other, "setting": setting, "measure": measure}
        | compare(sums[one, setting, measure], sums[other, setting, measure], draws)._asdict()
        for one, other in contrasts
        for setting, measure in HEADLINES
        if (one, setting, measure) in sums and (other, setting, measure) in sums
    ]
    columns = ["system", "against", "setting", "measure", *Difference._fields]
    numbers = dict.fromkeys(Difference._fields[:-1], float)
    return pd.DataFrame(rows, columns=columns).astype(numbers)
