"""What the paper's tables claim, and whether the runs confirm it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from stages.hybrid.evaluation.names import MEAN, SETTINGS, gain_sign
from stages.hybrid.evaluation.significance.intervals import (
    ALPHA,
    average_sums,
    bootstrap_interval,
    detectable_difference,
    holm,
    macro_mean,
    randomisation_p,
    select_languages,
    shift,
    subtract,
)
from stages.hybrid.report.tables import BENCHMARK_NAMES
from stages.hybrid.reproduction.systems import Judged
from stages.hybrid.retrieval.baselines import adjusted_name, split_name

MARGIN = 0.01  # "as good as" means worse by at most one per cent of the other's figure
ENCODERS = {"XLM-R": "xlm_r", "LaBSE": "labse"}  # the paper's, and their columns
UNSEEN_BY_PAPER = ("el", "vi")  # languages that the paper's training never saw
PAPER_NAMES = BENCHMARK_NAMES | SETTINGS | {"x_x_mono": "X-X-mono", "x_y": "X-Y", "hybrid": "hybrid"}
HOLDS, FAILS, OPEN, NO_DATA = "holds", "does not hold", "not significant", "no data"


def name_of(key: str) -> str:
    """Return the paper's name of a sampling, benchmark or setting, or ``key`` if it has none.

    An adjustment behind a plus stays: ``x_y+centred`` is X-Y+centred.
    """
    name, adjustment = split_name(key)
    return adjusted_name(PAPER_NAMES.get(name, name), adjustment)


class Claim(NamedTuple):
    """That one sampling is better than another, or as good as it."""

    one: str  # a key of `SAMPLINGS`, and so is the other
    other: str
    setting: str
    measure: str = "map"
    as_good: bool = False  # at least as good as, to within `MARGIN`; else better than
    unseen: bool = False  # only for queries in languages that training never saw

    @property
    def words(self) -> str:
        """The claim as a sentence without its full stop."""
        one, other = PAPER_NAMES[self.one], PAPER_NAMES[self.other]
        what = f"{PAPER_NAMES[self.setting]} mAP" if self.measure == "map" else "rank distance"
        where = ", for queries in languages not seen in training" if self.unseen else ""
        relation = "at least as good as" if self.as_good else "better than"
        return f"{one[0].upper()}{one[1:]} is {relation} {other} in {what}{where}"


# Source: arXiv 2408.10536, tables 1 to 8.
CLAIMS = [
    Claim("x_x_mono", "x_y", "monolingual"),
    Claim("x_y", "x_x_mono", "cross_lingual"),
    Claim("x_y", "x_x_mono", "multilingual"),
    Claim("hybrid", "x_x_mono", "monolingual", as_good=True),
    Claim("hybrid", "x_y", "monolingual"),
    Claim("hybrid", "x_x_mono", "cross_lingual"),
    Claim("hybrid", "x_y", "cross_lingual", as_good=True),
    Claim("hybrid", "x_x_mono", "multilingual"),
    Claim("hybrid", "x_y", "multilingual", as_good=True),
    Claim("x_y", "x_x_mono", "multilingual", "rank_distance"),
    Claim("hybrid", "x_x_mono", "multilingual", "rank_distance"),
    Claim("hybrid", "x_y", "multilingual", "rank_distance", as_good=True),
    Claim("hybrid", "x_x_mono", "monolingual", as_good=True, unseen=True),
    Claim("hybrid", "x_y", "cross_lingual", as_good=True, unseen=True),
    Claim("hybrid", "x_x_mono", "multilingual", unseen=True),
]


def judge_claims(judged: Sequence[Judged], paper: pd.DataFrame, *, languages: Sequence[str]) -> pd.DataFrame:
    """Return what the runs say of each of `CLAIMS` on each benchmark, one row each. All rows are one family for Holm.

    Columns: claim, words, benchmark, measure, verdict, difference (of the two means over seeds), low, high, seed_error
    (the difference's standard error over seeds), p, p_holm, detectable, gain (by how much the difference is on the
    claim's side of its threshold), n_questions, seed_pairs, agreeing, xlm_r and labse (the paper's differences).

    The claim's null hypothesis is that the difference equals its threshold. For "better than" that is 0. For "at least
    as good as" it is `MARGIN` of the other's figure to the worse. The verdict is

    - *holds* if p_holm is below `ALPHA`, and the difference and that of every pair of seeds are on the claim's side;
    - *does not hold* if p_holm is below `ALPHA`, and all of these are on the other side;
    - *not significant* otherwise, and *no data* if a sampling was not run.

    Args:
        judged: What the runs did, one entry per benchmark.
        paper: The published figures.
        languages: Languages that the runs trained on.

    Raises:
        UserError: Two runs have scores of different queries.
    """
    rows: list[dict[str, Any]] = [
        {"claim": number, "words": claim.words, "benchmark": runs.benchmark, "measure": claim.measure}
        | _measure_claim(claim, runs, languages)
        | _published(claim, runs.benchmark, paper)
        for number, claim in enumerate(CLAIMS, start=1)
        for runs in judged
    ]
    table = pd.DataFrame(rows)
    known = table["p"].notna()
    table.loc[known, "p_holm"] = holm(table.loc[known, "p"])
    return table.assign(verdict=[_verdict(row) for row in table.to_dict("records")])


def _measure_claim(claim: Claim, runs: Judged, languages: Sequence[str]) -> dict[str, float]:
    """Return what a claim's row says of the runs; NaN if a sampling was not run or no query language is unseen."""
    pair = [runs.sums.get((name, claim.setting, claim.measure), []) for name in (claim.one, claim.other)]
    if claim.unseen:
        langs = {query for query, _ in pair[0][0].cells if query not in languages} if pair[0] else set()
        pair = [[select_languages(sums, langs) for sums in seeds] for seeds in pair] if langs else [[], []]
    empty = dict.fromkeys(["difference", "low", "high", "seed_error", "p", "p_holm", "detectable", "gain"], np.nan)
    if not all(pair):
        return empty | {"n_questions": 0, "seed_pairs": 0, "agreeing": 0}
    sign = gain_sign(claim.measure)
    one, other = (average_sums(seeds) for seeds in pair)
    difference = subtract(one, other)
    threshold = -sign * MARGIN * macro_mean(other) if claim.as_good else 0.0
    figures = [np.array([macro_mean(sums) for sums in seeds]) for seeds in pair]
    gains = (sign * (figures[0][:, None] - figures[1] - threshold)).ravel()  # of every pair of seeds
    low, high = bootstrap_interval(difference, runs.draws.weights)
    return empty | {
        "difference": macro_mean(difference),
        "low": low,
        "high": high,
        "seed_error": _seed_error(figures),
        "p": randomisation_p(shift(difference, threshold), runs.draws.signs),
        "detectable": detectable_difference(difference),
        "gain": sign * (macro_mean(difference) - threshold),
        "n_questions": int(difference.counts.any(axis=1).sum()),
        "seed_pairs": len(gains),
        "agreeing": int((gains > 0).sum()),
    }


def _seed_error(figures: Sequence[np.ndarray]) -> float:
    """Return the standard error over seeds of a difference of means; NaN if one has a single seed."""
    if min(map(len, figures)) < 2:
        return np.nan
    return float(np.sqrt(sum(seeds.var(ddof=1) / len(seeds) for seeds in figures)))


def _published(claim: Claim, benchmark: str, paper: pd.DataFrame) -> dict[str, float]:
    """Return the claim's difference for each of the paper's encoders; NaN if the paper does not give it."""
    langs = UNSEEN_BY_PAPER if claim.unseen else (MEAN,)
    rows = paper[
        (paper["benchmark"] == PAPER_NAMES.get(benchmark))
        & (paper["setting"] == PAPER_NAMES[claim.setting])
        & (paper["measure"] == claim.measure)
        & paper["query_lang"].isin(langs)
    ]
    means = rows.groupby(["model", "sampling"])["value"].mean()
    names = PAPER_NAMES[claim.one], PAPER_NAMES[claim.other]
    one, other = ({encoder: means.get((encoder, name), np.nan) for encoder in ENCODERS} for name in names)
    return {column: one[encoder] - other[encoder] for encoder, column in ENCODERS.items()}


def _verdict(row: dict[str, Any]) -> str:
    if np.isnan(row["p"]):
        return NO_DATA
    if row["p_holm"] < ALPHA and row["gain"] > 0 and row["agreeing"] == row["seed_pairs"]:
        return HOLDS
    if row["p_holm"] < ALPHA and row["gain"] < 0 and row["agreeing"] == 0:
        return FAILS
    return OPEN
