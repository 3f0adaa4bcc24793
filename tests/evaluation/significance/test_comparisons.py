"""Which systems are compared, and in which figures."""

import numpy as np
import pandas as pd
import pytest

from stages.hybrid.evaluation.names import HEADLINES
from stages.hybrid.evaluation.quality.measures import average_benchmark
from stages.hybrid.evaluation.significance.comparisons import compare_benchmark, find_contrasts
from stages.hybrid.evaluation.significance.intervals import RESAMPLES, holm
from stages.hybrid.evaluation.significance.question_table import question_table
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


def test_systems_are_compared_in_every_headline_figure_that_both_have() -> None:
    queries = random_queries(13)
    pages = queries.assign(page_id=queries["question_id"])
    better = queries.assign(map=queries["map"] + 0.2)
    tables = {
        "base": question_table(queries, random_bias(queries, 1), pages),
        "finetuned": question_table(better, random_bias(queries, 2), pages),
    }
    intervals, table = compare_benchmark(tables, ["base", "finetuned"])
    assert list(zip(table["setting"], table["measure"], strict=True)) == HEADLINES
    assert table["difference"].tolist()[:3] == pytest.approx([0.2] * 3, abs=1e-5)
    assert table["p"].tolist()[:3] == pytest.approx([2 / (1 + RESAMPLES)] * 3)
    assert table["p_holm"].tolist() == holm(table["p"].tolist())
    assert set(table["against"]) == {"base"}
    bounds = intervals[intervals["system"] == "base"].set_index(["setting", "measure"])
    assert set(bounds.index) == set(HEADLINES)  # recall was not measured
    figure = average_benchmark(queries).set_index("setting")["value"]["monolingual"]
    assert bounds["low"]["monolingual", "map"] < figure < bounds["high"]["monolingual", "map"]


def test_a_figure_that_one_system_lacks_is_not_compared() -> None:
    queries = random_queries(13)
    pages = queries.assign(page_id=queries["question_id"])
    unknown = random_bias(queries, 1).assign(rank_distance=np.nan)
    tables = {
        "base": question_table(queries, unknown, pages),
        "finetuned": question_table(queries, random_bias(queries, 2), pages),
    }
    _, table = compare_benchmark(tables, ["base", "finetuned"])
    assert table["measure"].tolist() == ["map"] * 3
    _, alone = compare_benchmark({"base": tables["base"]}, ["base"])
    pd.testing.assert_index_equal(alone.columns, table.columns)
    assert alone.empty
