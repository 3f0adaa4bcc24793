import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.hybrid.batches.pair_index import PairIndex
from stages.hybrid.batches.plan import draw_plan, summarise_plan
from stages.hybrid.batches.sampler import Sampler
from stages.hybrid.ground.errors import UserError
from support.toy_plans import make_pairs, make_params, make_sampler


def test_a_monolingual_batch_has_one_language_on_both_sides() -> None:
    batch = make_sampler(strategy="monolingual").draw(0)
    assert batch.query_langs == batch.passage_langs
    assert len(set(batch.query_langs)) == 1


def test_a_cross_lingual_batch_never_pairs_a_language_with_itself() -> None:
    sampler = make_sampler(strategy="cross_lingual")
    for step in range(20):
        batch = sampler.draw(step)
        assert all(query != passage for query, passage in zip(batch.query_langs, batch.passage_langs, strict=True))


def test_an_x_x_batch_mixes_languages_but_pairs_each_with_itself() -> None:
    batch = make_sampler(strategy="x_x").draw(0)
    assert batch.query_langs == batch.passage_langs
    assert len(set(batch.query_langs)) > 1


def test_an_en_en_batch_is_english() -> None:
    batch = make_sampler(strategy="en_en").draw(0)
    assert set(batch.query_langs + batch.passage_langs) == {"en"}


@pytest.mark.parametrize(("ratio", "kind"), [(1.0, "monolingual"), (0.0, "cross_lingual")])
def test_hybrid_with_a_ratio_of_zero_or_one_has_one_kind(ratio: float, kind: str) -> None:
    plan = draw_plan(make_sampler(mono_ratio=ratio))
    assert set(plan["kind"]) == {kind}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), step=st.integers(0, 10**9), ratio=st.floats(0, 1))
def test_any_step_drawn_alone_is_the_same_batch_of_distinct_groups_and_pages(
    seed: int, step: int, ratio: float
) -> None:
    pairs = make_pairs(per_page=2)
    first = make_sampler(pairs, seed, mono_ratio=ratio)
    first.draw(step + 1)  # what was drawn before does not matter
    batch = first.draw(step)
    assert batch == make_sampler(pairs, seed, mono_ratio=ratio).draw(step)
    pages = dict(zip(pairs["group_id"], pairs["page_id"], strict=True))
    assert len({pages[group] for group in batch.group_ids}) == 8


def test_a_known_seed_draws_known_batches() -> None:
    sampler = make_sampler(batch_size=3, seed=7)
    assert sampler.draw(1) == (
        1, "cross_lingual", "toy", ["g028", "g015", "g037"], ["ru", "en", "ru"], ["de", "de", "zh"]
    )  # fmt: skip
    assert sampler.draw(3) == (3, "monolingual", "toy", ["g012", "g027", "g007"], ["de"] * 3, ["de"] * 3)


def test_every_strategy_gives_the_same_number_of_batches_and_pairs() -> None:
    for strategy in ("hybrid", "monolingual", "cross_lingual", "en_en", "x_x"):
        plan = draw_plan(make_sampler(strategy=strategy))
        assert len(plan) == 50
        assert set(plan["group_ids"].map(len)) == {8}


def test_the_share_of_monolingual_batches_is_within_three_standard_errors() -> None:
    plan = draw_plan(make_sampler(mono_ratio=0.3, batches=1000))
    error = np.sqrt(0.3 * 0.7 / 1000)
    assert abs((plan["kind"] == "monolingual").mean() - 0.3) < 3 * error


def test_with_exponent_zero_languages_are_drawn_equally_often_whatever_their_size() -> None:
    pairs = make_pairs(60, "de en")
    pairs = pairs[(pairs["lang"] == "en") | (pairs["group_id"] < "g020")]  # 60 English groups, 20 German
    plan = draw_plan(make_sampler(pairs, strategy="monolingual", batches=1000))
    share = (plan["query_langs"].map(lambda langs: langs[0]) == "de").mean()
    assert abs(share - 0.5) < 3 * np.sqrt(0.25 / 1000)


def test_with_exponent_one_languages_are_drawn_in_proportion_to_their_size() -> None:
    pairs = make_pairs(60, "de en")
    pairs = pairs[(pairs["lang"] == "en") | (pairs["group_id"] < "g020")]
    plan = draw_plan(make_sampler(pairs, strategy="monolingual", batches=1000, language_exponent=1.0))
    share = (plan["query_langs"].map(lambda langs: langs[0]) == "de").mean()
    assert abs(share - 20 / 80) < 3 * np.sqrt(0.25 * 0.75 / 1000)


def test_a_language_of_weight_0_is_left_out_and_named_in_the_summary() -> None:
    sampler = make_sampler(language_weights={"ru": 0.0})
    plan = draw_plan(sampler)
    assert summarise_plan(plan, sampler)["datasets"][0]["unused_languages"] == ["ru"]


def test_a_language_with_fewer_groups_than_a_batch_makes_no_monolingual_batch() -> None:
    pairs = make_pairs(40, "de en")
    pairs = pairs[(pairs["lang"] == "en") | (pairs["group_id"] < "g005")]
    plan = draw_plan(make_sampler(pairs, strategy="monolingual"))
    assert {lang for langs in plan["query_langs"] for lang in langs} == {"en"}


def test_twins_never_meet_in_a_batch() -> None:
    pairs = make_pairs(20)
    pairs["twin_id"] = pairs["group_id"].str[:3]  # ten groups that say the same, and ten more
    batch = make_sampler(pairs, batch_size=2).draw(0)
    assert len({group[:3] for group in batch.group_ids}) == 2


def test_a_batch_of_more_pairs_than_pages_is_filled_and_the_pairs_that_share_a_page_are_counted() -> None:
    sampler = make_sampler(make_pairs(20, per_page=10), batches=5, batch_size=8)
    plan = draw_plan(sampler)
    assert all(len(set(groups)) == 8 for groups in plan["group_ids"])
    assert summarise_plan(plan, sampler)["datasets"][0]["unfair_pairs"] == 5 * 6  # 8 pairs on 2 pages


def test_training_sets_are_drawn_in_proportion_to_their_size() -> None:
    data = [PairIndex("small", make_pairs(20)), PairIndex("large", make_pairs(60))]
    plan = draw_plan(Sampler(data, make_params(batches=1000), 1))
    assert abs((plan["dataset"] == "large").mean() - 0.75) < 3 * np.sqrt(0.25 * 0.75 / 1000)


def test_ordered_pairs_of_languages_are_drawn_by_the_product_of_their_weights() -> None:
    plan = draw_plan(make_sampler(strategy="cross_lingual", batches=500, language_weights={"de": 2.0, "zh": 0.0}))
    drawn = plan[["query_langs", "passage_langs"]].explode(["query_langs", "passage_langs"])
    shares = drawn.value_counts(normalize=True)
    # products de>en 2, de>ru 2, en>ru 1, and the same the other way: 10 in all
    for pair, share in {("de", "en"): 0.2, ("en", "de"): 0.2, ("en", "ru"): 0.1, ("ru", "en"): 0.1}.items():
        assert abs(shares[pair] - share) < 3 * np.sqrt(share * (1 - share) / len(drawn))


def test_groups_in_few_languages_are_drawn_only_in_these() -> None:
    languages = "ar cs de en es fr it ja ko pl ru zh"
    pairs = make_pairs(30, languages)
    few = (pairs["group_id"] >= "g015") & ~pairs["lang"].isin(["de", "en", "ja"])  # 15 groups in 3 of 12 languages
    has = set(pairs[~few][["group_id", "lang"]].itertuples(index=False, name=None))
    plan = draw_plan(make_sampler(pairs[~few], batches=100))
    used = {
        (group, lang)
        for side in ("query_langs", "passage_langs")
        for groups, langs in zip(plan["group_ids"], plan[side], strict=True)
        for group, lang in zip(groups, langs, strict=True)
    }
    assert used <= has
    assert {lang for group, lang in used if group >= "g015"} == {"de", "en", "ja"}


def test_two_languages_that_share_too_few_groups_are_paired_only_with_others() -> None:
    pairs = make_pairs(40, "de en ru")
    pairs = pairs[
        ((pairs["lang"] != "de") | (pairs["group_id"] < "g020"))
        & ((pairs["lang"] != "ru") | (pairs["group_id"] >= "g013"))
    ]
    plan = draw_plan(make_sampler(pairs, strategy="cross_lingual"))  # de and ru share seven groups, a batch has eight
    drawn = plan[["query_langs", "passage_langs"]].explode(["query_langs", "passage_langs"])
    assert set(drawn.itertuples(index=False, name=None)) == {("de", "en"), ("en", "de"), ("ru", "en"), ("en", "ru")}


def test_an_english_training_set_makes_monolingual_batches_only_and_the_summary_says_so() -> None:
    data = [PairIndex("english", make_pairs(40, "en")), PairIndex("many", make_pairs(40))]
    sampler = Sampler(data, make_params(batches=200), 1)
    plan = draw_plan(sampler)
    assert set(plan[plan["dataset"] == "english"]["kind"]) == {"monolingual"}
    assert set(plan[plan["dataset"] == "many"]["kind"]) == {"monolingual", "cross_lingual"}
    assert abs((plan["kind"] == "monolingual").mean() - 0.5) < 3 * np.sqrt(0.25 / 200)
    left_out = {row["dataset"]: row["kinds_left_out"] for row in summarise_plan(plan, sampler)["datasets"]}
    assert left_out == {"english": ["cross_lingual"], "many": []}


def test_parallel_text_makes_cross_lingual_batches_only_and_the_summary_says_so() -> None:
    sentences = make_pairs(40).assign(passage="q")  # query and passage are equal
    sampler = Sampler([PairIndex("sentences", sentences), PairIndex("help", make_pairs(40))], make_params(), 1)
    plan = draw_plan(sampler)
    assert set(plan[plan["dataset"] == "sentences"]["kind"]) == {"cross_lingual"}
    assert set(plan[plan["kind"] == "monolingual"]["dataset"]) == {"help"}
    left_out = {row["dataset"]: row["kinds_left_out"] for row in summarise_plan(plan, sampler)["datasets"]}
    assert left_out == {"sentences": ["monolingual"], "help": []}


def test_parallel_text_alone_cannot_make_monolingual_batches() -> None:
    message = (
        r"monolingual batch .*: found at most 0 groups .*, not counting sets in which every query is its own passage"
    )
    with pytest.raises(UserError, match=message):
        make_sampler(make_pairs(20).assign(passage="q"))


def test_english_data_alone_cannot_make_cross_lingual_batches() -> None:
    with pytest.raises(
        UserError, match=r"^no training set can make a cross_lingual batch of 8 pairs: found at most 0 gr"
    ):
        make_sampler(make_pairs(20, "en"))


def test_a_batch_of_one_page_has_each_group_once() -> None:
    batch = make_sampler(make_pairs(8, per_page=8), batch_size=8).draw(0)
    assert sorted(batch.group_ids) == [f"g{i:03d}" for i in range(8)]


def test_a_batch_too_large_for_the_data_is_refused_in_one_line() -> None:
    with pytest.raises(
        UserError, match=r"batch of 50 pairs: found at most 40 groups .*, expected 50; lower sampler.batch_si"
    ):
        make_sampler(batch_size=50)


def test_en_en_without_english_is_refused() -> None:
    with pytest.raises(UserError, match="en_en batch of 8 pairs: found at most 0 groups"):
        make_sampler(make_pairs(20, "de ru"), strategy="en_en")


def test_weights_that_leave_no_language_are_refused() -> None:
    with pytest.raises(UserError, match=r"found at most 0 groups .*sampler.language_weights"):
        make_sampler(language_weights=dict.fromkeys(["de", "en", "ru", "zh"], 0.0))


def test_a_weight_for_a_language_that_no_training_set_has_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"language_weights names fr, expected languages of .* \(de, en, ru, zh\); remove"
    ):
        make_sampler(language_weights={"fr": 2.0})
