"""How figures are shown and named. Figures of systems are rounded only here."""

import math

import pandas as pd

from stages.hybrid.evaluation.names import SETTINGS
from stages.hybrid.retrieval.baselines import split_name

# Every measure of a query, without its depth, as the report writes it.
MEASURES = {
    "map": "mAP",
    "mrr": "MRR",
    "ndcg": "nDCG",
    "recall": "recall",
    "success": "success",
    "rank_distance": "rank distance",
    "rank_distance_share": "rank distance / pool",
    "own_language_first": "own language first",
    "own_language_share": "own language share",
    "awrf": "awrf",
    "peer": "peer",
    "rank_correlation": "rank correlation",
    "mrc": "mrc",
    "language_divergence": "language divergence",
}
IN_POOL = ("rank_distance", "rank_distance_share")  # measures that only the multilingual setting has
IN_RANKS = ("rank_distance", "mean_rank")  # measures whose unit is ranks


def show(measure: str, value: float, *, sign: bool = False) -> str:
    """Return a figure as it is shown: ranks in whole numbers, or tenths if below 100; others with three decimals."""
    if math.isnan(value):
        return "–"
    digits = 3 if measure not in IN_RANKS else 0 if abs(value) >= 100 else 1
    rounded = round(value, digits) + 0.0  # minus zero becomes zero
    return f"{rounded:{'+' if sign and rounded else ''},.{digits}f}".replace("-", "−")


def show_interval(measure: str, low: float, high: float, *, sign: bool = False) -> str:
    """Return an interval as it is shown after its figure. If it is not known (NaN), the text is empty."""
    if math.isnan(low):
        return ""
    return f" ({show(measure, low, sign=sign)} to {show(measure, high, sign=sign)})"


def show_p(p: float) -> str:
    """Return a p-value as it is shown: with three decimals, with four if these are 0.050, or as "< 0.001"."""
    shown = f"{p:.3f}"
    return "< 0.001" if p < 0.001 else f"{p:.4f}" if shown == "0.050" else shown


def name_measure(measure: str) -> str:
    """Return a measure's name as the report writes it."""
    name, at, depth = measure.partition("@")
    return MEASURES[name] + at + depth


def name_figure(setting: str, measure: str) -> str:
    """Return a figure's name as the report writes it."""
    return name_measure(measure) if measure in IN_POOL else f"{SETTINGS[setting]} {name_measure(measure)}"


def name_system(system: str) -> str:
    """Return a system's name in words: ``base+centred`` is "the centred base"."""
    model, adjustment = split_name(system)
    words = {"centred": f"the centred {model}", "centred_training": f"{model} centred on training text"}
    return words.get(adjustment, system)


def name_columns(figures: pd.DataFrame) -> list[str]:
    """Return the names of the columns of `system_figures` as the report writes them."""
    return [name_figure(setting, measure) for setting, measure in figures]
