"""The answer that the report opens with: on each benchmark, where a model is better, where worse, where neither."""

import pandas as pd

from stages.hybrid.evaluation.names import SMALLER_IS_BETTER
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.figures import name_figure, name_system
from stages.hybrid.report.pages import Block, Heading, Paragraph
from stages.hybrid.retrieval.baselines import adjusted_name

ALPHA = 0.05  # a difference is significant if its corrected p is below


def describe_answer(evidence: Evidence) -> list[Block]:
    """Return the answer, a paragraph per benchmark and comparison."""
    lines = [
        answer(rows, benchmark=str(benchmark), one=str(one), other=str(other))
        for (benchmark, one, other), rows in _asked(evidence).groupby(["benchmark", "system", "against"], sort=False)
    ]
    if not lines:
        return [Paragraph("One model was judged, so there is nothing to compare. Its figures are below.")]
    seed = (
        f"This is one run with one seed ({evidence.seed}). The tests are over questions: they do not say what another "
        "seed would give."
    )
    return [Heading(2, "Answer"), *map(Paragraph, lines), Paragraph(seed)]


def _asked(evidence: Evidence) -> pd.DataFrame:
    """Return the comparisons of a model with the first model, and with the first model centred."""
    if evidence.comparisons.empty:
        return pd.DataFrame(columns=["benchmark", "system", "against"])
    base = evidence.models[0]
    wanted = evidence.comparisons["against"].isin([base, adjusted_name(base, "centred")])
    return evidence.comparisons[wanted & evidence.comparisons["system"].isin(evidence.models)]


def answer(rows: pd.DataFrame, *, benchmark: str, one: str, other: str) -> str:
    """Return in words in which figures system ``one`` is significantly better or worse than ``other``.

    Args:
        rows: the comparisons of the two, columns setting, measure, difference and p_holm.
        benchmark: what they were judged on.
        one: the system that is asked about.
        other: the system that it is compared with.
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
        gain = row["difference"] * (-1 if row["measure"] in SMALLER_IS_BETTER else 1)
        place = neither if not row["p_holm"] < ALPHA else better if gain > 0 else worse
        place.append(name_figure(row["setting"], row["measure"]))
    return better, worse, neither


def _listed(names: list[str], of: int) -> str:
    if len(names) == of and of > 1:
        return f"all {of} headline figures"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
