"""The section on what training adds to, or takes from, what centring gives without training."""

import pandas as pd

from stages.hybrid.evaluation.names import HEADLINES
from stages.hybrid.report.answer import answer
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.figures import name_columns, show
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.report.tables import system_figures
from stages.hybrid.retrieval.baselines import centred_name


def describe_gains(evidence: Evidence, benchmark: str) -> list[Block]:
    """Return how each model differs from the first model, and which part of it centring the first model gives.

    The list is empty if the centred systems were not scored.
    """
    figures, _ = system_figures(evidence.summary, evidence.systems, benchmark=benchmark, columns=HEADLINES)
    base = evidence.models[0]
    centred = centred_name(base)
    rows, answers = [], []
    for model in evidence.models[1:]:
        both = centred_name(model)
        if not {centred, both} <= set(figures.index):
            continue
        contrasts = [(model, base), (centred, base), (model, centred), (both, centred)]
        differences = [figures.loc[one] - figures.loc[other] for one, other in contrasts]
        answers.append(Paragraph(_answer(evidence, benchmark, base=base, model=model)))
        for (one, other), values in zip(contrasts, differences, strict=True):
            rows.append([f"{one} minus {other}", *_signed(values)])
    if not rows:
        return []
    table = Table(["difference", *name_columns(figures)], rows)
    return [Heading(3, "What training adds to centring"), *answers, table]


def _signed(values: pd.Series) -> list[str]:
    return [show(measure, value, sign=True) for (_, measure), value in values.items()]


def _answer(evidence: Evidence, benchmark: str, *, base: str, model: str) -> str:
    """Return the answer in words: how ``model`` compares with the centred base, and what the table's rows are."""
    centred, rows = centred_name(base), evidence.comparisons
    if not rows.empty:
        rows = rows[(rows["benchmark"] == benchmark) & (rows["system"] == model) & (rows["against"] == centred)]
    words = "" if rows.empty else f"{answer(rows, benchmark=benchmark, one=model, other=centred)} "
    return (
        f"Subtracting each language's mean embedding (“centring”) needs no training. {words}"
        "The second row of the table is the effect of centring alone. The third is what training adds to it, or takes "
        f"from it. The first is their sum. The last compares {model} with {base} after both were centred."
    )
