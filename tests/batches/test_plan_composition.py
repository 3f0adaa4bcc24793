"""A plan's shares of languages, compared with expected shares that were computed by hand and by simulation."""

import numpy as np
import pandas as pd
import pytest

from stages.hybrid.batches.pair_index import PairIndex
from stages.hybrid.batches.plan import draw_plan, summarise_plan
from stages.hybrid.batches.plan_composition import compare_languages, compare_pairs
from stages.hybrid.batches.sampler import Sampler
from support.toy_plans import make_pairs, make_params, make_sampler


def expected_of(sampler: Sampler) -> dict[tuple[str, str], float]:
    table = compare_pairs(draw_plan(sampler), sampler)
    return {(row.query_lang, row.passage_lang): row.expected for row in table.itertuples()}


def test_expected_shares_of_a_hybrid_plan_by_hand() -> None:
    expected = expected_of(make_sampler(make_pairs(20, "de en ru"), mono_ratio=0.4, batches=1))
    assert expected["de", "de"] == pytest.approx(0.4 / 3)  # one language of three
    assert expected["de", "en"] == pytest.approx(0.6 / 6)  # one ordered pair of six
    assert len(expected) == 9
    assert sum(expected.values()) == pytest.approx(1)


def test_a_language_that_cannot_fill_a_monolingual_batch_has_an_expected_share_of_zero() -> None:
    pairs = make_pairs(20, "de en ru")
    pairs = pairs[(pairs["lang"] != "ru") | (pairs["group_id"] < "g005")]  # five Russian groups, a batch has eight
    expected = expected_of(make_sampler(pairs, batches=1))
    assert expected == {pair: pytest.approx(0.25) for pair in [("de", "de"), ("de", "en"), ("en", "de"), ("en", "en")]}


def test_training_sets_count_by_their_share_of_each_kind() -> None:
    data = [PairIndex("english", make_pairs(60, "en")), PairIndex("two", make_pairs(30, "de en"))]  # 60 pairs each
    expected = expected_of(Sampler(data, make_params(batches=1), 1))
    assert expected["en", "en"] == pytest.approx(0.5 * (0.5 + 0.5 * 0.5))
    assert expected["de", "de"] == pytest.approx(0.5 * 0.5 * 0.5)
    assert expected["de", "en"] == pytest.approx(0.5 * 0.5)  # every cross-lingual batch is from the second training set


def test_standard_errors_are_the_spread_of_many_plans() -> None:
    sampler = make_sampler(make_pairs(20, "de en ru"), batches=10)
    draws = [compare_languages(draw_plan(make_sampler(make_pairs(20, "de en ru"), seed, batches=10)), sampler)
             for seed in range(100)]  # fmt: skip
    shares = np.array([table["query_share"] for table in draws])  # (plans, languages)
    assert np.allclose(shares.std(axis=0) / draws[0]["query_standard_error"], 1, atol=0.25)
    deviations = np.array([table["query_deviation"] for table in draws])
    assert (np.abs(deviations) < 3).mean() > 0.98


def test_observed_pairs_are_counted_by_direction() -> None:
    sampler = make_sampler(make_pairs(20, "de en"), strategy="cross_lingual", batches=2, batch_size=4)
    table = compare_pairs(draw_plan(sampler), sampler)
    assert table[["query_lang", "passage_lang"]].to_numpy().tolist() == [["de", "en"], ["en", "de"]]
    assert table["pairs"].sum() == 8
    assert table["share"].sum() == pytest.approx(1)


def test_an_english_plan_has_its_expected_share_with_a_standard_error_of_zero() -> None:
    sampler = make_sampler(strategy="en_en", batches=3)
    table = compare_languages(draw_plan(sampler), sampler).set_index("lang")
    assert table.loc["en", ["query_share", "query_expected", "query_standard_error"]].tolist() == [1, 1, 0]
    assert table["query_deviation"].tolist() == [0, 0, 0, 0]


def test_the_summary_compares_the_monolingual_share_with_the_expected_share() -> None:
    sampler = make_sampler(batches=100)
    plan = draw_plan(sampler)
    ratio = summarise_plan(plan, sampler)["monolingual"]
    assert ratio["share"] == (plan["kind"] == "monolingual").mean()
    assert ratio["expected"] == 0.5
    assert ratio["standard_error"] == pytest.approx(0.05)
    assert ratio["within_three"]
    skewed = plan.assign(kind=["monolingual"] * 66 + ["cross_lingual"] * 34)
    assert not summarise_plan(skewed, sampler)["monolingual"]["within_three"]  # 0.16 is more than three times 0.05


def test_the_summary_counts_unused_pairs_and_the_uses_of_groups() -> None:
    pairs = make_pairs(4, "de en")
    sampler = make_sampler(pairs, batches=2, batch_size=2)
    rows = [
        (0, "monolingual", "toy", ["g000", "g001"], ["de", "de"], ["de", "de"]),
        (1, "cross_lingual", "toy", ["g000", "g002"], ["de", "en"], ["en", "de"]),
    ]
    plan = pd.DataFrame(rows, columns=["step", "kind", "dataset", "group_ids", "query_langs", "passage_langs"])
    summary = summarise_plan(plan, sampler)
    unused = {row["lang"]: (row["pairs"], row["unused_pairs"]) for row in summary["languages"]}
    assert unused == {"de": (4, 1), "en": (4, 2)}  # g003; g001 and g003
    used = summary["datasets"][0]
    assert used["groups_by_uses"] == {"0": 1, "1": 2, "2": 1}
    assert used["unused_groups"] == 1
