"""What a plan is made of, against expectations worked out by hand and by simulation."""

import numpy as np
import pandas as pd
import pytest

from stages.hybrid.batches.composition import compare_languages, compare_pairs
from stages.hybrid.batches.pair_index import PairIndex
from stages.hybrid.batches.plan import draw_plan, summarise_plan
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


def test_a_language_that_cannot_fill_a_monolingual_batch_is_not_expected_in_one() -> None:
    pairs = make_pairs(20, "de en ru")
    pairs = pairs[(pairs["lang"] != "ru") | (pairs["group_id"] < "g005")]  # five Russian groups, a batch has eight
    expected = expected_of(make_sampler(pairs, batches=1))
    assert expected == {pair: pytest.approx(0.25) for pair in [("de", "de"), ("de", "en"), ("en", "de"), ("en", "en")]}


def test_data_sets_enter_by_their_share_of_the_kind() -> None:
    data = [PairIndex("english", make_pairs(60, "en")), PairIndex("two", make_pairs(30, "de en"))]  # 60 pairs each
    expected = expected_of(Sampler(data, make_params(batches=1), 1))
    assert expected["en", "en"] == pytest.approx(0.5 * (0.5 + 0.5 * 0.5))
    assert expected["de", "de"] == pytest.approx(0.5 * 0.5 * 0.5)
    assert expected["de", "en"] == pytest.approx(0.5 * 0.5)  # every cross-lingual batch is of the second data set


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


def test_an_english_plan_is_as_expected_without_error() -> None:
    sampler = make_sampler(strategy="en_en", batches=3)
    table = compare_languages(draw_plan(sampler), sampler).set_index("lang")
    assert table.loc["en", ["query_share", "query_expected", "query_standard_error"]].tolist() == [1, 1, 0]
    assert table["query_deviation"].tolist() == [0, 0, 0, 0]


def test_the_summary_sets_the_monolingual_share_beside_its_expectation() -> None:
    sampler = make_sampler(batches=100)
    plan = draw_plan(sampler)
    told = summarise_plan(plan, sampler)["monolingual"]
    assert told["share"] == (plan["kind"] == "monolingual").mean()
    assert told["expected"] == 0.5
    assert told["standard_error"] == pytest.approx(0.05)
    assert told["within_three"]
    skewed = plan.assign(kind=["monolingual"] * 66 + ["cross_lingual"] * 34)
    assert not summarise_plan(skewed, sampler)["monolingual"]["within_three"]  # 0.16 is more than three times 0.05


def test_what_was_never_used_and_how_often_groups_were_is_counted() -> None:
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
