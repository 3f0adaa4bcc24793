"""How much of a model's gain is more than a constant offset a language; in words and figures."""

import pandas as pd

from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.figures import name_columns, show
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.report.tables import HEADLINES, SETTINGS, system_figures
from stages.hybrid.retrieval.baselines import adjusted_name


def describe_gains(evidence: Evidence, benchmark: str) -> list[Block]:
    """Return what each model gains over the first beside what centring the first gains, and what both leave.

    Nothing where the centred systems are not among those that were scored.
    """
    figures, _ = system_figures(evidence.summary, evidence.systems, benchmark=benchmark, columns=HEADLINES)
    base = evidence.models[0]
    centred = adjusted_name(base, "centred")
    rows, answers = [], []
    for model in evidence.models[1:]:
        both = adjusted_name(model, "centred")
        if not {centred, both} <= set(figures.index):
            continue
        contrasts = [(model, base), (centred, base), (model, centred), (both, centred)]
        differences = [figures.loc[one] - figures.loc[other] for one, other in contrasts]
        answers.append(Paragraph(_answer(differences, base=base, model=model)))
        for (one, other), values in zip(contrasts, differences, strict=True):
            rows.append([f"{one} less {other}", *_signed(values)])
    if not rows:
        return []
    table = Table(["difference", *name_columns(figures)], rows)
    return [Heading(3, "How much is more than an offset"), *answers, table]


def _signed(values: pd.Series) -> list[str]:
    return [show(measure, value, sign=True) for (_, measure), value in values.items()]


def _answer(differences: list[pd.Series], *, base: str, model: str) -> str:
    """Return the answer in words; ``differences`` are those of the four contrasts, in their order."""
    settings = [key for key in HEADLINES if key[1] == "map"]
    parts = []
    for key, *shown in zip(settings, *(_signed(values[settings]) for values in differences), strict=True):
        gain, offset, left, both = shown
        parts.append(f"{SETTINGS[key[0]]} {gain} against {offset}, which leaves {left}, or {both} with both centred")
    return (
        f"Centring takes a constant offset a language out of {base} without training. What {model} gains over {base} "
        f"in mAP, against what centring {base} gains: {'; '.join(parts)}. Only what is left above zero is more than "
        "such an offset."
    )
