"""Expected shares of training sets, with and without parallel text, computed by hand."""

import numpy as np
import pytest

from stages.hybrid.batches.dataset_shares import describe_limits, expect_dataset_shares
from stages.hybrid.batches.pair_index import PairIndex
from stages.hybrid.batches.plan import draw_plan, summarise_plan
from stages.hybrid.batches.sampler import Sampler
from support.toy_plans import make_pairs, make_params

HELP = PairIndex("help", make_pairs(30, "de en"))  # 60 pairs
SENTENCES = PairIndex("sentences", make_pairs(45, "de en").assign(passage="q"))  # 90 pairs; queries are passages
ENGLISH = PairIndex("english", make_pairs(20, "en"))  # 20 pairs
SMALL = PairIndex("small", make_pairs(3, "de en"))  # fewer groups than a batch has pairs


def make_lines(datasets: list[PairIndex], **changed: object) -> list[str]:
    sampler = Sampler(datasets, make_params(**changed), 1)
    rows = summarise_plan(draw_plan(sampler), sampler)["datasets"]
    return [describe_limits(row, sampler.params.mono_ratio) for row in rows]


def test_parallel_text_has_its_share_of_the_cross_lingual_batches_only() -> None:
    shares = expect_dataset_shares(Sampler([HELP, SENTENCES], make_params(mono_ratio=0.25), 1))
    assert shares == {
        "help": {"now": pytest.approx(0.25 + 0.75 * 0.4), "at_mono_ratio_0": 60 / 150, "at_mono_ratio_1": 1.0},
        "sentences": {"now": pytest.approx(0.75 * 0.6), "at_mono_ratio_0": 90 / 150, "at_mono_ratio_1": 0.0},
    }


@pytest.mark.parametrize("ratio", [0.0, 0.3, 1.0])
def test_shares_add_up_to_1_and_lie_between_those_of_the_two_kinds_as_the_ratio_does(ratio: float) -> None:
    sampler = Sampler([HELP, SENTENCES, ENGLISH], make_params(mono_ratio=ratio, dataset_exponent=0.5), 1)
    shares = expect_dataset_shares(sampler).values()
    now, none, all_ = np.array([list(share.values()) for share in shares]).T  # (training sets,) each
    assert now == pytest.approx((1 - ratio) * none + ratio * all_)
    assert [column.sum() for column in (now, none, all_)] == pytest.approx([1, 1, 1])


def test_the_plan_draws_each_training_set_with_its_expected_share() -> None:
    sampler = Sampler([HELP, SENTENCES], make_params(batches=400, batch_size=2), 1)
    rows = summarise_plan(draw_plan(sampler), sampler)["datasets"]
    assert rows[1]["expected_share"]["now"] == pytest.approx(0.3)
    assert abs(rows[1]["batches"] / 400 - 0.3) < 3 * np.sqrt(0.3 * 0.7 / 400)


@pytest.mark.parametrize(
    ("ratio", "shares"),
    [
        (0.5, "0.30 at mono_ratio 0.5, 0.60 at 0.0 and 0.00 at 1.0"),
        (0.0, "0.60 at mono_ratio 0.0 and 0.00 at 1.0"),
        (1.0, "0.00 at mono_ratio 1.0 and 0.60 at 0.0"),
    ],
)
def test_a_set_without_monolingual_batches_is_named_with_its_shares(ratio: float, shares: str) -> None:
    assert make_lines([HELP, SENTENCES], mono_ratio=ratio) == [
        "",
        f"sentences cannot make monolingual batches: its expected share of the batches is {shares}, so mono_ratio also "
        "changes the training sets' shares",
    ]


def test_a_set_without_cross_lingual_batches_is_named_too() -> None:
    _, line = make_lines([HELP, ENGLISH])
    assert line.startswith("english cannot make cross_lingual batches: its expected share of the batches is 0.12 at")
    assert "0.12 at mono_ratio 0.5, 0.00 at 0.0 and 0.25 at 1.0" in line  # 20 of 80 pairs, in half of the batches


def test_sets_that_make_both_kinds_have_equal_shares_at_every_ratio_and_no_line() -> None:
    twice = [HELP, PairIndex("more", make_pairs(20, "de en ru"))]
    shares = expect_dataset_shares(Sampler(twice, make_params(), 1))
    assert shares["help"] == {"now": 0.5, "at_mono_ratio_0": 0.5, "at_mono_ratio_1": 0.5}
    assert make_lines(twice) == ["", ""]


def test_a_set_that_makes_no_batch_at_all_is_named_without_shares() -> None:
    end = "batches; data/plan_summary.json has the batches that it makes"
    assert make_lines([HELP, SMALL]) == ["", f"small cannot make monolingual or cross_lingual {end}"]


def test_a_strategy_that_does_not_use_the_ratio_has_no_shares_at_other_ratios() -> None:
    params = make_params(strategy="monolingual")
    shares = expect_dataset_shares(Sampler([HELP, SENTENCES], params, 1))
    assert shares == {"help": {"now": 1.0}, "sentences": {"now": 0.0}}
    end = "batches; data/plan_summary.json has the batches that it makes"
    assert make_lines([HELP, SENTENCES], strategy="monolingual") == ["", f"sentences cannot make monolingual {end}"]


def test_parallel_text_alone_has_no_share_at_a_ratio_of_1_and_no_line() -> None:
    assert expect_dataset_shares(Sampler([SENTENCES], make_params(mono_ratio=0.0), 1)) == {"sentences": {"now": 1.0}}
    assert make_lines([SENTENCES], mono_ratio=0.0) == [""]
