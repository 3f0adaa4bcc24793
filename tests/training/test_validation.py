"""The validation loss: the batches that it is measured on, and when training stops."""

from pathlib import Path

import pandas as pd
import pytest

from stages.hybrid.encoding.model import load_encoder
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Batch
from stages.hybrid.training.dual_encoder import DualEncoder
from stages.hybrid.training.plan_batches import PlanBatches
from stages.hybrid.training.validation import draw_validation, validation_loss, validations_since_best
from support.toy_training import make_held_out, make_pairs, make_params, train, train_encoder, train_until


def held_out(languages_of: dict[str, str]) -> pd.DataFrame:
    """Return pairs to validate on, from each group's languages."""
    rows = [("toy", group, lang) for group, langs in languages_of.items() for lang in langs.split()]
    return pd.DataFrame(rows, columns=["dataset", "group_id", "lang"]).assign(query="q", passage="p")


def test_validation_batches_by_hand() -> None:
    batches = draw_validation(held_out({"g0": "de en", "g1": "de en", "g2": "en"}), 2, seed=1)
    assert batches["kind"].tolist() == ["monolingual"] * 2 + ["cross_lingual"] * 2
    mono, cross = batches[:2], batches[2:]
    assert sorted(mono["query_langs"]) == [["de", "de"], ["en", "en"]]
    assert mono["query_langs"].tolist() == mono["passage_langs"].tolist()
    assert [sorted(groups) for groups in cross["group_ids"]] == [["g0", "g1"]] * 2
    for queries, passages in zip(cross["query_langs"], cross["passage_langs"], strict=True):
        assert all({query, passage} == {"de", "en"} for query, passage in zip(queries, passages, strict=True))


def test_validation_batches_have_a_plan_s_columns_and_depend_on_the_seed_but_not_on_the_order() -> None:
    pairs = held_out({f"g{i}": "de en fr" for i in range(40)})
    first = draw_validation(pairs, 8, seed=1)
    assert tuple(first.columns) == Batch._fields
    pd.testing.assert_frame_equal(first, draw_validation(pairs.sample(frac=1, random_state=5), 8, seed=1))
    assert first["group_ids"].tolist() != draw_validation(pairs, 8, seed=2)["group_ids"].tolist()
    assert all(len(set(groups)) == 8 for groups in first["group_ids"])


def test_groups_that_share_no_language_still_make_cross_lingual_batches() -> None:
    assert set(draw_validation(held_out({"g0": "de en", "g1": "fr it"}), 8, seed=1)["kind"]) == {"cross_lingual"}


def test_one_language_gives_eight_batches_and_no_pair_is_in_two_of_them() -> None:
    batches = draw_validation(held_out({f"g{i}": "en" for i in range(70)}), 8, seed=1)
    assert batches["kind"].tolist() == ["monolingual"] * 8
    assert len({group for groups in batches["group_ids"] for group in groups}) == 8 * 8


def test_a_second_batch_of_a_language_comes_after_the_first_of_each() -> None:
    batches = draw_validation(held_out({f"g{i}": "de en" for i in range(5)}), 2, seed=1)
    languages = [langs[0] for langs in batches["query_langs"][batches["kind"] == "monolingual"]]
    assert languages in (["de", "en"] * 2, ["en", "de"] * 2)  # two batches of two pairs each; the fifth pair is alone


def test_many_languages_give_eight_batches_of_each_kind() -> None:
    languages = " ".join(f"x{i:02d}" for i in range(20))
    batches = draw_validation(held_out({"g0": languages, "g1": languages}), 64, seed=1)
    assert batches["kind"].value_counts().to_dict() == {"monolingual": 8, "cross_lingual": 8}


def test_parallel_text_is_validated_on_cross_lingual_batches_only() -> None:
    sentences = held_out({f"g{i}": "de en fr" for i in range(9)}).assign(passage="q")  # query and passage are equal
    assert draw_validation(sentences, 4, seed=3)["kind"].tolist() == ["cross_lingual"] * 3


def test_too_few_held_out_pairs_are_refused() -> None:
    for pairs in (held_out({}), held_out({"g0": "de en"})):
        message = rf"but {len(pairs)} pairs .* make no batch, .*; raise prepare\.held_out_share, name a validation_set"
        with pytest.raises(UserError, match=message):
            draw_validation(pairs, 8, seed=1)


@pytest.mark.parametrize(("losses", "waited"), [([3.0], 0), ([3, 2, 2, 4], 2), ([3, 2, 1], 0), ([1, 2, 3], 2)])
def test_an_equal_loss_is_not_an_improvement(losses: list[float], waited: int) -> None:
    assert validations_since_best(losses) == waited


def test_validation_is_without_dropout_and_leaves_the_encoder_in_training(base: Path) -> None:
    encoder, params = load_encoder(base), make_params(dropout=0.5)
    batches = PlanBatches(make_held_out(), make_pairs(), encoder=encoder, params=params)
    dual = DualEncoder(encoder, params).train()
    first, second = (validation_loss(dual, batches, params) for _ in range(2))
    assert first == second == validation_loss(DualEncoder(encoder, make_params()), batches, params)
    assert all(part.training for part in dual.modules())


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_validation_is_measured_at_its_steps_and_does_not_change_training(
    base: Path, tmp_path: Path, dropout: float
) -> None:
    plain, plain_curve = train(base, tmp_path / "a", dropout=dropout)
    weights, curve = train(base, tmp_path / "b", dropout=dropout, validation_steps=4)
    assert curve["step"][curve["validation_loss"].notna()].tolist() == [4, 6]  # the last step is always measured
    assert plain_curve["validation_loss"].isna().all()
    assert all(value.equal(weights[name]) for name, value in plain.items())
    columns = ["step", "loss", "learning_rate", "grad_norm"]
    pd.testing.assert_frame_equal(curve[columns], plain_curve[columns])


STOPPED_EARLY = {"validation_steps": 2, "patience": 2, "learning_rate": 0.05, "checkpoint_steps": 3}


def test_training_stops_when_patience_ends_and_keeps_the_best_weights(base: Path, tmp_path: Path) -> None:
    encoder, curve = train_encoder(base, tmp_path, 40, **STOPPED_EARLY)
    losses = curve["validation_loss"].dropna().tolist()
    assert len(curve) < 40
    assert losses.index(min(losses)) == len(losses) - 3
    params = make_params()
    batches = PlanBatches(make_held_out(), make_pairs(), encoder=encoder, params=params)
    assert validation_loss(DualEncoder(encoder, params), batches, params) == pytest.approx(min(losses), abs=1e-6)


def test_a_run_cut_off_before_it_stopped_early_ends_with_the_same_bits(base: Path, tmp_path: Path) -> None:
    whole, whole_curve = train(base, tmp_path / "whole", 40, **STOPPED_EARLY)
    with pytest.raises(KeyboardInterrupt):
        train_until(len(whole_curve) - 1, base, tmp_path / "cut", 40, **STOPPED_EARLY)
    again, again_curve = train(base, tmp_path / "cut", 40, **STOPPED_EARLY)
    pd.testing.assert_frame_equal(again_curve, whole_curve)
    assert all(value.equal(again[name]) for name, value in whole.items())


def test_a_finished_run_that_is_resumed_from_its_checkpoints_ends_the_same(base: Path, tmp_path: Path) -> None:
    first, curve = train(base, tmp_path, 40, **STOPPED_EARLY)
    second, again = train(base, tmp_path, 40, **STOPPED_EARLY)
    pd.testing.assert_frame_equal(again, curve)
    assert all(value.equal(second[name]) for name, value in first.items())
