"""Which weights are trained: word embeddings, upper layers, adapters."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from stages.hybrid.encoding.model import load_encoder
from stages.hybrid.ground.errors import UserError
from stages.hybrid.training.dual_encoder import DualEncoder, plain_loss
from stages.hybrid.training.plan_batches import PlanBatches
from stages.hybrid.training.trainable import TrimmedEmbeddings, add_adapters, trained_parts
from support.toy_training import make_pairs, make_params, make_plan, train, train_encoder, train_until

WORDS = "0.model.embeddings.word_embeddings.weight"
Weights = dict[str, torch.Tensor]


def changed_names(weights: Weights, before: Weights) -> set[str]:
    assert weights.keys() == before.keys()
    return {name for name, value in weights.items() if not torch.equal(value, before[name])}


@pytest.fixture(scope="module")
def before(base: Path) -> Weights:
    return load_encoder(base).state_dict()


@pytest.fixture(scope="module")
def used(base: Path) -> list[int]:
    return PlanBatches(make_plan(), make_pairs(), encoder=load_encoder(base), params=make_params()).token_ids()


@pytest.fixture(scope="module")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Weights:
    return train(base, tmp_path_factory.mktemp("trained"), word_embeddings="trained")[0]


@pytest.fixture(scope="module")
def trimmed(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Weights:
    return train(base, tmp_path_factory.mktemp("trimmed"), word_embeddings="trimmed")[0]


def test_trimmed_embeddings_by_hand() -> None:
    whole = torch.nn.Embedding.from_pretrained(torch.tensor([[0.0], [1.0], [2.0], [3.0]]))
    trimmed = TrimmedEmbeddings(whole, [1, 3])
    assert trimmed.weight.tolist() == [[1.0], [3.0]]
    with torch.no_grad():
        trimmed.weight.add_(10)
    ids = torch.tensor([[0, 1], [3, 2]])
    assert trimmed(ids).squeeze(-1).tolist() == [[0.0, 11.0], [13.0, 2.0]]
    trimmed(ids).sum().backward()
    assert trimmed.weight.grad is not None and trimmed.weight.grad.tolist() == [[1.0], [1.0]]
    assert trimmed.whole_weight().tolist() == [[0.0], [11.0], [2.0], [13.0]]


def test_trained_word_embeddings_change(trained: Weights, before: Weights) -> None:
    assert WORDS in changed_names(trained, before)


def test_trimming_leaves_the_rows_of_unused_tokens_bit_identical(
    trimmed: Weights, before: Weights, used: list[int]
) -> None:
    unused = [i for i in range(len(before[WORDS])) if i not in used]
    assert unused
    assert torch.equal(trimmed[WORDS][unused], before[WORDS][unused])
    assert (trimmed[WORDS][used] != before[WORDS][used]).any(dim=1).all()


def test_trimmed_and_whole_word_embeddings_are_trained_alike_for_the_used_tokens(
    trimmed: Weights, trained: Weights, used: list[int]
) -> None:
    for name, value in trained.items():
        rows = used if name == WORDS else slice(None)
        torch.testing.assert_close(trimmed[name][rows], value[rows], rtol=0, atol=1e-4)


def test_a_trimmed_run_saves_a_model_of_the_full_vocabulary(base: Path, tmp_path: Path, used: list[int]) -> None:
    encoder, _ = train_encoder(base, tmp_path / "checkpoints", 2, word_embeddings="trimmed")
    encoder.save_pretrained(str(tmp_path / "saved"), create_model_card=False)
    assert (tmp_path / "saved" / "config.json").read_bytes() == (base / "config.json").read_bytes()
    tokens = encoder.tokenizer("zebra zwölf §")["input_ids"]
    assert not set(tokens) <= set(used)
    assert load_encoder(tmp_path / "saved").encode(["zebra zwölf §"], prompt_name="query").shape == (1, 32)


def test_a_trimmed_run_that_was_cut_off_ends_with_the_same_bits(base: Path, tmp_path: Path, trimmed: Weights) -> None:
    with pytest.raises(KeyboardInterrupt):
        train_until(3, base, tmp_path, word_embeddings="trimmed")
    again, _ = train(base, tmp_path, word_embeddings="trimmed")
    assert not changed_names(again, trimmed)


def test_frozen_layers_and_all_beneath_them_do_not_change(base: Path, tmp_path: Path, before: Weights) -> None:
    weights, _ = train(base, tmp_path, frozen_layers=1)
    changed = changed_names(weights, before)
    assert changed
    assert all(name.startswith("0.model.encoder.layer.1.") for name in changed)


def test_no_gradient_is_computed_below_the_frozen_layers(base: Path) -> None:
    encoder, params = load_encoder(base), make_params(frozen_layers=1)
    batch = PlanBatches(make_plan(1), make_pairs(), encoder=encoder, params=params)[0]
    found = []
    words: Any = encoder[0].model
    for layer in words.encoder.layer:
        layer.register_forward_hook(
            lambda _, __, output: found.append((output[0] if isinstance(output, tuple) else output).requires_grad)
        )
    with trained_parts(encoder, params, tokens=[], seed=3):
        plain_loss(DualEncoder(encoder, params), batch, params).backward()
    assert set(found[::2]) == {False}  # the lower of the two layers, in each micro-batch
    assert set(found[1::2]) == {True}


def test_freezing_every_layer_is_refused(base: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="frozen_layers is 2, expected fewer than the encoder's 2 layers; lower it"):
        train(base, tmp_path, frozen_layers=2)


def test_lora_changes_queries_and_values_by_matrices_of_its_rank_and_leaves_plain_weights(
    base: Path, tmp_path: Path, before: Weights
) -> None:
    weights, _ = train(base, tmp_path, lora_rank=2, learning_rate=0.1)
    changed = changed_names(weights, before)
    assert changed == {
        f"0.model.encoder.layer.{layer}.attention.self.{part}.weight" for layer in (0, 1) for part in ("query", "value")
    }
    for name in changed:
        assert torch.linalg.matrix_rank(weights[name] - before[name], atol=1e-4) == 2


def test_lora_with_upper_layers_only_and_the_same_seed_gives_the_same_bits(base: Path, tmp_path: Path) -> None:
    first, _ = train(base, tmp_path / "a", 2, lora_rank=2, frozen_layers=1)
    torch.manual_seed(99)  # earlier random numbers do not matter
    second, _ = train(base, tmp_path / "b", 2, lora_rank=2, frozen_layers=1)
    assert not changed_names(first, second)


def test_lora_and_trimmed_word_embeddings_can_be_combined(base: Path, tmp_path: Path, before: Weights) -> None:
    weights, _ = train(base, tmp_path, 2, lora_rank=2, word_embeddings="trimmed")
    changed = changed_names(weights, before)
    assert WORDS in changed
    assert all(name == WORDS or ".attention.self." in name for name in changed)


def test_adapters_on_an_encoder_with_other_attention_parts_are_refused() -> None:
    words: Any = torch.nn.Sequential(torch.nn.Linear(1, 1))
    words.config = SimpleNamespace(model_type="other")
    with pytest.raises(
        UserError, match=r"lora_rank is 2, but the encoder \(other\) has no attention parts named query"
    ):
        add_adapters(words, 2, seed=3)
