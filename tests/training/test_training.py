import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from stages.hybrid.encoding.model import load_encoder
from stages.hybrid.ground.errors import UserError
from stages.hybrid.training.checkpoints import COMPLETE, newest_checkpoint
from stages.hybrid.training.dual_encoder import DualEncoder, batch_loss, cached_loss, plain_loss
from stages.hybrid.training.plan_batches import PlanBatches, TrainingBatch
from stages.hybrid.training.trainer import OneDevice, keep_weights, mix_weights
from support.toy_training import TEXTS, make_negatives, make_pairs, make_params, make_plan, train


def loss_gradients(base: Path, *, cached: bool, symmetric: bool) -> tuple[float, dict[str, torch.Tensor]]:
    """Return a batch's loss and the gradients of the weights."""
    encoder = load_encoder(base)
    params = make_params(tokens_per_micro_batch=32, symmetric=symmetric)
    pairs = make_pairs()
    pairs.loc[pairs["group_id"] == "g3", "page_id"] = "p0"  # so that the batch has something to mask
    batch = PlanBatches(make_plan(1), pairs, encoder, params)[0]
    assert batch.masked.sum() == 2
    dual = DualEncoder(encoder, params)
    loss = (cached_loss if cached else plain_loss)(dual, batch, params)
    loss.backward()
    return loss.item(), {name: value.grad for name, value in encoder.named_parameters() if value.grad is not None}


@pytest.mark.parametrize("symmetric", [False, True])
def test_cached_gradients_equal_plain_ones_with_masks_and_in_both_directions(base: Path, symmetric: bool) -> None:
    plain, plain_gradients = loss_gradients(base, cached=False, symmetric=symmetric)
    cached, cached_gradients = loss_gradients(base, cached=True, symmetric=symmetric)
    assert cached == pytest.approx(plain, abs=1e-6)
    assert cached_gradients.keys() == plain_gradients.keys() and plain_gradients
    for name, gradient in plain_gradients.items():
        torch.testing.assert_close(cached_gradients[name], gradient, rtol=0, atol=1e-6)


def test_a_batch_that_does_not_fit_trains_as_one_that_does(base: Path, tmp_path: Path) -> None:
    plain, _ = train(base, tmp_path / "a")
    cached, _ = train(base, tmp_path / "b", tokens_in_memory=1)
    for name, value in plain.items():
        torch.testing.assert_close(cached[name], value, rtol=0, atol=1e-4)


def test_training_lowers_the_loss_and_leaves_word_embeddings_alone(base: Path, tmp_path: Path) -> None:
    weights, curve = train(base, tmp_path, steps=20)
    before = load_encoder(base).state_dict()
    assert curve["step"].tolist() == list(range(1, 21))
    assert curve["loss"].iloc[-3:].mean() < curve["loss"].iloc[:3].mean()
    words = next(name for name in weights if name.endswith("word_embeddings.weight"))
    layer = next(name for name in weights if name.endswith("intermediate.dense.weight"))
    assert torch.equal(weights[words], before[words])
    assert not torch.equal(weights[layer], before[layer])


def test_a_run_cut_off_between_checkpoints_ends_with_the_same_bits(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, whole_curve = train(base, tmp_path / "whole")
    real = PlanBatches.__getitem__

    def cut_off(batches: PlanBatches, step: int) -> TrainingBatch:
        if step == 3:
            raise KeyboardInterrupt  # after the checkpoint of step 2
        return real(batches, step)

    monkeypatch.setattr(PlanBatches, "__getitem__", cut_off)
    with pytest.raises(KeyboardInterrupt):
        train(base, tmp_path / "cut")
    monkeypatch.setattr(PlanBatches, "__getitem__", real)
    assert newest_checkpoint(tmp_path / "cut") == tmp_path / "cut" / "checkpoint-2"
    again, again_curve = train(base, tmp_path / "cut")
    assert all(torch.equal(again[name], value) for name, value in whole.items())
    pd.testing.assert_frame_equal(again_curve, whole_curve)
    moments, again_moments = (optimiser_state(tmp_path / name / "checkpoint-6") for name in ("whole", "cut"))
    assert moments and moments.keys() == again_moments.keys()
    assert all(torch.equal(again_moments[name], value) for name, value in moments.items())


def optimiser_state(checkpoint: Path) -> dict[tuple[int, str], torch.Tensor]:
    """Return AdamW's steps and moments, by parameter and name."""
    states = torch.load(checkpoint / "optimizer.pt", weights_only=True)["state"]
    return {(number, name): value for number, state in states.items() for name, value in state.items()}


def test_a_checkpoint_that_a_kill_cut_off_is_passed_over_and_deleted(tmp_path: Path) -> None:
    for step in (9, 10, 11):
        (tmp_path / f"checkpoint-{step}").mkdir()
    for step in (9, 10):
        (tmp_path / f"checkpoint-{step}" / COMPLETE).touch()
    assert newest_checkpoint(tmp_path) == tmp_path / "checkpoint-10"
    assert not (tmp_path / "checkpoint-11").exists()


def test_the_saved_weights_lie_between_base_and_finetuned_by_base_share(base: Path, tmp_path: Path) -> None:
    finetuned, _ = train(base, tmp_path / "a")
    mixed, _ = train(base, tmp_path / "b", base_share=0.25)
    before = load_encoder(base).state_dict()
    for name, value in mixed.items():
        torch.testing.assert_close(value, 0.25 * before[name] + 0.75 * finetuned[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize(("word_embeddings", "kept"), [("frozen", False), ("trained", True)])
def test_frozen_word_embeddings_are_not_copied_for_the_mixing(base: Path, word_embeddings: str, kept: bool) -> None:
    encoder = load_encoder(base)
    weights = keep_weights(encoder, make_params(word_embeddings=word_embeddings, base_share=0.25))
    assert any("word_embeddings" in name for name in weights) is kept
    assert len(weights) > 10
    assert keep_weights(encoder, make_params(base_share=0.0)) == {}


def test_mixing_by_hand() -> None:
    layer = torch.nn.Linear(1, 1)
    torch.nn.init.constant_(layer.weight, 4.0)
    torch.nn.init.constant_(layer.bias, 0.0)
    mix_weights(layer, {"weight": torch.tensor([[8.0]]), "bias": torch.tensor([1.0])}, 0.25)
    assert layer.weight.item() == 0.25 * 8 + 0.75 * 4
    assert layer.bias.item() == 0.25


def test_the_plan_s_pairs_are_the_ones_that_are_trained_on(base: Path) -> None:
    encoder = load_encoder(base)
    batch = PlanBatches(make_plan(1), make_pairs(), encoder, make_params())[0]
    query, passage = f"query: {TEXTS[1]} de", f"passage: en {TEXTS[1]}"
    assert batch.queries[1] == encoder.tokenizer(query, truncation=True, max_length=16)["input_ids"]
    assert batch.passages[1] == encoder.tokenizer(passage, truncation=True, max_length=16)["input_ids"]
    assert not batch.masked.any()


def test_several_gpus_of_one_process_are_not_dealt_a_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = OneDevice(output_dir=str(tmp_path), report_to=[])
    monkeypatch.setattr(arguments, "_n_gpu", 4)
    assert arguments.n_gpu == 1


def test_a_plan_of_other_pairs_is_refused(base: Path) -> None:
    pairs = make_pairs()
    with pytest.raises(UserError, match=r"asks for .'toy', 'g4', 'de'., which the pairs do not hold"):
        PlanBatches(make_plan(1), pairs[pairs["group_id"] != "g4"], load_encoder(base), make_params())


def test_the_finetuned_folder_loads_in_sentence_transformers(base: Path, tmp_path: Path) -> None:
    encoder = load_encoder(base)
    encoder.save_pretrained(str(tmp_path / "saved"), safe_serialization=True, create_model_card=False)
    saved = load_file(tmp_path / "saved" / "model.safetensors")
    assert saved
    assert load_encoder(tmp_path / "saved").encode(["water"], prompt_name="query").shape == (1, 32)
    shutil.rmtree(tmp_path / "saved")


def test_hard_negatives_join_the_passages_and_a_group_s_own_passage_is_masked(base: Path) -> None:
    encoder = load_encoder(base)
    batch = PlanBatches(make_plan(1), make_pairs(), encoder, make_params(), make_negatives())[0]
    expected = [f"passage: de {TEXTS[2]}", f"passage: en {TEXTS[1]}"]
    assert batch.negatives == [
        encoder.tokenizer(text, truncation=True, max_length=16)["input_ids"] for text in expected
    ]
    assert batch.masked.shape == (4, 6)
    # the batch's groups are g0 g1 g3 g4: the second negative is the passage of g1 in another language
    assert batch.masked.nonzero().tolist() == [[1, 5]]


def test_hard_negatives_raise_the_loss_by_their_share_of_the_softmax(base: Path) -> None:
    encoder, params = load_encoder(base), make_params()
    batch = PlanBatches(make_plan(1), make_pairs(), encoder, params, make_negatives())[0]
    dual = DualEncoder(encoder, params)
    with torch.no_grad():
        embeddings = dual.embed_all(batch.queries + batch.passages + batch.negatives)
        found = batch_loss(embeddings, batch, params).item()
    queries, passages = embeddings[:4], embeddings[4:]
    exponentials = torch.exp(queries @ passages.T / params.temperature)
    exponentials[1, 5] = 0  # masked
    assert found == pytest.approx(-(exponentials.diagonal() / exponentials.sum(1)).log().mean().item(), rel=1e-4)


def test_hard_negatives_are_those_of_the_passage_s_language_whoever_asks(base: Path) -> None:
    encoder = load_encoder(base)
    other = make_negatives().assign(lang="en")  # the batch asks g0 and g3 in English, their passages are German
    assert PlanBatches(make_plan(1), make_pairs(), encoder, make_params(), other)[0].negatives == []


def test_training_goes_on_hard_negatives(base: Path, tmp_path: Path) -> None:
    plain, _ = train(base, tmp_path / "a")
    mined, _ = train(base, tmp_path / "b", negatives=make_negatives())
    assert any(not torch.equal(value, mined[name]) for name, value in plain.items())
