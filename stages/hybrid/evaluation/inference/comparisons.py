"""Intervals of figures, and paired comparisons of systems, for one benchmark."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from stages.hybrid.evaluation.inference.significance import (
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
from stages.hybrid.evaluation.names import ALL_LANGUAGES, CELL, HEADLINES
from stages.hybrid.retrieval.baselines import adjusted_name

KEYS = [*CELL, "query_id", "question_id"]

Figures = dict[tuple[str, str], pd.DataFrame]  # by setting and measure, the queries that enter


def figures_of(measured: pd.DataFrame, biased: pd.DataFrame) -> Figures:
    """Return every figure of a system on a benchmark that is a mean over queries, with the table of these queries.

    ``measured`` is the table of `measure_queries`, ``biased`` that of `measure_bias`, whose measures are figures of the
    multilingual setting. A figure that no query has a part in is left out.
    """
    pooled = biased.assign(setting="multilingual", passage_lang=ALL_LANGUAGES)
    tables = [*(table for _, table in measured.groupby("setting", sort=False)), pooled]
    return {
        (str(table["setting"].iloc[0]), name): table
        for table in tables
        for name in table.columns
        if name not in KEYS and table[name].notna().any()
    }


def compare_benchmark(systems: Mapping[str, Figures], models: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the intervals of every system of a benchmark, and the comparisons of `find_contrasts`.

    Intervals have the columns system, setting, measure, low and high: of all figures of ``models``, of the headline
    figures of the other systems. Comparisons have those of `compare_systems` and p_holm; they are one family.

    Raises:
        UserError: two systems were asked different queries.
    """
    questions = questions_of(systems)
    draws = draw(len(questions), np.random.default_rng(SEED))
    intervals = []
    for name, figures in systems.items():
        chosen = {key: table for key, table in figures.items() if name in models or key in HEADLINES}
        intervals.append(find_intervals(chosen, draws, questions).assign(system=name))
    compared = compare_systems(systems, find_contrasts(models, systems), draws=draws, questions=questions)
    return pd.concat(intervals, ignore_index=True), compared.assign(p_holm=holm(compared["p"]))


def questions_of(systems: Mapping[str, Figures]) -> pd.Index:
    """Return the ids of the questions that any system was asked, sorted."""
    tables = {id(table): table for figures in systems.values() for table in figures.values()}
    return pd.Index(sorted(set().union(*(table["question_id"].unique() for table in tables.values()))))


def find_intervals(figures: Figures, draws: Draws, questions: pd.Index) -> pd.DataFrame:
    """Return the 95 % interval of every one of ``figures``: columns setting, measure, low, high."""
    rows = [
        (setting, measure, *bootstrap_interval(sum_questions(table, measure, questions=questions), draws.weights))
        for (setting, measure), table in figures.items()
    ]
    return pd.DataFrame(rows, columns=["setting", "measure", "low", "high"])


def find_contrasts(models: Sequence[str], systems: Collection[str]) -> list[tuple[str, str]]:
    """Return which system is compared with which, as far as both are among ``systems``.

    Each model is held against the first; against the first centred, which shows what is more than a constant offset a
    language; and both centred, which shows what is left where neither has one.
    """
    base, centred = models[0], adjusted_name(models[0], "centred")
    pairs = [
        pair
        for model in models[1:]
        for pair in ((model, base), (model, centred), (adjusted_name(model, "centred"), centred))
    ]
    return [pair for pair in pairs if set(pair) <= set(systems)]


def compare_systems(
    systems: Mapping[str, Figures], contrasts: Sequence[tuple[str, str]], *, draws: Draws, questions: pd.Index
) -> pd.DataFrame:
    """Return the difference of each pair in ``contrasts`` in the figures of `HEADLINES`, as far as they are known.

    Columns: system and against (the pair), setting, measure and those of `Difference`.

    Raises:
        UserError: two systems were asked different queries.
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
