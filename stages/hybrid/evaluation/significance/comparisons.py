"""Intervals of the figures on one benchmark, and paired comparisons of its systems."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from stages.hybrid.evaluation.names import HEADLINES
from stages.hybrid.evaluation.significance.intervals import (
    SEED,
    Difference,
    Estimate,
    compare,
    draw,
    estimate,
    holm,
    sum_questions,
)
from stages.hybrid.evaluation.significance.question_table import figures_in, pages_of
from stages.hybrid.retrieval.baselines import centred_name

Estimates = dict[tuple[str, str, str], Estimate]  # by system, setting and measure


def compare_benchmark(tables: Mapping[str, pd.DataFrame], models: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the intervals of every system on a benchmark, and the comparisons of `find_contrasts`.

    Intervals have the columns system, setting, measure, low and high, for each of the `FIGURES`. Comparisons have the
    columns of `compare_systems` and p_holm. All of them are one family for Holm's correction.

    Args:
        tables: What `question_table` returns, by system.
        models: The models that were judged, the base first.

    Raises:
        UserError: Two systems have scores of different queries.
    """
    estimates = estimate_systems(tables)
    intervals = [(*key, *found.interval) for key, found in estimates.items()]
    compared = compare_systems(estimates, find_contrasts(models, tables))
    bounds = pd.DataFrame(intervals, columns=["system", "setting", "measure", "low", "high"])
    return bounds, compared.assign(p_holm=holm(compared["p"]))


def estimate_systems(tables: Mapping[str, pd.DataFrame]) -> Estimates:
    """Return the `FIGURES` of every system that has them. ``tables`` are as in `compare_benchmark`."""
    pages = pages_of(tables)
    draws = draw(pages.tolist(), np.random.default_rng(SEED))
    return {
        (system, setting, measure): estimate([sum_questions(rows, measure, questions=pages.index)], draws)
        for system, table in tables.items()
        for setting, measure, rows in figures_in(table)
    }


def find_contrasts(models: Sequence[str], systems: Collection[str]) -> list[tuple[str, str]]:
    """Return the pairs of systems that are compared, if both are among ``systems``.

    Each model is compared with the first model, and with the first model centred. The second pair shows what a model
    has beyond a constant offset per language. In a third pair both are centred, so neither has such offsets.
    """
    base, centred = models[0], centred_name(models[0])
    pairs = [pair for model in models[1:] for pair in ((model, base), (model, centred), (centred_name(model), centred))]
    return [pair for pair in pairs if set(pair) <= set(systems)]


def compare_systems(estimates: Estimates, contrasts: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Return the difference of each pair in ``contrasts`` in each of the `HEADLINES` that both have.

    Columns: system and against (the pair), setting, measure and those of `Difference`.

    Raises:
        UserError: Two systems have scores of different queries.
    """
    rows = [
        {"system": one, "against": other, "setting": setting, "measure": measure}
        | compare(estimates[one, setting, measure], estimates[other, setting, measure])._asdict()
        for one, other in contrasts
        for setting, measure in HEADLINES
        if {(one, setting, measure), (other, setting, measure)} <= estimates.keys()
    ]
    columns = ["system", "against", "setting", "measure", *Difference._fields]
    numbers = dict.fromkeys(Difference._fields[:-1], float)
    return pd.DataFrame(rows, columns=columns).astype(numbers)
