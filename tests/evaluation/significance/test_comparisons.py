"""Which systems are compared, and in which figures."""

import numpy as np
import pytest

from stages.hybrid.evaluation.names import HEADLINES
from stages.hybrid.evaluation.quality.measures import average_benchmark
from stages.hybrid.evaluation.significance.comparisons import (
    compare_systems,
    figures_of,
    find_contrasts,
    find_intervals,
    questions_of,
)
from stages.hybrid.evaluation.significance.intervals import draw
from support.random_measures import random_bias, random_queries


def test_models_are_compared_with_the_first_and_with_the_first_centred() -> None:
    models = ["base", "finetuned", "other"]
    found = find_contrasts(models, ["random", *models, "base+centred", "base+lir", "finetuned+centred"])
    assert found == [
        ("finetuned", "base"),
        ("finetuned", "base+centred"),
        ("finetuned+centred", "base+centred"),
        ("other", "base"),
        ("other", "base+centred"),
    ]
    assert find_contrasts(["base"], ["base", "base+centred"]) == []


def test_systems_are_compared_in_every_figure_that_both_have() -> None:
    queries = random_queries(13)
    better = queries.assign(map=queries["map"] + 0.2)
    figures = {
        "base": figures_of(queries, random_bias(queries, 1)),
        "finetuned": figures_of(better, random_bias(queries, 2)),
    }
    questions = questions_of(figures)
    draws = draw(len(questions), np.random.default_rng(14), resamples=200, flips=199)
    table = compare_systems(figures, [("finetuned", "base")], draws=draws, questions=questions)
    assert list(zip(table["setting"], table["measure"], strict=True)) == HEADLINES
    assert table["difference"].tolist()[:3] == pytest.approx([0.2] * 3)
    assert table["p"].tolist()[:3] == [1 / 200] * 3
    assert set(table["against"]) == {"base"}
    intervals = find_intervals(figures["base"], draws, questions=questions).set_index(["setting", "measure"])
    assert set(intervals.index) == set(HEADLINES)
    figure = average_benchmark(queries).set_index("setting")["value"]["monolingual"]
    assert intervals["low"]["monolingual", "map"] < figure < intervals["high"]["monolingual", "map"]
