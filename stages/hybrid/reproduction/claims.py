"""What the paper claims of hybrid batches, and whether the runs confirm it.

The paper (arXiv 2408.10536, section 4.2.1) claims that hybrid batches have the highest mean mAP and mean R@1 in the
monolingual and cross-lingual settings, and in the multilingual setting the highest mean mAP and mean R@10, or
comparable ones. Each such claim is one comparison: hybrid with the better of the other two samplings.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from stages.hybrid.evaluation.names import MEAN, SETTINGS, gain_sign
from stages.hybrid.evaluation.significance.intervals import (
    ALPHA,
    bootstrap_p,
    detectable_difference,
    holm,
    subtract,
)
from stages.hybrid.evaluation.significance.question_table import FIGURES
from stages.hybrid.report.tables import BENCHMARK_NAMES
from stages.hybrid.reproduction.systems import Judged
from stages.hybrid.retrieval.baselines import adjusted_name, split_name

MARGIN = 0.01  # "as good as" means worse by at most this share of the other's figure
HYBRID, RIVALS = "hybrid", ("x_x_mono", "x_y")
ENCODERS = {"XLM-R": "xlm_r", "LaBSE": "labse"}  # the paper's, and their columns
MEANS_IN = ("2", "3", "4", "5", "6")  # the tables whose means have four digits, and rank distance
UNSEEN_BY_PAPER = ("el", "vi")  # languages that the paper's training never saw
PAPER_NAMES = BENCHMARK_NAMES | SETTINGS | {"x_x_mono": "X-X-mono", "x_y": "X-Y", "hybrid": "hybrid"}
BETTER, WORSE, SAME = "better", "worse", "no significant difference"


class Family(NamedTuple):
    """Comparisons that a reader asks for at once. Holm's correction is within a family."""

    title: str
    against: str  # the "better" of the other two samplings, or the "weaker"
    unseen: bool = False  # only for queries in languages that training never saw
    margin: float = 0.0  # the share of the other's figure that hybrid may lose


FAMILIES = {
    "thesis": Family("The paper's claim: hybrid against the better of the other two", "better"),
    "weaker": Family("Hybrid against the sampling that is weak in the setting", "weaker"),
    "as_good": Family("Our own question: does hybrid lose more than 1 %?", "better", margin=MARGIN),
    "unseen": Family("Languages that training never saw", "better", unseen=True),
}


def name_of(key: str) -> str:
    """Return the paper's name of a sampling, benchmark or setting, or ``key`` if it has none.

    An adjustment behind a plus stays: ``x_y+centred`` is X-Y+centred.
    """
    name, adjustment = split_name(key)
    return adjusted_name(PAPER_NAMES.get(name, name), adjustment)


def judge_claims(judged: Sequence[Judged], paper: pd.DataFrame, *, languages: Sequence[str]) -> pd.DataFrame:
    """Return how hybrid compares with another sampling, one row per family, benchmark and figure.

    Columns:

    - family: a key of `FAMILIES`; benchmark, setting, measure: the figure; against: the other sampling
    - hybrid, other: the two figures, means over seeds
    - difference, low, high: hybrid minus other, with its 95 % interval
    - margin: the loss that the family allows, as a figure; 0 unless it is ``as_good``
    - gain: by how much hybrid is better than the other minus the margin; below 0 if it is worse
    - p: that of the hypothesis that the difference equals minus the margin; p_holm: corrected within the family
    - agreeing, seeds: for how many of the seeds the difference is on the side of the mean's
    - detectable: as `detectable_difference` returns it; n_questions
    - verdict: `BETTER` or `WORSE` (than the other minus the margin) if p_holm is below `ALPHA`, else `SAME`
    - xlm_r, labse: the paper's own difference between hybrid and the better, or the weaker, of the other two

    A figure that a sampling lacks has no row. ``languages`` are those that the runs trained on.

    Raises:
        UserError: Two runs have scores of different queries.
    """
    rows = [
        {"family": name, "benchmark": runs.benchmark, "setting": setting, "measure": measure}
        | found
        | _published(family, runs.benchmark, paper, setting=setting, measure=measure)
        for name, family in FAMILIES.items()
        for runs in judged
        for setting, measure in FIGURES
        if (found := _compare(family, runs, languages, setting=setting, measure=measure))
    ]
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    table["p_holm"] = table.groupby("family", sort=False)["p"].transform(lambda p: holm(p.tolist()))
    return table.assign(verdict=[_verdict(row) for row in table.to_dict("records")])


def _compare(family: Family, runs: Judged, languages: Sequence[str], *, setting: str, measure: str) -> dict[str, Any]:
    """Return what a row says of the runs; empty if a sampling lacks the figure."""
    langs = _asked_in(runs, languages) if family.unseen else [MEAN]
    found = {
        name: runs.estimate(name, setting=setting, measure=measure, langs=langs) if langs else None
        for name in (HYBRID, *RIVALS)
    }
    known = {name: of for name, of in found.items() if of is not None}
    if len(known) < len(found):
        return {}
    sign = gain_sign(measure)
    against = _choose(family, {name: known[name].value for name in RIVALS}, sign)
    hybrid, other = known[HYBRID], known[against]
    difference = subtract(hybrid, other)
    tested = subtract(hybrid, other, factor=1 - sign * family.margin)  # 0 if hybrid loses exactly the margin
    gains = sign * tested.of_seeds
    return {
        "against": against,
        "hybrid": hybrid.value,
        "other": other.value,
        "difference": difference.value,
        **dict(zip(("low", "high"), difference.interval, strict=True)),
        "margin": family.margin * other.value,
        "gain": sign * tested.value,
        "p": bootstrap_p(tested),
        "seeds": len(gains),
        "agreeing": int((gains * np.sign(sign * tested.value) > 0).sum()),
        "detectable": detectable_difference(difference),
        "n_questions": difference.n_questions,
    }


def _asked_in(runs: Judged, languages: Sequence[str]) -> list[str]:
    """Return the query languages that training never saw, sorted."""
    return sorted(set(runs.figures["query_lang"]) - {MEAN, *languages})


def _choose(family: Family, figures: dict[str, float], sign: int) -> str:
    """Return the better or the weaker of the rivals, by their ``figures``."""
    ordered = sorted(figures, key=lambda name: sign * figures[name], reverse=True)
    return ordered[0] if family.against == "better" else ordered[-1]


def _published(family: Family, benchmark: str, paper: pd.DataFrame, *, setting: str, measure: str) -> dict[str, float]:
    """Return the paper's difference for each of its encoders; NaN if the paper does not give it."""
    rows = paper[
        (paper["benchmark"] == PAPER_NAMES.get(benchmark))
        & (paper["setting"] == PAPER_NAMES[setting])
        & (paper["measure"] == measure)
        & paper["query_lang"].isin(UNSEEN_BY_PAPER if family.unseen else (MEAN,))
        & (paper["table"].isin(MEANS_IN) | family.unseen)
    ]
    means = rows.groupby(["model", "sampling"])["value"].mean()
    return {column: _paper_difference(family, means, encoder, measure) for encoder, column in ENCODERS.items()}


def _paper_difference(family: Family, means: pd.Series, encoder: str, measure: str) -> float:
    figures = {name: means.get((encoder, PAPER_NAMES[name]), np.nan) for name in (HYBRID, *RIVALS)}
    if any(np.isnan(value) for value in figures.values()):
        return np.nan
    rivals = {name: float(figures[name]) for name in RIVALS}
    return float(figures[HYBRID] - rivals[_choose(family, rivals, gain_sign(measure))])


def _verdict(row: dict[str, Any]) -> str:
    if row["p_holm"] >= ALPHA:
        return SAME
    return BETTER if row["gain"] > 0 else WORSE
