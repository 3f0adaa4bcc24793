"""How sure a benchmark's figures are: intervals and tests over questions, never over their translations.

A figure is the mean over the queries of each cell, then over the cells of a setting, as `average_benchmark` and
`average_bias` compute it. A question is drawn, or its sign flipped, with all its translations in all cells at once. The
eleven translations of a question are not eleven independent samples. Questions on one paragraph are treated as
independent.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from stages.hybrid.evaluation.names import LANGUAGE_PAIR
from stages.hybrid.ground.errors import UserError

SEED = 13  # of the resampling; not a parameter, so that the same scores have the same intervals in every run
ALPHA = 0.05  # a difference is significant if its corrected p is below this
CONFIDENCE = 0.95
POWER = 0.8  # of detecting a `detectable_difference`
RESAMPLES = 2_000
FLIPS = 9_999  # of the randomisation test


class QuestionSums(NamedTuple):
    """What each question adds to each cell of one setting, for one measure."""

    cells: list[tuple[str, str]]  # query language and passage language
    totals: np.ndarray  # (questions, cells): sum of the measure over the question's queries in the cell
    counts: np.ndarray  # (questions, cells): number of these queries


class Draws(NamedTuple):
    """Random numbers that all intervals and tests of a benchmark share."""

    weights: np.ndarray  # (resamples, questions): how often a resample has the question
    signs: np.ndarray  # (flips, questions): 1 or -1


class Difference(NamedTuple):
    """One figure's difference between two systems, and how sure it is."""

    difference: float
    low: float  # bounds of the 95 % interval
    high: float
    p: float  # of the paired randomisation test, two-sided, not corrected
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


def average_sums(runs: Sequence[QuestionSums]) -> QuestionSums:
    """Return the mean of the sums of several runs, question by question, such as those of one system with many seeds.

    Raises:
        UserError: The runs have scores of different queries.
    """
    for run in runs:
        _check_paired(runs[0], run)
    return runs[0]._replace(totals=np.mean([run.totals for run in runs], axis=0))


def subtract(one: QuestionSums, other: QuestionSums) -> QuestionSums:
    """Return ``one`` minus ``other``, question by question.

    Raises:
        UserError: The two have scores of different queries.
    """
    _check_paired(one, other)
    return one._replace(totals=one.totals - other.totals)


def shift(difference: QuestionSums, threshold: float) -> QuestionSums:
    """Return ``difference`` minus ``threshold``, to test whether it differs from the threshold instead of from 0."""
    return difference._replace(totals=difference.totals - threshold * difference.counts)


def select_languages(sums: QuestionSums, query_langs: Collection[str]) -> QuestionSums:
    """Return the sums of the cells with these query languages."""
    chosen = [i for i, (query_lang, _) in enumerate(sums.cells) if query_lang in query_langs]
    return QuestionSums([sums.cells[i] for i in chosen], sums.totals[:, chosen], sums.counts[:, chosen])


def _check_paired(one: QuestionSums, other: QuestionSums) -> None:
    """Check that two systems have scores of the same queries.

    Raises:
        UserError: They have not.
    """
    if one.cells != other.cells or not np.array_equal(one.counts, other.counts):
        raise UserError("two systems have scores of different queries, expected the same; run the stage score again")


def draw(questions: int, generator: np.random.Generator, *, resamples: int = RESAMPLES, flips: int = FLIPS) -> Draws:
    """Return the random numbers for a benchmark with this number of questions."""
    weights = generator.multinomial(questions, np.full(questions, 1 / questions), size=resamples)
    signs = generator.integers(0, 2, size=(flips, questions)) * 2 - 1
    return Draws(weights.astype(float), signs.astype(float))


def macro_means(sums: QuestionSums, weights: np.ndarray) -> np.ndarray:
    """Return the figure, which is the mean over cells of their means, for each row of ``weights``: shape (resamples,).

    If a cell has no query in a resample, the mean is over the other cells.
    """
    with np.errstate(invalid="ignore"):  # 0 / 0 if a cell, or every cell, has no query
        means = (weights @ sums.totals) / (weights @ sums.counts)  # (resamples, cells)
        known = ~np.isnan(means)
        return np.where(known, means, 0.0).sum(axis=1) / known.sum(axis=1)


def macro_mean(sums: QuestionSums) -> float:
    """Return the figure itself, as `average_benchmark` computes it."""
    return float(macro_means(sums, np.ones((1, len(sums.totals))))[0])


def bootstrap_interval(sums: QuestionSums, weights: np.ndarray) -> tuple[float, float]:
    """Return the bounds of the 95 % percentile interval of the figure over resampled questions.

    Source: Efron and Tibshirani 1993, chapter 13; by cluster, Davison and Hinkley 1997, section 3.8.
    """
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(macro_means(sums, weights), [tail, 1 - tail])
    return float(low), float(high)


def randomisation_p(sums: QuestionSums, signs: np.ndarray) -> float:
    """Return the two-sided p-value of a difference, in (0, 1].

    It is (1 + number of flips at least as large as the observed difference) / (1 + number of flips). If two systems
    were equally good, a question's differences would be as likely with the other sign. Let d be the differences and n
    the number of queries of a cell. Then a question adds u = mean over cells of (sum of d / n) to the figure. A flip
    is the sum of s u with random signs s.

    Source: the paired randomisation test of Smucker et al. 2007; the added 1 is that of Phipson and Smyth 2010.
    """
    added = (sums.totals / sums.counts.sum(axis=0)).mean(axis=1)  # (questions,), summing to the figure
    observed = abs(added.sum())
    at_least = np.abs(signs @ added) >= observed * (1 - 1e-9)  # values that are equal up to rounding count
    return float((1 + np.count_nonzero(at_least)) / (1 + len(signs)))


def detectable_difference(sums: QuestionSums) -> float:
    """Return the smallest true difference that a two-sided test at the level .05 detects with a power of .8.

    It is (z(.975) + z(.8)) * sd / sqrt(n) = 2.80 sd / sqrt(n) over the n questions. Here sd is the standard deviation
    of what a question adds to the figure: n * mean over cells of (sum of (d - m_c) / n_c). d are the question's
    differences; m_c and n_c are the mean and the number of queries of a cell. If every question has one query in every
    cell, sd is the standard deviation of the questions' mean differences. With fewer than two questions, NaN.
    """
    n = sums.counts.sum(axis=0)  # (cells,)
    asked = sums.counts.any(axis=1)
    added = ((sums.totals - sums.counts * (sums.totals.sum(axis=0) / n)) / n).mean(axis=1)[asked]
    if len(added) < 2:
        return float("nan")
    z = norm.ppf((1 + CONFIDENCE) / 2) + norm.ppf(POWER)
    return float(z * (added * len(added)).std(ddof=1) / np.sqrt(len(added)))


def compare(one: QuestionSums, other: QuestionSums, draws: Draws) -> Difference:
    """Return the difference ``one`` minus ``other``, with its interval and test.

    Raises:
        UserError: The two have scores of different queries.
    """
    difference = subtract(one, other)
    return Difference(
        macro_mean(difference),
        *bootstrap_interval(difference, draws.weights),
        randomisation_p(difference, draws.signs),
        detectable_difference(difference),
        int(difference.counts.any(axis=1).sum()),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values of one family of comparisons after Holm's correction, in the given order.

    The i-th smallest of m p-values is multiplied by m - i + 1. It is raised to the corrected value of a smaller one if
    that is larger, and is at most 1. If `ALPHA` is the limit, the chance of any false finding in the family is at most
    `ALPHA`.

    Source: Holm 1979.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    rising = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(rising, 1.0)
    return corrected.tolist()
