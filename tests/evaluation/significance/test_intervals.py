"""Intervals and tests: by hand, compared with scipy and with the benchmark's figures, and by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stages.hybrid.evaluation.bias.measures import average_bias
from stages.hybrid.evaluation.names import MEAN
from stages.hybrid.evaluation.quality.measures import average_benchmark
from stages.hybrid.evaluation.significance.intervals import (
    Draws,
    Estimate,
    QuestionSums,
    bootstrap_p,
    cell_means,
    compare,
    detectable_difference,
    draw,
    estimate,
    estimate_languages,
    holm,
    macro_mean,
    macro_means,
    subtract,
    sum_questions,
)
from stages.hybrid.ground.errors import UserError
from support.random_measures import random_bias, random_queries


def draws_of(questions: int, seed: int, *, resamples: int = 2_000, seeds: int = 1) -> Draws:
    """Return resamples of questions that have a page each."""
    pages = [f"p{i}" for i in range(questions)]
    return draw(pages, np.random.default_rng(seed), resamples=resamples, seeds=seeds)


def of_resamples(values: list[float]) -> Estimate:
    """Return a difference with these values in its resamples."""
    return Estimate(0.0, np.zeros(1), np.array(values), of_one_cell([0.0, 0.0]), np.array([0, 1]))


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
    questions = pd.Index(sorted(queries["question_id"].unique()))
    means = average_benchmark(queries).set_index("setting")["value"]
    for setting in ("monolingual", "cross_lingual", "multilingual"):
        sums = sum_questions(queries[queries["setting"] == setting], "map", questions=questions)
        assert macro_mean(sums) == pytest.approx(means[setting], abs=1e-12)
    averages = average_bias(biased, pd.Series(dtype=float), top_k=10)
    distance = averages[(averages["query_lang"] == MEAN) & (averages["measure"] == "rank_distance")]["value"].item()
    sums = sum_questions(biased.assign(passage_lang="all"), "rank_distance", questions=questions)
    assert macro_mean(sums) == pytest.approx(distance, abs=1e-12)


def test_a_resample_is_the_figure_of_the_questions_that_were_drawn() -> None:
    queries = random_queries(2, questions=8, missing=0.0)
    table = queries[queries["setting"] == "cross_lingual"]
    questions = pd.Index(sorted(table["question_id"].unique()))
    sums = sum_questions(table, "map", questions=questions)
    weights = draw(list("aabbbccc"), np.random.default_rng(3), resamples=20).questions
    for row, mean in zip(weights, macro_means(cell_means(sums, weights)), strict=True):
        drawn = pd.concat(
            [table[table["question_id"] == q] for q, n in zip(questions, row, strict=True) for _ in range(int(n))]
        )
        assert mean == pytest.approx(average_benchmark(drawn)["value"].item())


def test_as_many_pages_are_drawn_as_there_are_and_of_a_drawn_page_as_many_questions_as_it_has() -> None:
    weights = draw(list("aabbbc"), np.random.default_rng(4), resamples=5_000).questions
    drawn = np.stack([weights[:, [0, 1]].sum(axis=1) / 2, weights[:, [2, 3, 4]].sum(axis=1) / 3, weights[:, 5]])
    assert (drawn == drawn.round()).all()
    assert (drawn.sum(axis=0) == 3).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(6), abs=0.07)
    # page a is drawn k times with probability binomial(3, 1/3); given k, its first question is drawn half of 2k times
    assert (weights[:, 0] == 0).mean() == pytest.approx(
        sum(stats.binom.pmf(k, 3, 1 / 3) / 4**k for k in range(4)), abs=0.02
    )


def test_the_draw_agrees_with_one_that_takes_pages_and_questions_out_of_lists() -> None:
    generator = np.random.default_rng(5)
    pages = {"a": [0.1, 0.9], "b": [0.4, 0.5, 0.6], "c": [0.0], "d": [0.3, 0.8]}
    slow = []
    for _ in range(4_000):
        values: list[float] = []
        for name in generator.choice(list(pages), size=len(pages)):
            values += generator.choice(pages[name], size=len(pages[name])).tolist()
        slow.append(np.mean(values))
    codes = [name for name, values in pages.items() for _ in values]
    draws = draw(codes, np.random.default_rng(6), resamples=4_000)
    fast = estimate([of_one_cell([value for values in pages.values() for value in values])], draws).resampled
    assert np.quantile(fast, [0.025, 0.5, 0.975]) == pytest.approx(np.quantile(slow, [0.025, 0.5, 0.975]), abs=0.02)


def test_a_cell_that_is_empty_in_a_resample_is_left_out_of_its_mean() -> None:
    sums = QuestionSums([("de", "all"), ("en", "all")], np.array([[0.5, 0.9], [0.3, 0.0]]), np.array([[1, 1], [1, 0]]))
    assert macro_means(cell_means(sums, np.array([[0.0, 2.0]]))).tolist() == [0.3]


def test_the_interval_agrees_with_scipy_if_every_question_has_its_own_page() -> None:
    # a page of one question is drawn with its question, so the two levels are one
    values = np.random.default_rng(4).random(25)
    ours = estimate([of_one_cell(values.tolist())], draws_of(25, 5, resamples=20_000)).interval
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(6)
    ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.004)  # the interval is 0.2 wide


def test_a_resample_of_seeds_weighs_each_seed_by_how_often_it_was_drawn() -> None:
    sums = [of_one_cell([0.2, 0.4]), of_one_cell([0.6, 1.0])]
    draws = Draws(
        np.array([[1, 1], [1, 1], [2, 0]], dtype=np.uint16),
        np.array([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]]),
        np.array([0, 1]),
    )
    found = estimate(sums, draws)
    assert found.of_seeds == pytest.approx([0.3, 0.8])
    assert found.value == pytest.approx(0.55)
    assert found.resampled == pytest.approx([0.55, 0.3, 0.6])


def test_the_figure_of_a_language_is_that_of_its_cells_alone() -> None:
    cells = [("de", "en"), ("en", "de"), ("de", "fr")]
    sums = [QuestionSums(cells, np.array([[0.2, 0.9, 0.4], [0.6, 0.1, 0.8]]) * k, np.ones((2, 3), int)) for k in (1, 2)]
    draws = draws_of(2, 1, resamples=40, seeds=2)
    found = estimate_languages(sums, draws)
    alone = [QuestionSums([cells[0], cells[2]], one.totals[:, [0, 2]], one.counts[:, [0, 2]]) for one in sums]
    expected = estimate(alone, draws)
    assert list(found) == ["mean", "de", "en"]
    assert found["mean"].resampled == pytest.approx(estimate(sums, draws).resampled)
    assert found["de"].value == pytest.approx((0.4 + 0.6) / 2 * 1.5)
    assert found["de"].resampled == pytest.approx(expected.resampled)
    assert found["de"].of_seeds == pytest.approx(expected.of_seeds)


def test_a_difference_is_paired_by_seed_so_what_both_have_of_a_seed_does_not_widen_it() -> None:
    draws = draws_of(2, 7, seeds=2)
    of_seed = {13: 0.0, 14: 0.5}  # what a seed adds to both systems
    one, other = (
        estimate([of_one_cell([0.1 + more + plus, 0.3 + more + plus]) for plus in of_seed.values()], draws)
        for more in (0.2, 0.0)
    )
    assert subtract(one, other).interval == pytest.approx((0.2, 0.2))
    assert one.interval[1] - one.interval[0] > 0.4


def test_p_is_twice_the_share_of_resamples_on_the_other_side() -> None:
    assert bootstrap_p(of_resamples([0.1] * 97 + [-0.1] * 2)) == pytest.approx(2 * 3 / 100)
    assert bootstrap_p(of_resamples([-0.1] * 97 + [0.1] * 2)) == pytest.approx(2 * 3 / 100)
    assert bootstrap_p(of_resamples([0.1] * 99)) == pytest.approx(2 / 100)  # no p is 0
    assert bootstrap_p(of_resamples([0.0] * 99)) == 1.0  # equal systems


def test_a_resample_without_a_value_counts_against_a_difference_and_one_page_shows_nothing() -> None:
    assert bootstrap_p(of_resamples([0.1] * 89 + [np.nan] * 10)) == pytest.approx(2 * 11 / 100)
    alone = draw(["p", "p", "p"], np.random.default_rng(1), resamples=99)
    assert bootstrap_p(estimate([of_one_cell([0.1, 0.2, 0.3])], alone)) == 1.0


def test_what_is_zero_but_for_rounding_errors_is_zero() -> None:
    draws = draws_of(3, 1, resamples=50)
    one = estimate([of_one_cell([0.1, 0.2, 0.3])], draws)
    other = one._replace(resampled=one.resampled + 1e-16)
    assert bootstrap_p(subtract(other, one)) == 1.0


def test_p_is_below_a_twentieth_if_and_only_if_the_interval_leaves_out_zero() -> None:
    generator = np.random.default_rng(8)
    draws = draws_of(30, 9)
    for _ in range(200):
        found = estimate([of_one_cell(generator.normal(0.35, 1.0, 30).tolist())], draws)
        low, high = found.interval
        if abs(bootstrap_p(found) - 0.05) > 0.005:
            assert (bootstrap_p(found) < 0.05) == (low > 0 or high < 0)


def test_the_margin_is_a_share_of_the_other_figure_in_every_resample() -> None:
    draws = draws_of(2, 10)
    one, other = estimate([of_one_cell([0.5, 0.3])], draws), estimate([of_one_cell([0.6, 0.2])], draws)
    tested = subtract(one, other, factor=0.99)
    assert tested.value == pytest.approx(0.4 - 0.99 * 0.4)
    assert tested.resampled == pytest.approx(one.resampled - 0.99 * other.resampled)


def page_noise(generator: np.random.Generator, *, pages: int, each: int) -> np.ndarray:
    """Return differences of questions whose mean is 0. Questions on one page have most of it in common."""
    return (generator.normal(size=(pages, 1)) + 0.5 * generator.normal(size=(pages, each))).ravel()


def test_without_a_true_difference_about_one_in_twenty_is_significant() -> None:
    generator = np.random.default_rng(11)
    pages = [str(page) for page in range(60) for _ in range(3)]
    draws = draw(pages, generator, resamples=1_000)
    p_values = [
        bootstrap_p(estimate([of_one_cell(page_noise(generator, pages=60, each=3).tolist())], draws))
        for _ in range(400)
    ]
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.03)


def test_if_questions_on_one_page_were_treated_as_independent_too_many_would_be_significant() -> None:
    generator = np.random.default_rng(12)
    draws = draws_of(180, 13, resamples=1_000)
    p_values = [
        bootstrap_p(estimate([of_one_cell(page_noise(generator, pages=60, each=3).tolist())], draws))
        for _ in range(200)
    ]
    assert np.mean(np.array(p_values) < 0.05) > 0.15


def test_with_three_seeds_that_alone_vary_a_quarter_of_equal_samplings_differ_significantly() -> None:
    # all three of a seed's differences have one sign with probability 1/4, and 1/27 of the resamples have one seed only
    generator = np.random.default_rng(14)
    draws = draws_of(5, 15, seeds=3)
    found = [
        bootstrap_p(estimate([of_one_cell([shift] * 5) for shift in generator.normal(size=3)], draws)) < 0.05
        for _ in range(1_000)
    ]
    assert np.mean(found) == pytest.approx(0.25, abs=0.05)


def test_the_detectable_difference_of_one_cell_is_nearly_that_of_the_textbook() -> None:
    values = np.random.default_rng(16).normal(size=200)
    found = detectable_difference(estimate([of_one_cell(values.tolist())], draws_of(200, 17, resamples=10_000)))
    assert found == pytest.approx((1.959964 + 0.841621) * np.std(values) / np.sqrt(200), rel=0.03)


def test_the_detectable_difference_is_found_four_times_in_five() -> None:
    generator = np.random.default_rng(18)
    draws = draws_of(60, 19, resamples=1_000)

    def difference(shift: float) -> Estimate:
        noise = generator.normal(size=(60, 1)) + 0.5 * generator.normal(size=(60, 4))
        sums = QuestionSums([("en", str(i)) for i in range(4)], noise + shift, np.ones((60, 4), dtype=int))
        return estimate([sums], draws)

    detectable = float(np.mean([detectable_difference(difference(0.0)) for _ in range(100)]))
    found = [bootstrap_p(difference(detectable)) <= 0.05 for _ in range(300)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.07)


def test_holms_correction_equals_that_by_hand() -> None:
    # sorted .01 .02 .03 .04: times 4, 3, 2, 1 gives .04 .06 .06 .04, and none falls below a smaller one's
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([0.02]) == [0.02]
    assert holm([]) == []


def test_systems_with_scores_of_different_queries_are_not_compared() -> None:
    draws = draws_of(2, 20, resamples=5)
    lacking = QuestionSums([("en", "en")], np.array([[0.1], [0.0]]), np.array([[1], [0]]))
    one, other = estimate([of_one_cell([0.1, 0.2])], draws), estimate([lacking], draws)
    with pytest.raises(UserError, match="two systems have scores of different queries, expected the same"):
        compare(one, other)
    with pytest.raises(UserError, match="two systems have scores of different queries"):
        estimate([of_one_cell([0.1, 0.2]), lacking], draws_of(2, 20, resamples=5, seeds=2))
    with pytest.raises(UserError, match="a system has 2 runs, expected one for each of 3 seeds"):
        estimate([of_one_cell([0.1, 0.2])] * 2, draws_of(2, 20, resamples=5, seeds=3))
    table = pd.DataFrame([("en", "en", "z", 0.5)], columns=["query_lang", "passage_lang", "question_id", "map"])
    with pytest.raises(UserError, match="question 'z' is not among those of the benchmark"):
        sum_questions(table, "map", questions=pd.Index(["a"]))


def test_the_same_seed_gives_the_same_interval() -> None:
    sums = of_one_cell(np.random.default_rng(15).random(20).tolist())
    one, other = (estimate([sums], draws_of(20, 16, resamples=50)).interval for _ in "ab")
    assert one == other
