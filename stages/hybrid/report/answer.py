"""The answer at the top of the report: in which figures each model is better, worse, or not significantly different."""

from typing import Any

import pandas as pd

from stages.hybrid.evaluation.names import HEADLINES, gain_sign
from stages.hybrid.evaluation.significance.intervals import ALPHA
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.figures import name_figure, name_system, show, show_interval, show_p
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.retrieval.baselines import centred_name

BETTER, WORSE, NEITHER = "better", "worse", "not significant"


def describe_answer(evidence: Evidence) -> list[Block]:
    """Return the answer: a paragraph per benchmark and pair of systems, its figures, then what its words mean.

    Comparisons with the centred model, which needs no training, come first. Among these, those with a loss come first.
    """
    asked = _asked(evidence)
    if asked.empty:
        return [Paragraph("One model was judged, so there is nothing to compare. Its figures are below.")]
    centred = centred_name(evidence.models[0])
    pairs = [(*map(str, key), rows) for key, rows in asked.groupby(["benchmark", "system", "against"], sort=False)]
    pairs.sort(key=lambda pair: (pair[2] != centred, not split_figures(pair[3])[1]))
    lines = [answer(rows, benchmark=benchmark, one=one, other=other) for benchmark, one, other, rows in pairs]
    seed = (
        f"This is one run with one seed ({evidence.seed}). The tests are over questions: they do not say what another "
        "seed would give."
    )
    words = "The headline figures are mAP (mean average precision) in the three settings, and rank distance. "
    if centred in set(asked["against"]):
        words += (
            f"In {name_system(centred)}, each language's mean embedding is subtracted from its embeddings. This needs "
            "no training. "
        )
    words += "“How to read the figures” explains settings and measures."
    return [Heading(2, "Answer"), *map(Paragraph, lines), _table(pairs), Paragraph(words), Paragraph(seed)]


def _table(pairs: list[tuple[str, str, str, pd.DataFrame]]) -> Table:
    """Return every figure behind the answer: a row per benchmark and pair of systems, a column per headline figure."""
    cells = [
        {(row["setting"], row["measure"]): _shown(row) for row in compared.to_dict("records")} for *_, compared in pairs
    ]
    kinds = [kind for kind in HEADLINES if any(kind in shown for shown in cells)]
    rows = [
        [benchmark, f"{one} minus {other}", *(shown.get(kind, "–") for kind in kinds)]
        for (benchmark, one, other, _), shown in zip(pairs, cells, strict=True)
    ]
    columns = ["benchmark", "difference", *(name_figure(*kind) for kind in kinds)]
    return Table(columns, rows, text_columns=len(columns))


def _shown(row: dict[str, Any]) -> str:
    """Return a verdict with its difference, 95 % interval and corrected p. A gain and a loss have the same form."""
    difference = show(row["measure"], row["difference"], sign=True)
    interval = show_interval(row["measure"], row["low"], row["high"], sign=True)
    p = show_p(row["p_holm"])
    return f"{judge(row)}: {difference}{interval}, p {p if p.startswith('<') else f'= {p}'}"


def _asked(evidence: Evidence) -> pd.DataFrame:
    """Return the comparisons of a model with the first model, and with the first model centred."""
    if evidence.comparisons.empty:
        return pd.DataFrame(columns=["benchmark", "system", "against"])
    base = evidence.models[0]
    wanted = evidence.comparisons["against"].isin([base, centred_name(base)])
    return evidence.comparisons[wanted & evidence.comparisons["system"].isin(evidence.models)]


def answer(rows: pd.DataFrame, *, benchmark: str, one: str, other: str) -> str:
    """Return in words in which figures the system ``one`` is significantly better or worse than ``other``.

    Args:
        rows: The comparisons of the two: columns setting, measure, difference and p_holm.
        benchmark: Name of the benchmark.
        one: Name of the first system.
        other: Name of the second system.
    """
    better, worse, neither = split_figures(rows)
    parts = []
    if better:
        parts.append(f"significantly better than {name_system(other)} in {_listed(better, len(rows))}")
    if worse:
        parts.append(
            f"significantly worse {'' if better else f'than {name_system(other)} '}in {_listed(worse, len(rows))}"
        )
    if not parts:
        return f"On {benchmark}, {one} does not differ significantly from {name_system(other)} in any headline figure."
    rest = f" It does not differ significantly in {_listed(neither, len(rows))}." if neither else ""
    return f"On {benchmark}, {one} is {', and '.join(parts)}.{rest}"


def split_figures(rows: pd.DataFrame) -> tuple[list[str], list[str], list[str]]:
    """Return the names of the figures in which a system is significantly better, significantly worse, and neither."""
    names: dict[str, list[str]] = {BETTER: [], WORSE: [], NEITHER: []}
    for row in rows.to_dict("records"):
        names[judge(row)].append(name_figure(row["setting"], row["measure"]))
    return names[BETTER], names[WORSE], names[NEITHER]


def judge(row: dict[str, Any]) -> str:
    """Return `BETTER`, `WORSE` or `NEITHER` for a comparison with measure, difference and p_holm."""
    if not row["p_holm"] < ALPHA:
        return NEITHER
    return BETTER if gain_sign(row["measure"]) * row["difference"] > 0 else WORSE


def _listed(names: list[str], of: int) -> str:
    if len(names) == of and of > 1:
        return "both headline figures" if of == 2 else f"all {of} headline figures"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
