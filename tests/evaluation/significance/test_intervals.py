"""Intervals and tests: by hand, compared with scipy and with the benchmark's figures, and by simulation."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stages.hybrid.evaluation.bias.measures import average_bias
from stages.hybrid.evaluation.names import MEAN
from stages.hybrid.evaluation.quality.measures import average_benchmark
from stages.hybrid.evaluation.significance.comparisons import figures_of, questions_of
from stages.hybrid.evaluation.significance.intervals import (
    QuestionSums,
    average_sums,
    bootstrap_interval,
    compare,
    detectable_difference,
    draw,
    holm,
    macro_mean,
    macro_means,
    randomisation_p,
    subtract,
    sum_questions,
)
from stages.hybrid.ground.errors import UserError
from support.random_measures import random_bias, random_queries


def of_one_cell(values: list[float]) -> QuestionSums:
    """Return the sums of questions that have one query each, all in one cell."""
    return QuestionSums([("en", "en")], np.array(values)[:, None], np.ones((len(values), 1), dtype=int))


def test_sums_equal_those_by_hand_and_leave_out_queries_without_a_value() -> None:
    queries = pd.DataFrame(
        [("de", "all", "a", 0.2), ("de", "all", "b", 0.6), ("en", "all", "a", 1.0), ("en", "all", "b", np.nan)],
        columns=["query_lang", "passage_lang", "question_id", "map"],
    )
    sums = sum_questions(queries, "map", questions=pd.Index(["a", "b", "c"]))
    assert sums.cells == [("de", "all"), ("en", "all")]
    assert sums.totals.tolist() == [[0.2, 1.0], [0.6, 0.0], [0.0, 0.0]]
    assert sums.counts.tolist() == [[1, 1], [1, 0], [0, 0]]
    assert macro_mean(sums) == pytest.approx(((0.2 + 0.6) / 2 + 1.0) / 2)


def test_the_mean_of_sums_is_the_benchmarks_figure_even_if_languages_have_unequal_numbers_of_queries() -> None:
    queries = random_queries(1)
    biased = random_bias(queries, 1)
    figures = figures_of(queries, biased)
    questions = questions_of({"base": figures})
    means = average_benchmark(queries).set_index("setting")["value"]
    for setting in ("monolingual", "cross_lingual", "multilingual"):
        sums = sum_questions(figures[setting, "map"], "map", questions=questions)
        assert macro_mean(sums) == pytest.approx(means[setting], abs=1e-12)
    averages = average_bias(biased, pd.Series(dtype=float), top_k=10)
    distance = averages[(averages["query_lang"] == MEAN) & (averages["measure"] == "rank_distance")]["value"].item()
    sums = sum_questions(figures["multilingual", "rank_distance"], "rank_distance", questions=questions)
    assert macro_mean(sums) == pytest.approx(distance, abs=1e-12)


def test_a_resample_is_the_figure_of_the_questions_that_were_drawn() -> None:
    queries = random_queries(2, questions=8, missing=0.0)
    table = queries[queries["setting"] == "cross_lingual"]
    questions = pd.Index(sorted(table["question_id"].unique()))
    sums = sum_questions(table, "map", questions=questions)
    weights = draw(len(questions), np.random.default_rng(3), resamples=20).weights
    assert (weights.sum(axis=1) == len(questions)).all()
    for row, mean in zip(weights, macro_means(sums, weights), strict=True):
        drawn = pd.concat(
            [table[table["question_id"] == q] for q, n in zip(questions, row, strict=True) for _ in range(int(n))]
        )
        assert mean == pytest.approx(average_benchmark(drawn)["value"].item())


def test_a_cell_that_is_empty_in_a_resample_is_left_out_of_its_mean() -> None:
    sums = QuestionSums([("de", "all"), ("en", "all")], np.array([[0.5, 0.9], [0.3, 0.0]]), np.array([[1, 1], [1, 0]]))
    assert macro_means(sums, np.array([[0.0, 2.0]])).tolist() == [0.3]


def test_the_interval_agrees_with_scipy() -> None:
    values = np.random.default_rng(4).random(25)
    sums = of_one_cell(values.tolist())
    ours = bootstrap_interval(sums, draw(25, np.random.default_rng(5), resamples=20_000).weights)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(6)
    ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.004)  # the interval is 0.2 wide


def test_the_randomisation_test_agrees_with_all_64_sign_patterns_of_six_questions() -> None:
    values = [0.3, 0.1, -0.05, 0.2, 0.15, -0.02]
    patterns = np.array(list(itertools.product([1, -1], repeat=6)))
    exact = np.mean(np.abs(patterns @ values) >= abs(sum(values)) - 1e-12)
    scipys = stats.permutation_test((np.array(values),), np.mean, permutation_type="samples").pvalue
    assert exact == pytest.approx(scipys)
    p = randomisation_p(of_one_cell(values), draw(6, np.random.default_rng(7), flips=40_000).signs)
    assert p == pytest.approx(exact, abs=0.006)  # four standard errors
    # with all patterns as flips, only the added 1 differs
    assert randomisation_p(of_one_cell(values), patterns) == pytest.approx((1 + 64 * exact) / 65)


def test_the_randomisation_test_gives_cells_and_not_queries_the_same_weight() -> None:
    # three queries of English gain 0, 3 and 3, one of German loses 2: the means over languages, 2 and -2, cancel
    totals, counts = np.array([[-2.0, 0.0], [0.0, 3.0], [0.0, 3.0]]), np.array([[1, 1], [0, 1], [0, 1]])
    patterns = np.array(list(itertools.product([1, -1], repeat=3)))
    assert randomisation_p(QuestionSums([("de", "de"), ("en", "en")], totals, counts), patterns) == 1.0


def test_equal_systems_have_a_p_of_one_and_no_p_is_zero() -> None:
    signs = draw(40, np.random.default_rng(8), flips=99).signs
    assert randomisation_p(of_one_cell([0.0] * 40), signs) == 1.0
    assert randomisation_p(of_one_cell([1.0] * 40), signs) == 1 / 100


def test_without_a_true_difference_p_is_uniformly_distributed() -> None:
    generator = np.random.default_rng(9)
    signs = draw(40, generator, flips=999).signs
    p_values = []
    for _ in range(400):
        shared = generator.normal(size=(40, 1))  # what the translations of a question have in common
        noise = shared + 0.3 * generator.normal(size=(40, 5))
        sums = QuestionSums([("en", str(i)) for i in range(5)], noise, np.ones((40, 5), dtype=int))
        p_values.append(randomisation_p(sums, signs))
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.035)


def test_if_translations_were_treated_as_independent_too_many_differences_would_be_significant() -> None:
    generator = np.random.default_rng(10)
    wrong = []
    for _ in range(100):
        noise = generator.normal(size=(40, 1)) + 0.3 * generator.normal(size=(40, 5))
        wrong.append(randomisation_p(of_one_cell(noise.ravel().tolist()), draw(200, generator, flips=199).signs))
    assert np.mean(np.array(wrong) < 0.05) > 0.2


def test_the_detectable_difference_of_one_cell_is_that_of_the_textbook() -> None:
    values = [0.1, -0.1, 0.3, 0.2]
    sd = np.std(values, ddof=1)
    assert detectable_difference(of_one_cell(values)) == pytest.approx((1.959964 + 0.841621) * sd / np.sqrt(4))
    assert np.isnan(detectable_difference(of_one_cell([0.1])))


def test_differences_between_cells_do_not_raise_the_detectable_difference() -> None:
    # every German question gains .5, every English one .1: whichever questions are asked, the figure is .3
    counts = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 1]])
    sums = QuestionSums([("de", "de"), ("en", "en")], counts * np.array([0.5, 0.1]), counts)
    assert detectable_difference(sums) == pytest.approx(0.0, abs=1e-12)


def test_the_detectable_difference_is_found_four_times_in_five() -> None:
    generator = np.random.default_rng(11)
    asked = (generator.random((60, 4)) < 0.7).astype(int)
    asked[:, 0] = 1  # no question without a query
    signs = draw(60, generator, flips=499).signs

    def differences(shift: float) -> QuestionSums:
        noise = generator.normal(size=(60, 1)) + 0.5 * generator.normal(size=(60, 4))
        return QuestionSums([("en", str(i)) for i in range(4)], (noise + shift) * asked, asked)

    detectable = float(np.mean([detectable_difference(differences(0.0)) for _ in range(200)]))
    found = [randomisation_p(differences(detectable), signs) <= 0.05 for _ in range(500)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.06)


def test_holms_correction_equals_that_by_hand() -> None:
    # sorted .01 .02 .03 .04: times 4, 3, 2, 1 gives .04 .06 .06 .04, and none falls below a smaller one's
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([0.02]) == [0.02]
    assert holm([]) == []


def test_seeds_are_averaged_question_by_question() -> None:
    one, other = of_one_cell([0.2, 0.4]), of_one_cell([0.4, 0.8])
    assert average_sums([one, other]).totals.ravel() == pytest.approx([0.3, 0.6])
    assert macro_mean(subtract(average_sums([one, other]), one)) == pytest.approx((0.1 + 0.2) / 2)


def test_systems_with_scores_of_different_queries_are_not_compared() -> None:
    draws = draw(2, np.random.default_rng(12), resamples=5, flips=5)
    lacking = QuestionSums([("en", "en")], np.array([[0.1], [0.0]]), np.array([[1], [0]]))
    with pytest.raises(UserError, match="two systems have scores of different queries, expected the same"):
        compare(of_one_cell([0.1, 0.2]), lacking, draws)
    table = pd.DataFrame([("en", "en", "z", 0.5)], columns=["query_lang", "passage_lang", "question_id", "map"])
    with pytest.raises(UserError, match="question 'z' is not among those of the benchmark"):
        sum_questions(table, "map", questions=pd.Index(["a"]))


def test_the_same_seed_gives_the_same_interval() -> None:
    sums = of_one_cell(np.random.default_rng(15).random(20).tolist())
    one, other = (bootstrap_interval(sums, draw(20, np.random.default_rng(16), resamples=50).weights) for _ in "ab")
    assert one == other
