"""Runs of the training: what is learnt, clipping, dropout, runs that are cut off, and the average with the base."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from stages.hybrid.encoding.model import load_encoder
from stages.hybrid.training.checkpoints import newest_checkpoint
from stages.hybrid.training.trainer import OneDevice, keep_weights, mix_weights
from support.toy_training import make_negatives, make_params, train, train_until

Run = tuple[dict[str, torch.Tensor], pd.DataFrame]


def same_bits(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    assert first.keys() == second.keys()
    return all(torch.equal(value, second[name]) for name, value in first.items())


@pytest.fixture(scope="module")
def plain(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return weights and curve of a run with default params."""
    return train(base, tmp_path_factory.mktemp("plain"))


def test_training_lowers_the_loss_and_does_not_change_frozen_word_embeddings(base: Path, tmp_path: Path) -> None:
    weights, curve = train(base, tmp_path, steps=20)
    before = load_encoder(base).state_dict()
    assert curve["step"].tolist() == list(range(1, 21))
    assert curve["loss"].iloc[-3:].mean() < curve["loss"].iloc[:3].mean()
    words = next(name for name in weights if name.endswith("word_embeddings.weight"))
    layer = next(name for name in weights if name.endswith("intermediate.dense.weight"))
    assert torch.equal(weights[words], before[words])
    assert not torch.equal(weights[layer], before[layer])


def test_a_batch_that_does_not_fit_into_memory_trains_as_one_that_does(base: Path, tmp_path: Path, plain: Run) -> None:
    cached, _ = train(base, tmp_path, tokens_in_memory=1)
    for name, value in plain[0].items():
        torch.testing.assert_close(cached[name], value, rtol=0, atol=1e-4)


def test_hard_negatives_change_what_is_learnt(base: Path, tmp_path: Path, plain: Run) -> None:
    assert not same_bits(train(base, tmp_path, negatives=make_negatives())[0], plain[0])


def test_dropout_changes_what_is_learnt(base: Path, tmp_path: Path, plain: Run) -> None:
    weights, curve = train(base, tmp_path, dropout=0.5)
    assert not same_bits(weights, plain[0])
    assert (curve["loss"] != plain[1]["loss"]).all()


def test_without_clipping_gradients_are_as_with_a_limit_that_none_exceeds(base: Path, tmp_path: Path) -> None:
    unclipped, curve = train(base, tmp_path / "a", max_grad_norm=0.0)
    assert curve["grad_norm"].between(0, 1e9, inclusive="neither").all()
    high, high_curve = train(base, tmp_path / "b", max_grad_norm=1e9)
    assert same_bits(unclipped, high)
    pd.testing.assert_frame_equal(curve, high_curve)


def test_a_tiny_limit_clips_gradients_but_the_curve_shows_their_norm_before(base: Path, tmp_path: Path) -> None:
    unclipped, curve = train(base, tmp_path / "a", max_grad_norm=0.0)
    clipped, clipped_curve = train(base, tmp_path / "b", max_grad_norm=1e-6)
    assert not same_bits(unclipped, clipped)
    assert clipped_curve["grad_norm"][0] == curve["grad_norm"][0] > 1e-6


@pytest.mark.parametrize(
    "changed", [{}, {"dropout": 0.5}, {"dropout": 0.5, "tokens_in_memory": 1}], ids=["plain", "dropout", "cached"]
)
def test_a_run_cut_off_between_checkpoints_ends_with_the_same_bits(
    base: Path, tmp_path: Path, changed: dict[str, Any]
) -> None:
    whole, whole_curve = train(base, tmp_path / "whole", **changed)
    with pytest.raises(KeyboardInterrupt):
        train_until(3, base, tmp_path / "cut", **changed)
    assert newest_checkpoint(tmp_path / "cut") == tmp_path / "cut" / "checkpoint-2"
    again, again_curve = train(base, tmp_path / "cut", **changed)
    assert same_bits(again, whole)
    pd.testing.assert_frame_equal(again_curve, whole_curve)
    moments, again_moments = (optimiser_state(tmp_path / name / "checkpoint-6") for name in ("whole", "cut"))
    assert moments and moments.keys() == again_moments.keys()
    assert all(torch.equal(again_moments[name], value) for name, value in moments.items())


def optimiser_state(checkpoint: Path) -> dict[tuple[int, str], torch.Tensor]:
    """Return AdamW's steps and moments, by the number of the weights and the name of the value."""
    states = torch.load(checkpoint / "optimizer.pt", weights_only=True)["state"]
    return {(number, name): value for number, state in states.items() for name, value in state.items()}


def test_the_saved_weights_are_the_average_of_base_and_finetuned_by_base_share(
    base: Path, tmp_path: Path, plain: Run
) -> None:
    mixed, _ = train(base, tmp_path, base_share=0.25)
    before = load_encoder(base).state_dict()
    for name, value in mixed.items():
        torch.testing.assert_close(value, 0.25 * before[name] + 0.75 * plain[0][name], rtol=0, atol=1e-6)


@pytest.mark.parametrize(("word_embeddings", "kept"), [("frozen", False), ("trained", True)])
def test_frozen_word_embeddings_are_not_copied_for_the_average(base: Path, word_embeddings: str, kept: bool) -> None:
    encoder = load_encoder(base)
    weights = keep_weights(encoder, make_params(word_embeddings=word_embeddings, base_share=0.25))
    assert any("word_embeddings" in name for name in weights) is kept
    assert len(weights) > 10
    assert keep_weights(encoder, make_params(base_share=0.0)) == {}


def test_the_average_by_hand() -> None:
    layer = torch.nn.Linear(1, 1)
    torch.nn.init.constant_(layer.weight, 4.0)
    torch.nn.init.constant_(layer.bias, 0.0)
    mix_weights(layer, {"weight": torch.tensor([[8.0]]), "bias": torch.tensor([1.0])}, 0.25)
    assert layer.weight.item() == 0.25 * 8 + 0.75 * 4
    assert layer.bias.item() == 0.25


def test_a_batch_is_not_divided_over_the_gpus_of_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = OneDevice(output_dir=str(tmp_path), report_to=[])
    monkeypatch.setattr(arguments, "_n_gpu", 4)
    assert arguments.n_gpu == 1
