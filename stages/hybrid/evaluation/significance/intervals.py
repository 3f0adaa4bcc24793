"""How sure a benchmark's figures are: intervals and tests by a hierarchical bootstrap.

A figure is the mean over the queries of each cell, then over the cells of a setting, as `average_benchmark` and
`average_bias` compute it. A resample draws seeds; and pages, then the questions of each drawn page. All are drawn with
replacement. A drawn question comes with all its translations in all cells, because the eleven translations of a
question are not eleven independent samples. All systems of a benchmark share their resamples, so every comparison is
paired by seed, page and question.

With few seeds these tests find too much. If only the seeds vary, two equal samplings differ "significantly" in a
quarter of all comparisons with three seeds, before any correction. So a reader also needs each seed's difference.

Source: Davison and Hinkley 1997, section 3.8. They draw the units of a cluster without replacement. With replacement,
as here, intervals are a little wider. The 1 that is added in p is that of their section 4.2.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from stages.hybrid.evaluation.names import LANGUAGE_PAIR, MEAN
from stages.hybrid.ground.errors import UserError

SEED = 13  # of the resampling; not a parameter, so that the same scores have the same intervals in every run
ALPHA = 0.05  # a difference is significant if its corrected p is below this
CONFIDENCE = 0.95
POWER = 0.8  # of detecting a `detectable_difference`
RESAMPLES = 50_000  # a p of .005 then has a standard error of .0004
ZERO_DIGITS = 12  # of a difference: what is 0 but for rounding errors is 0, on every machine
ROWS_AT_ONCE = 1_000  # resamples that are computed at a time, to limit memory


class QuestionSums(NamedTuple):
    """What each question adds to each cell of one setting, for one measure and one seed."""

    cells: list[tuple[str, str]]  # query language and passage language
    totals: np.ndarray  # (questions, cells): sum of the measure over the question's queries in the cell
    counts: np.ndarray  # (questions, cells): number of these queries


class Draws(NamedTuple):
    """The resamples that all intervals and tests of a benchmark share."""

    questions: np.ndarray  # (resamples, questions), uint16: how often a resample has the question
    seeds: np.ndarray  # (resamples, seeds): the share of each seed in a resample; rows sum to 1
    pages: np.ndarray  # (questions,): the number of each question's page


class Estimate(NamedTuple):
    """A figure of one system, or a difference of two, and what it is in every resample."""

    value: float  # the mean over seeds
    of_seeds: np.ndarray  # (seeds,)
    resampled: np.ndarray  # (resamples,)
    sums: QuestionSums  # of the first seed; only its cells and counts are used
    pages: np.ndarray  # (questions,): the number of each question's page

    @property
    def n_questions(self) -> int:
        """Number of questions that have a value."""
        return int(self.sums.counts.any(axis=1).sum())

    @property
    def n_pages(self) -> int:
        """Number of pages whose questions have a value."""
        return len(np.unique(self.pages[self.sums.counts.any(axis=1)]))

    @property
    def interval(self) -> tuple[float, float]:
        """The bounds of the 95 % percentile interval."""
        tail = (1 - CONFIDENCE) / 2
        low, high = np.nanquantile(self.resampled, [tail, 1 - tail])
        return float(low), float(high)


class Difference(NamedTuple):
    """One figure's difference between two systems, and how sure it is."""

    difference: float
    low: float  # bounds of the 95 % interval
    high: float
    p: float  # as `bootstrap_p` returns it, not corrected
    detectable: float  # as `detectable_difference` returns it
    n_questions: int


def sum_questions(queries: pd.DataFrame, measure: str, *, questions: pd.Index) -> QuestionSums:
    """Return the sums of ``measure`` by question and cell. Queries without a value (NaN) are left out.

    Args:
        queries: One row per query of one setting: query_lang, passage_lang, question_id and the measure.
        measure: Its name.
        questions: Ids of the benchmark's questions. If ``queries`` lacks one, its counts are 0.

    Raises:
        UserError: ``queries`` has a question that is not among ``questions``.
    """
    known = queries[queries[measure].notna()]
    rows = questions.get_indexer(known["question_id"])
    if (rows < 0).any():
        found = known["question_id"].iloc[int(np.argmin(rows))]
        raise UserError(f"question {found!r} is not among those of the benchmark; run the stage score again")
    groups = known.groupby(LANGUAGE_PAIR, sort=True, observed=True)
    codes, cells = groups.ngroup().to_numpy(), list(groups.size().index)
    shape = len(questions), len(cells)
    places = rows * len(cells) + codes
    size = shape[0] * shape[1]
    totals = np.bincount(places, weights=known[measure].to_numpy(dtype=float), minlength=size)
    return QuestionSums(cells, totals.reshape(shape), np.bincount(places, minlength=size).reshape(shape))


def draw(pages: Sequence[str], generator: np.random.Generator, *, seeds: int = 1, resamples: int = RESAMPLES) -> Draws:
    """Return the resamples for a benchmark whose questions have these ``pages``, in the order of the questions.

    If a page with n questions is drawn k times, k * n of its questions are drawn.
    """
    codes = np.unique(np.asarray(pages, dtype=str), return_inverse=True)[1]
    sizes = np.bincount(codes)
    drawn = generator.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), size=resamples)
    questions = np.empty((resamples, len(codes)), dtype=np.uint16)
    for page, size in enumerate(sizes):
        questions[:, codes == page] = generator.multinomial(drawn[:, page] * size, np.full(size, 1 / size))
    return Draws(questions, generator.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples) / seeds, codes)


def cell_means(sums: QuestionSums, weights: np.ndarray) -> np.ndarray:
    """Return the mean of each cell for each row of ``weights``, shape (rows, cells). Without a query, it is NaN."""
    found = np.empty((len(weights), len(sums.cells)))
    counts, places = np.unique(sums.counts, axis=1, return_inverse=True)  # in parallel benchmarks, all cells are alike
    for start in range(0, len(weights), ROWS_AT_ONCE):
        rows = weights[start : start + ROWS_AT_ONCE].astype(float)
        with np.errstate(invalid="ignore"):  # 0 / 0 if a cell has no query
            found[start : start + ROWS_AT_ONCE] = (rows @ sums.totals) / (rows @ counts)[:, places]
    return found


def macro_means(means: np.ndarray) -> np.ndarray:
    """Return the mean over cells of `cell_means`, shape (rows,).

    If a cell has no query in a row, the mean is over the other cells. It is NaN if no cell has one.
    """
    known = ~np.isnan(means)
    with np.errstate(invalid="ignore"):
        return np.where(known, means, 0.0).sum(axis=1) / known.sum(axis=1)


def macro_mean(sums: QuestionSums) -> float:
    """Return the figure itself, as `average_benchmark` computes it."""
    return float(macro_means(cell_means(sums, np.ones((1, len(sums.totals)))))[0])


def estimate(runs: Sequence[QuestionSums], draws: Draws) -> Estimate:
    """Return a system's figure. ``runs`` has one entry per seed of ``draws``, or one entry if it has no seeds.

    Raises:
        UserError: The runs have scores of different queries, or some seeds have no run.
    """
    return estimate_parts(runs, draws, {MEAN: list(range(len(runs[0].cells)))})[MEAN]


def estimate_languages(runs: Sequence[QuestionSums], draws: Draws) -> dict[str, Estimate]:
    """Return a system's figure (`MEAN`) and that of each query language, from one pass. Else as `estimate`.

    Raises:
        UserError: The runs have scores of different queries, or some seeds have no run.
    """
    parts: dict[str, list[int]] = {MEAN: list(range(len(runs[0].cells)))}
    for i, (lang, _) in enumerate(runs[0].cells):
        parts.setdefault(lang, []).append(i)
    return estimate_parts(runs, draws, parts)


def estimate_parts(runs: Sequence[QuestionSums], draws: Draws, parts: Mapping[str, list[int]]) -> dict[str, Estimate]:
    """Return a system's figure over some of its cells, given by their numbers, for each of ``parts``.

    Raises:
        UserError: The runs have scores of different queries, or some seeds have no run.
    """
    seeds = draws.seeds.shape[1]
    if len(runs) not in (1, seeds):
        raise UserError(f"a system has {len(runs)} runs, expected one for each of {seeds} seeds; make the missing runs")
    for run in runs:
        _check_paired(runs[0], run)
    shares = draws.seeds if len(runs) > 1 else np.ones((len(draws.seeds), 1))
    resampled = {name: np.zeros(len(draws.questions)) for name in parts}
    for run, share in zip(runs, shares.T, strict=True):
        means = cell_means(run, draws.questions)
        for name, cells in parts.items():
            resampled[name] += share * macro_means(means[:, cells])
    found = {}
    for name, cells in parts.items():
        chosen = [
            QuestionSums([run.cells[i] for i in cells], run.totals[:, cells], run.counts[:, cells]) for run in runs
        ]
        of_seeds = np.array([macro_mean(run) for run in chosen])
        found[name] = Estimate(float(of_seeds.mean()), of_seeds, resampled[name], chosen[0], draws.pages)
    return found


def subtract(one: Estimate, other: Estimate, *, factor: float = 1.0) -> Estimate:
    """Return ``one`` minus ``factor`` times ``other``, paired by seed and resample.

    Raises:
        UserError: The two have scores of different queries.
    """
    _check_paired(one.sums, other.sums)
    return Estimate(
        one.value - factor * other.value,
        one.of_seeds - factor * other.of_seeds,
        (one.resampled - factor * other.resampled).round(ZERO_DIGITS),
        one.sums,
        one.pages,
    )


def _check_paired(one: QuestionSums, other: QuestionSums) -> None:
    """Check that two systems have scores of the same queries.

    Raises:
        UserError: They have not.
    """
    if one.cells != other.cells or not np.array_equal(one.counts, other.counts):
        raise UserError("two systems have scores of different queries, expected the same; run the stage score again")


def bootstrap_p(difference: Estimate) -> float:
    """Return the two-sided p-value of the hypothesis that a difference is 0, in (0, 1].

    Of B resamples, let m be the smaller of two numbers: those that are not above 0, and those that are not below 0.
    Then p is 2 (1 + m) / (1 + B), at most 1. A resample without a value counts in both numbers. If all have a value, p
    is below .05 if, and only if, the 95 % interval leaves out 0, up to rounding. With one page only, p is 1.
    """
    if difference.n_pages < 2:
        return 1.0
    below, above = (np.count_nonzero(~side) for side in (difference.resampled > 0, difference.resampled < 0))
    return float(min(1.0, 2 * (1 + min(below, above)) / (1 + len(difference.resampled))))


def detectable_difference(difference: Estimate) -> float:
    """Return the smallest true difference that a two-sided test at the level .05 detects with a power of .8.

    It is (z(.975) + z(.8)) * se = 2.80 se. Here se is the standard deviation of the difference over the resamples.
    """
    z = norm.ppf((1 + CONFIDENCE) / 2) + norm.ppf(POWER)
    return float(z * np.nanstd(difference.resampled, ddof=1))


def compare(one: Estimate, other: Estimate) -> Difference:
    """Return the difference ``one`` minus ``other``, with its interval and test.

    Raises:
        UserError: The two have scores of different queries.
    """
    difference = subtract(one, other)
    return Difference(
        difference.value,
        *difference.interval,
        bootstrap_p(difference),
        detectable_difference(difference),
        difference.n_questions,
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values of one family of comparisons after Holm's correction, in the given order.

    The i-th smallest of m p-values is multiplied by m - i + 1. It is raised to the corrected value of a smaller one if
    that is larger, and is at most 1. If `ALPHA` is the limit, the chance of any false finding in the family is at most
    `ALPHA`.

    Source: Holm 1979.
    """
    order = np.argsort(p_values, kind="stable")
    steps = np.asarray(p_values, dtype=float)[order] * np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected.tolist()
