"""The answer at the top of the report: in which figures each model is better, worse, or not significantly different."""

import pandas as pd

from stages.hybrid.evaluation.names import gain_sign
from stages.hybrid.evaluation.significance.intervals import ALPHA
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.figures import name_figure, name_system
from stages.hybrid.report.pages import Block, Heading, Paragraph
from stages.hybrid.retrieval.baselines import centred_name


def describe_answer(evidence: Evidence) -> list[Block]:
    """Return the answer: a paragraph per benchmark and pair of systems, then what its words mean."""
    asked = _asked(evidence)
    lines = [
        answer(rows, benchmark=str(benchmark), one=str(one), other=str(other))
        for (benchmark, one, other), rows in asked.groupby(["benchmark", "system", "against"], sort=False)
    ]
    if not lines:
        return [Paragraph("One model was judged, so there is nothing to compare. Its figures are below.")]
    seed = (
        f"This is one run with one seed ({evidence.seed}). The tests are over questions: they do not say what another "
        "seed would give."
    )
    words = "The headline figures are mAP (mean average precision) in the three settings, and rank distance. "
    if (centred := centred_name(evidence.models[0])) in set(asked["against"]):
        words += (
            f"In {name_system(centred)}, each language's mean embedding is subtracted from its embeddings. This needs "
            "no training. "
        )
    words += "“How to read the figures” explains settings and measures."
    return [Heading(2, "Answer"), *map(Paragraph, lines), Paragraph(words), Paragraph(seed)]


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
    better: list[str] = []
    worse: list[str] = []
    neither: list[str] = []
    for row in rows.to_dict("records"):
        gain = gain_sign(row["measure"]) * row["difference"]
        place = neither if not row["p_holm"] < ALPHA else better if gain > 0 else worse
        place.append(name_figure(row["setting"], row["measure"]))
    return better, worse, neither


def _listed(names: list[str], of: int) -> str:
    if len(names) == of and of > 1:
        return "both headline figures" if of == 2 else f"all {of} headline figures"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
