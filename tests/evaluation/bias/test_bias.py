"""Language bias: each measure by hand, its bounds and its edges."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.hybrid.evaluation.bias.measures import (
    attention_fairness,
    average_bias,
    bias_by_pair,
    equal_expected_ranks,
    language_divergences,
    language_shares,
    measure_bias,
    own_language_first,
    own_language_share,
    rank_distances,
)

RANK_COLUMNS = [
    "query_id",
    "question_id",
    "query_lang",
    "passage_id",
    "passage_lang",
    "relevance",
    "rank_pool",
    "rank_lang",
]
TOP_COLUMNS = ["query_id", "query_lang", "passage_lang", "rank"]


def make_ranks(*queries: tuple[str, str, dict[str, int]]) -> pd.DataFrame:
    """Build ranks from (question id, query language, pool rank of the relevant passage by language)."""
    rows = [
        (f"{lang}-{question}", question, lang, f"{other}-{question}-p", other, 1, rank, 1)
        for question, lang, ranks in queries
        for other, rank in ranks.items()
    ]
    return pd.DataFrame(rows, columns=RANK_COLUMNS)


def make_top(*queries: tuple[str, str, list[str]]) -> pd.DataFrame:
    """Build the top passages from (question id, query language, languages of the passages from rank 1)."""
    rows = [
        (f"{lang}-{question}", lang, other, rank)
        for question, lang, langs in queries
        for rank, other in enumerate(langs, 1)
    ]
    return pd.DataFrame(rows, columns=TOP_COLUMNS)


RANKS = make_ranks(
    ("1", "en", {"en": 1, "de": 3, "th": 9}),
    ("1", "de", {"en": 2, "de": 1, "th": 4}),
    ("1", "th", {"en": 1, "de": 2, "th": 5}),
)


def test_rank_distance_is_the_last_relevant_rank_minus_the_first() -> None:
    assert rank_distances(RANKS).to_dict() == {"en-1": 9 - 1, "de-1": 4 - 1, "th-1": 5 - 1}


def test_a_query_with_one_relevant_passage_has_no_rank_distance() -> None:
    assert rank_distances(make_ranks(("1", "en", {"en": 7}))).empty


def test_own_language_first_compares_the_best_own_passage_with_the_best_other() -> None:
    assert own_language_first(RANKS).to_dict() == {"en-1": 1.0, "de-1": 1.0, "th-1": 0.0}


def test_own_language_first_leaves_out_queries_without_passages_in_both_kinds_of_language() -> None:
    ranks = make_ranks(("1", "en", {"en": 1}), ("1", "de", {"en": 1}))
    assert own_language_first(ranks).empty


def test_own_language_share_counts_the_top_passages() -> None:
    assert own_language_share(make_top(("1", "en", ["en", "en", "de", "en"]))).to_dict() == {"en-1": 3 / 4}


def test_attention_fairness_equals_that_by_hand() -> None:
    ranks = make_ranks(("1", "en", {"en": 1, "de": 2}))
    # Attention 1, 1 and 1 / log2(3): English has the first two ranks, German the third; the target is one half each.
    english, german = 2.0, 1 / math.log2(3)
    e = [english / (english + german), german / (english + german)]
    middle = [(x + 1 / 2) / 2 for x in e]
    divergence = sum(x * math.log(x / m) + 0.5 * math.log(0.5 / m) for x, m in zip(e, middle, strict=True)) / 2
    found = attention_fairness(ranks, make_top(("1", "en", ["en", "en", "de"])))
    assert found.to_dict() == {"en-1": pytest.approx(1 - divergence)}


def test_attention_fairness_is_1_for_the_target_and_1_minus_ln_2_if_its_languages_are_absent() -> None:
    ranks = make_ranks(("1", "en", {"en": 1, "de": 2}), ("2", "en", {"de": 1}))
    top = make_top(("1", "en", ["en", "de"]), ("2", "en", ["en", "th"]))
    found = attention_fairness(ranks, top)
    assert found["en-1"] == pytest.approx(1.0)  # ranks 1 and 2 have the same attention
    assert found["en-2"] == pytest.approx(1 - math.log(2))


def ranked(*passages: tuple[str, int, int]) -> pd.DataFrame:
    """Build the ranks of one query from (passage language, relevance, pool rank)."""
    rows = [("q", "q", "en", f"p{i}", lang, grade, rank, 1) for i, (lang, grade, rank) in enumerate(passages)]
    return pd.DataFrame(rows, columns=RANK_COLUMNS)


def test_peer_equals_the_kruskal_wallis_p_value_by_hand() -> None:
    # Ranks 1, 2 and 3, 6: m = 3, so H = (4 - 1) * (2 * (1.5 - 3)^2 + 2 * (4.5 - 3)^2) / (2^2 + 1^2 + 0^2 + 3^2).
    h = 3 * (2 * 1.5**2 + 2 * 1.5**2) / 14
    found = equal_expected_ranks(ranked(("en", 1, 1), ("en", 1, 2), ("de", 1, 3), ("de", 1, 6)))
    # The chi-squared distribution with one degree of freedom has the upper tail erfc(sqrt(h / 2)).
    assert found.to_dict() == {"q": pytest.approx(math.erfc(math.sqrt(h / 2)))}


def test_peer_is_the_mean_over_the_relevance_levels_that_can_be_tested() -> None:
    # Level 2: de and en share the mean 2.5, so H is 0 and p is 1. Level 1: H = 3 * 4 * 4^2 / (5^2 + 3^2 + 3^2 + 5^2).
    # Level 3 has one language only.
    levels = [("en", 2, 1), ("en", 2, 4), ("de", 2, 2), ("de", 2, 3)]
    levels += [("en", 1, 11), ("en", 1, 13), ("de", 1, 19), ("de", 1, 21), ("de", 3, 5), ("de", 3, 6)]
    h = 3 * 4 * 4**2 / 68
    assert equal_expected_ranks(ranked(*levels))["q"] == pytest.approx((1 + math.erfc(math.sqrt(h / 2))) / 2)


def test_peer_is_not_defined_with_one_relevant_passage_per_language() -> None:
    assert equal_expected_ranks(RANKS).empty
    assert equal_expected_ranks(RANKS.iloc[:0]).empty


@given(
    st.lists(st.sampled_from(["de", "en", "th"]), min_size=1, max_size=9),
    st.permutations(range(1, 10)),
)
def test_peer_is_a_probability(langs: list[str], ranks: list[int]) -> None:
    found = equal_expected_ranks(ranked(*((lang, 1, rank) for lang, rank in zip(langs, ranks, strict=False))))
    assert ((found >= 0) & (found <= 1)).all()


def test_divergence_is_zero_for_equal_shares_and_ln_l_for_one_language() -> None:
    top = make_top(("1", "en", ["en", "de"]), ("1", "de", ["de", "de"]))
    found = language_divergences(top, pool_langs=2)
    assert found.to_dict() == {"de": pytest.approx(math.log(2)), "en": pytest.approx(0.0)}
    # shares 1/2 and 1/2 of four languages: ln(1/2 * 4)
    assert language_divergences(top, pool_langs=4)["en"] == pytest.approx(math.log(2))


def test_shares_sum_to_one_for_each_query_language() -> None:
    generator = np.random.default_rng(0)
    langs = ["de", "en", "th"]
    top = make_top(*[(str(i), lang, list(generator.choice(langs, 5))) for i in range(20) for lang in langs])
    assert np.allclose(language_shares(top).sum(axis=1), 1.0)


def test_the_mean_gives_every_query_language_the_same_weight() -> None:
    ranks = make_ranks(
        ("1", "en", {"en": 1, "de": 2}),
        ("2", "en", {"en": 1, "de": 4}),
        ("1", "de", {"en": 1, "de": 11}),
    )
    top = make_top(("1", "en", ["en", "de"]), ("2", "en", ["en", "en"]), ("1", "de", ["en", "en"]))
    table = average_bias(
        measure_bias(ranks, top, agreement={}, pool_size=20, top_k=2), language_divergences(top, pool_langs=2), top_k=2
    ).set_index(["query_lang", "measure"])
    values = table["value"]
    assert values["en", "rank_distance"] == (1 + 3) / 2
    assert values["de", "rank_distance"] == 10
    assert values["mean", "rank_distance"] == (2 + 10) / 2
    assert table["n_queries"]["mean", "rank_distance"] == 3
    assert values["mean", "rank_distance_share"] == pytest.approx(6 / 20)
    assert values["mean", "own_language_share@2"] == (3 / 4 + 0) / 2
    divergence = 3 / 4 * math.log(3 / 4 * 2) + 1 / 4 * math.log(1 / 4 * 2)
    assert values["en", "language_divergence@2"] == pytest.approx(divergence)


def test_a_measure_that_is_not_defined_for_any_query_is_left_out() -> None:
    ranks, top = make_ranks(("1", "en", {"en": 3})), make_top(("1", "en", ["en"]))
    table = average_bias(
        measure_bias(ranks, top, agreement={}, pool_size=5, top_k=1), language_divergences(top, pool_langs=1), top_k=1
    )
    assert not {"rank_distance", "own_language_first", "peer"} & set(table["measure"])
    assert table["value"].notna().all()


def test_agreement_of_a_query_is_the_mean_over_the_other_translations() -> None:
    pairs = pd.DataFrame(
        [("en-1", "en", "de", 0.5), ("en-1", "en", "th", 0.0)],
        columns=["query_id", "query_lang", "other_lang", "value"],
    )
    top = make_top(("1", "en", ["en"]))
    table = measure_bias(RANKS, top, agreement={"mrc@1": pairs}, pool_size=9, top_k=1).set_index("query_id")
    assert table["mrc@1"]["en-1"] == 0.25
    assert math.isnan(table["mrc@1"]["de-1"])


def test_language_pairs_have_share_mean_rank_first_and_agreement() -> None:
    top = make_top(("1", "en", ["en", "de"]), ("1", "de", ["de", "de"]), ("1", "th", ["en", "th"]))
    pairs = pd.DataFrame([("en-1", "en", "de", 0.5)], columns=["query_id", "query_lang", "other_lang", "value"])
    table = bias_by_pair(RANKS, top, agreement={"mrc@2": pairs}, top_k=2)
    table = table.set_index(["query_lang", "passage_lang", "measure"])
    assert table["value"]["en", "de", "share@2"] == 0.5
    assert table["n_queries"]["en", "de", "share@2"] == 1
    assert table["value"]["de", "en", "share@2"] == 0.0
    assert table["value"]["en", "th", "mean_rank"] == 9.0
    assert table["value"]["th", "en", "first"] == 1.0
    assert table["value"]["th", "th", "first"] == 0.0
    assert table["value"]["en", "de", "mrc@2"] == 0.5


def test_a_language_without_a_top_passage_has_a_share_of_zero() -> None:
    table = bias_by_pair(RANKS, make_top(("1", "en", ["en", "en"])), agreement={}, top_k=2)
    shares = table[table["measure"] == "share@2"].set_index(["query_lang", "passage_lang"])
    assert shares["value"].to_dict() == {("en", "de"): 0.0, ("en", "en"): 1.0, ("en", "th"): 0.0}
    assert set(shares["n_queries"]) == {1}
