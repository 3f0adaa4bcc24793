"""Intervals of figures, and paired comparisons of systems, for one benchmark."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from stages.hybrid.evaluation.significance import (
    CELL,
    Difference,
    Draws,
    QuestionSums,
    bootstrap_interval,
    compare,
    sum_questions,
)
from stages.hybrid.retrieval.baselines import adjusted_name

# the headline figures, which systems are compared by: setting and measure
COMPARED = [
    ("monolingual", "map"),
    ("cross_lingual", "map"),
    ("multilingual", "map"),
    ("multilingual", "rank_distance"),
]
KEYS = ["setting", *CELL, "query_id", "question_id"]

Figures = dict[tuple[str, str], pd.DataFrame]  # by setting and measure, the queries that enter


def figures_of(measured: pd.DataFrame, biased: pd.DataFrame) -> Figures:
    """Return every figure of a system on a benchmark that is a mean over queries, with the table of these queries.

    ``measured`` is the table of `measure_queries`, ``biased`` that of `measure_bias`, whose measures are figures of the
    multilingual setting. A figure that no query has a part in is left out.
    """
    pooled = biased.assign(setting="multilingual", passage_lang="all")
    tables = [*(table for _, table in measured.groupby("setting", sort=False)), pooled]
    return {
        (str(table["setting"].iloc[0]), name): table
        for table in tables
        for name in table.columns
        if name not in KEYS and table[name].notna().any()
    }


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
    """Return the difference of each pair in ``contrasts`` in the figures of `COMPARED`, as far as they are known.

    Columns: model and against (the pair), setting, measure and those of `Difference`.

    Raises:
        UserError: two systems were asked different queries.
    """
    named = {name for pair in contrasts for name in pair}
    sums: dict[tuple[str, str, str], QuestionSums] = {
        (name, *key): sum_questions(systems[name][key], key[1], questions=questions)
        for name in named
        for key in COMPARED
        if key in systems[name]
    }
    rows = [
        {"model": one, "against": other, "setting": setting, "measure": measure}
        | compare(sums[one, setting, measure], sums[other, setting, measure], draws)._asdict()
        for one, other in contrasts
        for setting, measure in COMPARED
        if (one, setting, measure) in sums and (other, setting, measure) in sums
    ]
    columns = ["model", "against", "setting", "measure", *Difference._fields]
    numbers = dict.fromkeys(Difference._fields[:-1], float)
    return pd.DataFrame(rows, columns=columns).astype(numbers)
