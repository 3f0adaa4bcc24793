import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from stages.hybrid.encoder import load_encoder
from stages.hybrid.errors import UserError
from stages.hybrid.training import (
    COMPLETE,
    DualEncoder,
    PlanBatches,
    TrainingBatch,
    TrainingSettings,
    batch_loss,
    cached_loss,
    finetune,
    mix_weights,
    newest_checkpoint,
    turn_off_dropout,
)
from tiny_encoder import save_tiny_encoder

TEXTS = [
    "water boils",
    "the sea is deep and cold and very wide",
    "bread",
    "a river runs to the sea",
    "the old town wall",
]


def make_settings(**changed: object) -> TrainingSettings:
    values: dict[str, object] = {
        "learning_rate": 1e-3,
        "weight_decay": 0.01,
        "warmup_share": 0.1,
        "temperature": 0.05,
        "symmetric": False,
        "query_length": 16,
        "passage_length": 16,
        "train_word_embeddings": False,
        "base_share": 0.0,
        "precision": "float32",
        "tokens_per_micro_batch": 64,
        "tokens_in_memory": 10_000,
        "checkpoint_steps": 2,
    }
    return TrainingSettings(**(values | changed))  # type: ignore[arg-type]


def make_pairs() -> pd.DataFrame:
    rows = [
        (f"g{i}", f"p{i}", lang, f"{text} {lang}", f"{lang} {text}")
        for i, text in enumerate(TEXTS)
        for lang in ("en", "de")
    ]
    pairs = pd.DataFrame(rows, columns=["group_id", "page_id", "lang", "query", "passage"])
    return pairs.assign(twin_id=pairs["group_id"], dataset="toy")


def make_plan(steps: int = 6) -> pd.DataFrame:
    rows = [
        (step, "cross_lingual", "toy", ["g0", f"g{1 + step % 2}", "g3", "g4"], ["en", "de"] * 2, ["de", "en"] * 2)
        for step in range(steps)
    ]
    return pd.DataFrame(rows, columns=["step", "kind", "dataset", "group_ids", "query_langs", "passage_langs"])


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_tiny_encoder(folder)
    return folder


def train(
    base: Path, checkpoints: Path, steps: int = 6, **changed: object
) -> tuple[dict[str, torch.Tensor], pd.DataFrame]:
    """Return the weights and the curve of a run."""
    encoder = load_encoder(base)
    settings = make_settings(**changed)
    batches = PlanBatches(make_plan(steps), make_pairs(), encoder, settings)
    curve = finetune(encoder, batches, settings=settings, checkpoints=checkpoints, seed=3)
    return {name: value.clone() for name, value in encoder.state_dict().items()}, curve


def loss_gradients(base: Path, *, cached: bool) -> tuple[float, dict[str, torch.Tensor]]:
    """Return a batch's loss and the gradients of the weights."""
    encoder = load_encoder(base)
    settings = make_settings(tokens_per_micro_batch=32)
    batch = PlanBatches(make_plan(1), make_pairs(), encoder, settings)[0]
    dual = DualEncoder(encoder, settings)
    turn_off_dropout(encoder)
    whole = batch_loss(dual.embed_all(batch.queries + batch.passages), batch, settings)
    loss = cached_loss(dual, batch, settings) if cached else whole
    loss.backward()
    return loss.item(), {name: value.grad for name, value in encoder.named_parameters() if value.grad is not None}


def test_cached_gradients_equal_plain_ones(base: Path) -> None:
    plain, plain_gradients = loss_gradients(base, cached=False)
    cached, cached_gradients = loss_gradients(base, cached=True)
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


def test_word_embeddings_are_trained_if_asked_for(base: Path, tmp_path: Path) -> None:
    weights, _ = train(base, tmp_path, train_word_embeddings=True)
    words = next(name for name in weights if name.endswith("word_embeddings.weight"))
    assert not torch.equal(weights[words], load_encoder(base).state_dict()[words])


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


def test_mixing_by_hand() -> None:
    layer = torch.nn.Linear(1, 1)
    torch.nn.init.constant_(layer.weight, 4.0)
    torch.nn.init.constant_(layer.bias, 0.0)
    mix_weights(layer, {"weight": torch.tensor([[8.0]]), "bias": torch.tensor([1.0])}, 0.25)
    assert layer.weight.item() == 0.25 * 8 + 0.75 * 4
    assert layer.bias.item() == 0.25


def test_the_plan_s_pairs_are_the_ones_that_are_trained_on(base: Path) -> None:
    encoder = load_encoder(base)
    batch = PlanBatches(make_plan(1), make_pairs(), encoder, make_settings())[0]
    assert batch.queries[1] == encoder.tokenizer(f"query: {TEXTS[1]} de", truncation=True, max_length=16)["input_ids"]
    assert batch.passages[1] == encoder.tokenizer(f"passage: en {TEXTS[1]}", truncation=True, max_length=16)["input_ids"]
    assert not batch.masked.any()


def test_a_plan_of_other_pairs_is_refused(base: Path) -> None:
    pairs = make_pairs()
    with pytest.raises(UserError, match=r"asks for .'toy', 'g4', 'de'., which the pairs do not hold"):
        PlanBatches(make_plan(1), pairs[pairs["group_id"] != "g4"], load_encoder(base), make_settings())


def test_the_finetuned_folder_loads_in_sentence_transformers(base: Path, tmp_path: Path) -> None:
    encoder = load_encoder(base)
    encoder.save_pretrained(str(tmp_path / "saved"), safe_serialization=True, create_model_card=False)
    saved = load_file(tmp_path / "saved" / "model.safetensors")
    assert saved
    assert load_encoder(tmp_path / "saved").encode(["water"], prompt_name="query").shape == (1, 32)
    shutil.rmtree(tmp_path / "saved")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"temperature": 0.0}, "temperature is 0.0, expected a number above 0"),
        ({"base_share": 1.0}, "base_share is 1.0, expected a share"),
        ({"precision": "half"}, "precision is 'half'"),
        ({"query_length": 2}, "query_length is 2"),
    ],
)
def test_settings_out_of_range_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        make_settings(**changed)
