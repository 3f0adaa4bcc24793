"""What the paper claims of hybrid batches, and whether the runs confirm it.

The paper (arXiv 2408.10536, section 4.2.1) says this of hybrid batches:

- In the monolingual and cross-lingual settings, they have the highest mean mAP and mean R@1.
- In the multilingual setting, they have the highest mean mAP and mean R@10, or comparable ones.

Each claim is one comparison. Hybrid is compared with the sampling that is made for the setting (`STRONG`), which is the
better of the other two in all of the paper's means. It is fixed, because a rival that is chosen by its figures looks
better than it is.
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
STRONG = {"monolingual": "x_x_mono", "cross_lingual": "x_y", "multilingual": "x_y"}  # the rival made for the setting
RANKS = ("multilingual", "rank_distance")
QUALITY = tuple(figure for figure in FIGURES if figure != RANKS)
ENCODERS = {"XLM-R": "xlm_r", "LaBSE": "labse"}  # the paper's, and their columns
MEANS_IN = ("2", "3", "4", "5", "6")  # the tables whose means have four digits, and rank distance
UNSEEN_BY_PAPER = ("el", "vi")  # languages that the paper's training never saw
PAPER_NAMES = BENCHMARK_NAMES | SETTINGS | {"x_x_mono": "X-X-mono", "x_y": "X-Y", "hybrid": "hybrid"}
BETTER, WORSE, SAME = "better", "worse", "no significant difference"
PLACE = ["benchmark", "setting", "measure"]
TESTED = ["hybrid", "other", "difference", "low", "high", "margin", "gain", "p", "seeds", "agreeing", "detectable"]
COLUMNS = ["family", *PLACE, "against", *TESTED, "n_questions", "n_pages", *ENCODERS.values()]


class Family(NamedTuple):
    """Comparisons that a reader asks for at once. Holm's correction is within a family."""

    title: str
    figures: tuple[tuple[str, str], ...] = tuple(FIGURES)
    strong: bool = True  # whether the rival is that in `STRONG`, or the other one
    unseen: bool = False  # only for queries in languages that training never saw
    margin: float = 0.0  # the share of the other's figure that hybrid may lose


FAMILIES = {
    "thesis": Family("The paper's claim: hybrid against the better of the other two", figures=QUALITY),
    "ranks": Family("Rank distance: hybrid against the better of the other two", figures=(RANKS,)),
    "weaker": Family("The easier comparison: the sampling that is not made for the setting", strong=False),
    "as_good": Family("Our own question: does hybrid lose more than 1 %?", margin=MARGIN),
    "unseen": Family("Languages that training never saw", unseen=True),
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
    - detectable: as `detectable_difference` returns it; n_questions, n_pages: how many have a value
    - verdict: `BETTER` or `WORSE` (than the other minus the margin) if p_holm is below `ALPHA`, else `SAME`. What is
      `BETTER` without a margin is so with one.
    - xlm_r, labse: the paper's own difference between hybrid and that sampling

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
        for setting, measure in family.figures
        if (found := _compare(family, runs, languages, setting=setting, measure=measure))
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["p_holm"] = table.groupby("family", sort=False)["p"].transform(lambda p: holm(p.tolist()))
    verdicts = {(row["family"], *(row[key] for key in PLACE)): _verdict(row) for row in table.to_dict("records")}
    for family, *place in list(verdicts):
        if family in ("thesis", "ranks") and verdicts[family, *place] == BETTER:
            verdicts["as_good", *place] = BETTER  # what is better does not lose more than the margin
    return table.assign(verdict=[verdicts[key] for key in table[["family", *PLACE]].itertuples(index=False, name=None)])


def _compare(family: Family, runs: Judged, languages: Sequence[str], *, setting: str, measure: str) -> dict[str, Any]:
    """Return what a row says of the runs; empty if a sampling lacks the figure."""
    langs = asked_unseen(runs.figures, languages) if family.unseen else [MEAN]
    against, sign = _rival(family, setting), gain_sign(measure)
    hybrid, other = (
        runs.estimate(name, setting=setting, measure=measure, langs=langs) if langs else None
        for name in (HYBRID, against)
    )
    if hybrid is None or other is None:
        return {}
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
        "n_pages": difference.n_pages,
    }


def asked_unseen(figures: pd.DataFrame, languages: Sequence[str]) -> list[str]:
    """Return the query languages in a table of `Judged` that are not among the training ``languages``, sorted."""
    return sorted(set(figures["query_lang"]) - {MEAN, *languages})


def _rival(family: Family, setting: str) -> str:
    """Return the sampling that hybrid is compared with."""
    strong = STRONG[setting]
    return strong if family.strong else next(name for name in RIVALS if name != strong)


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
    names = PAPER_NAMES[HYBRID], PAPER_NAMES[_rival(family, setting)]
    figures = {encoder: [means.get((encoder, name), np.nan) for name in names] for encoder in ENCODERS}
    return {column: figures[encoder][0] - figures[encoder][1] for encoder, column in ENCODERS.items()}


def _verdict(row: dict[str, Any]) -> str:
    if row["p_holm"] >= ALPHA:
        return SAME
    return BETTER if row["gain"] > 0 else WORSE
