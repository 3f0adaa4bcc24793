"""How figures are named: every measure has its words."""

import pandas as pd
import pytest

from stages.hybrid.evaluation.bias.agreement import translation_agreement
from stages.hybrid.evaluation.bias.measures import average_bias, language_divergences, measure_bias
from stages.hybrid.evaluation.names import QUERY, gain_sign
from stages.hybrid.evaluation.quality.measures import measure_names, measure_queries
from stages.hybrid.report.by_language import BIAS
from stages.hybrid.report.figures import MEASURES, name_measure, name_system, show_p

RANKS = pd.DataFrame(
    [
        ("q:de", "q", "de", "p:de", "de", 1, 1, 1),
        ("q:de", "q", "de", "p:en", "en", 1, 2, 1),
        ("q:en", "q", "en", "p:de", "de", 1, 2, 1),
        ("q:en", "q", "en", "p:en", "en", 1, 1, 1),
    ],
    columns=[*QUERY, "passage_id", "passage_lang", "relevance", "rank_pool", "rank_lang"],
)


def without_depth(names: list[str]) -> set[str]:
    return {name.partition("@")[0] for name in names}


def bias_measures() -> list[str]:
    """Return the measures of a query in `measure_bias`, and those that `average_bias` adds."""
    top = RANKS.rename(columns={"rank_pool": "rank"})
    agreement = translation_agreement(RANKS, top, top_k=2)
    biased = measure_bias(RANKS, top, agreement=agreement, pool_size=2, top_k=2)
    averages = average_bias(biased, language_divergences(top, pool_langs=2), top_k=2)
    return [*biased.columns.drop(QUERY), *averages["measure"]]


def test_every_measure_has_a_name_and_every_measure_of_bias_an_explanation() -> None:
    of_queries = measure_names(measure_queries(RANKS, [10]))
    assert without_depth([*of_queries, *bias_measures()]) == set(MEASURES)
    assert without_depth(bias_measures()) == set(BIAS)


def test_a_measure_without_a_name_is_not_passed_over() -> None:
    assert name_measure("ndcg@10") == "nDCG@10"
    with pytest.raises(KeyError):
        name_measure("speed@10")


def test_systems_are_named_in_words() -> None:
    names = ["base", "base+centred", "base+centred_training", "base+lir"]
    assert [name_system(name) for name in names] == [
        "base",
        "the centred base",
        "base centred on training text",
        "base+lir",
    ]


def test_only_a_smaller_rank_distance_is_a_gain() -> None:
    assert {name for name in MEASURES if gain_sign(name) < 0} == {"rank_distance", "rank_distance_share"}


def test_a_p_that_would_round_to_the_limit_has_a_digit_more() -> None:
    shown = [show_p(p) for p in (0.0004, 0.0123, 0.0496, 0.0504, 0.0521, 1.0)]
    assert shown == ["< 0.001", "0.012", "0.0496", "0.0504", "0.052", "1.000"]
