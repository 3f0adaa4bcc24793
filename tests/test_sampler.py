import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.hybrid.errors import UserError
from stages.hybrid.plan import draw_plan, summarise_plan
from stages.hybrid.sampler import PairIndex, Sampler, SamplerSettings


def make_pairs(groups: int = 40, languages: str = "de en ru zh", per_page: int = 1) -> pd.DataFrame:
    """Return ``groups`` groups in all of ``languages``, ``per_page`` of them on each page, each its own twin."""
    rows = [(f"g{g:03d}", f"p{g // per_page:03d}", lang) for g in range(groups) for lang in languages.split()]
    table = pd.DataFrame(rows, columns=["group_id", "page_id", "lang"])
    return table.assign(query="q", passage="p", twin_id=table["group_id"])


def make_settings(**changed: object) -> SamplerSettings:
    values: dict[str, object] = {
        "strategy": "hybrid",
        "mono_ratio": 0.5,
        "batches": 50,
        "batch_size": 8,
        "dataset_exponent": 1.0,
        "language_exponent": 0.0,
        "language_weights": {},
    }
    return SamplerSettings(**(values | changed))  # type: ignore[arg-type]


def make_sampler(pairs: pd.DataFrame | None = None, seed: int = 1, **changed: object) -> Sampler:
    return Sampler([PairIndex("toy", make_pairs() if pairs is None else pairs)], make_settings(**changed), seed)


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
def test_hybrid_at_its_ends_is_one_strategy(ratio: float, kind: str) -> None:
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
    batch = make_sampler(batch_size=3, seed=7).draw(3)
    assert batch.kind == "cross_lingual"
    assert batch.group_ids == ["g027", "g012", "g036"]
    assert batch.query_langs == ["de", "de", "ru"]
    assert batch.passage_langs == ["en", "ru", "en"]


def test_every_strategy_gives_the_same_number_of_batches_and_pairs() -> None:
    for strategy in ("hybrid", "monolingual", "cross_lingual", "en_en", "x_x"):
        plan = draw_plan(make_sampler(strategy=strategy))
        assert len(plan) == 50
        assert set(plan["group_ids"].map(len)) == {8}


def test_the_share_of_monolingual_batches_is_within_three_standard_errors() -> None:
    plan = draw_plan(make_sampler(mono_ratio=0.3, batches=1000))
    error = np.sqrt(0.3 * 0.7 / 1000)
    assert abs((plan["kind"] == "monolingual").mean() - 0.3) < 3 * error


def test_languages_are_uniform_whatever_their_size() -> None:
    pairs = make_pairs(60, "de en")
    pairs = pairs[(pairs["lang"] == "en") | (pairs["group_id"] < "g020")]  # 60 English groups, 20 German
    plan = draw_plan(make_sampler(pairs, strategy="monolingual", batches=1000))
    share = (plan["query_langs"].map(lambda langs: langs[0]) == "de").mean()
    assert abs(share - 0.5) < 3 * np.sqrt(0.25 / 1000)


def test_languages_by_size_follow_their_size() -> None:
    pairs = make_pairs(60, "de en")
    pairs = pairs[(pairs["lang"] == "en") | (pairs["group_id"] < "g020")]
    plan = draw_plan(make_sampler(pairs, strategy="monolingual", batches=1000, language_exponent=1.0))
    share = (plan["query_langs"].map(lambda langs: langs[0]) == "de").mean()
    assert abs(share - 20 / 80) < 3 * np.sqrt(0.25 * 0.75 / 1000)


def test_a_language_of_weight_0_is_left_out_and_named_in_the_summary() -> None:
    sampler = make_sampler(language_weights={"ru": 0.0})
    plan = draw_plan(sampler)
    assert summarise_plan(plan, sampler.datasets)["datasets"][0]["unused_languages"] == ["ru"]


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


def test_more_pairs_than_pages_still_fill_the_batch_and_are_counted() -> None:
    sampler = make_sampler(make_pairs(20, per_page=10), batches=5, batch_size=8)
    plan = draw_plan(sampler)
    assert all(len(set(groups)) == 8 for groups in plan["group_ids"])
    assert summarise_plan(plan, sampler.datasets)["datasets"][0]["crowded_pairs"] == 5 * 6  # 8 pairs on 2 pages


def test_datasets_are_drawn_by_size() -> None:
    data = [PairIndex("small", make_pairs(20)), PairIndex("large", make_pairs(60))]
    plan = draw_plan(Sampler(data, make_settings(batches=1000), 1))
    assert abs((plan["dataset"] == "large").mean() - 0.75) < 3 * np.sqrt(0.25 * 0.75 / 1000)


def test_the_summary_counts_pairs_by_direction() -> None:
    sampler = make_sampler(make_pairs(20, "de en"), strategy="cross_lingual", batches=2, batch_size=4)
    summary = summarise_plan(draw_plan(sampler), sampler.datasets)
    assert set(summary["pairs_by_direction"]) == {"de>en", "en>de"}
    assert sum(summary["pairs_by_direction"].values()) == summary["pairs"] == 8


def test_a_batch_too_large_for_the_data_is_refused_in_one_line() -> None:
    with pytest.raises(
        UserError, match=r"batch of 50 pairs needs 50 groups .*found 40 at most; lower sampler.batch_size"
    ):
        make_sampler(batch_size=50)


def test_en_en_without_english_is_refused() -> None:
    with pytest.raises(UserError, match="found 0 at most"):
        make_sampler(make_pairs(20, "de ru"), strategy="en_en")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"mono_ratio": 1.5}, "mono_ratio is 1.5, expected a probability"),
        ({"strategy": "x"}, "strategy is 'x', expected one of hybrid"),
        ({"batches": 0}, "batches is 0"),
        ({"language_exponent": 2.0}, "language_exponent is 2.0, expected 0"),
        ({"language_weights": {"de": -1.0}}, "expected no negative weight"),
    ],
)
def test_settings_out_of_range_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        make_settings(**changed)
