"""The section on how much of a model's gain needs training, and how much centring gives without training."""

import pandas as pd

from stages.hybrid.evaluation.names import HEADLINES, SETTINGS
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.figures import name_columns, show
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.report.tables import system_figures
from stages.hybrid.retrieval.baselines import centred_name


def describe_gains(evidence: Evidence, benchmark: str) -> list[Block]:
    """Return the gain of each model over the first model, beside the gain that centring the first model gives.

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
        answers.append(Paragraph(_answer(differences, base=base, model=model)))
        for (one, other), values in zip(contrasts, differences, strict=True):
            rows.append([f"{one} minus {other}", *_signed(values)])
    if not rows:
        return []
    table = Table(["difference", *name_columns(figures)], rows)
    return [Heading(3, "How much of the gain needs training"), *answers, table]


def _signed(values: pd.Series) -> list[str]:
    return [show(measure, value, sign=True) for (_, measure), value in values.items()]


def _answer(differences: list[pd.Series], *, base: str, model: str) -> str:
    """Return the answer in words. ``differences`` are those of the four contrasts, in their order."""
    maps = [key for key in HEADLINES if key[1] == "map"]
    gain, offset, left, _ = (_signed(values[maps]) for values in differences)
    parts = [
        f"{SETTINGS[setting]} {gain[i]}, of which centring alone gives {offset[i]} and training adds {left[i]}"
        for i, (setting, _) in enumerate(maps)
    ]
    return (
        "Subtracting each language's mean embedding (“centring”) needs no training. "
        f"Gains of {model} over {base} in mAP: {'; '.join(parts)}. "
        f"The last row compares {model} with {base} after both were centred."
    )
