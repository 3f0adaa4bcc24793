"""The loss of a batch and its gradients: in one pass, with cached gradients, with masks, negatives and dropout."""

from pathlib import Path
from typing import Any

import pytest
import torch

from stages.hybrid.encoding.model import load_encoder
from stages.hybrid.encoding.packed import is_packed
from stages.hybrid.training.dual_encoder import (
    DualEncoder,
    batch_loss,
    cached_loss,
    fast_attention,
    plain_loss,
    seeded,
    split_parts,
    training_loss,
)
from stages.hybrid.training.plan_batches import PlanBatches, TrainingBatch
from support.toy_training import make_negatives, make_pairs, make_params, make_plan

Gradients = dict[str, torch.Tensor]
DROPOUT_SEED = 5


def load_dual(base: Path, **changed: object) -> tuple[DualEncoder, TrainingBatch, Any]:
    """Return the encoder as it is trained, a batch in which two passages are masked, and the params."""
    params = make_params(tokens_per_micro_batch=32, **changed)
    encoder = load_encoder(base)
    pairs = make_pairs()
    pairs.loc[pairs["group_id"] == "g3", "page_id"] = "p0"
    batch = PlanBatches(make_plan(1), pairs, encoder=encoder, params=params)[0]
    assert batch.masked.sum() == 2
    dual = DualEncoder(encoder, params).train()
    assert len(dual.micro_batches(batch.queries)) > 1
    return dual, batch, params


def run_backward(dual: DualEncoder, loss: torch.Tensor) -> tuple[float, Gradients]:
    """Return the loss and the gradients of the weights."""
    dual.zero_grad()
    loss.backward()
    return loss.item(), {name: value.grad for name, value in dual.named_parameters() if value.grad is not None}


def assert_equal_gradients(found: Gradients, expected: Gradients, *, atol: float = 1e-6) -> None:
    assert found.keys() == expected.keys() and expected
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=0, atol=atol)


@pytest.mark.parametrize("tokens_in_memory", [1, 40])  # no activations are kept; some are
@pytest.mark.parametrize("symmetric", [False, True])
def test_cached_gradients_equal_plain_ones_with_masks_and_in_both_directions(
    base: Path, symmetric: bool, tokens_in_memory: int
) -> None:
    dual, batch, params = load_dual(base, symmetric=symmetric, tokens_in_memory=tokens_in_memory)
    plain, plain_gradients = run_backward(dual, plain_loss(dual, batch, params))
    cached, cached_gradients = run_backward(dual, cached_loss(dual, batch, params))
    assert cached == pytest.approx(plain, abs=1e-6)
    assert_equal_gradients(cached_gradients, plain_gradients)


@pytest.mark.parametrize("tokens_in_memory", [1, 40])
def test_the_second_pass_of_cached_gradients_drops_what_the_first_pass_dropped(
    base: Path, tokens_in_memory: int
) -> None:
    dual, batch, params = load_dual(base, dropout=0.5, tokens_in_memory=tokens_in_memory)
    torch.manual_seed(DROPOUT_SEED)
    cached, cached_gradients = run_backward(dual, cached_loss(dual, batch, params))
    torch.manual_seed(DROPOUT_SEED)
    with seeded(int(torch.randint(2**31, ()))):  # as the cached loss draws its seed
        plain, plain_gradients = run_backward(dual, plain_loss(dual, batch, params))
    assert cached == pytest.approx(plain, abs=1e-6)
    assert_equal_gradients(cached_gradients, plain_gradients)


@pytest.mark.parametrize("loss", [plain_loss, cached_loss])
def test_the_fast_attention_gives_the_same_loss_and_gradients(base: Path, loss: Any) -> None:
    dual, batch, params = load_dual(base)
    expected = run_backward(dual, loss(dual, batch, params))
    with fast_attention(dual.encoder):
        assert is_packed(dual.encoder)
        found = run_backward(dual, loss(dual, batch, params))
    assert not is_packed(dual.encoder)
    assert found[0] == pytest.approx(expected[0], abs=1e-6)
    assert_equal_gradients(found[1], expected[1], atol=1e-5)  # sums are in another order


@pytest.mark.parametrize("loss", [plain_loss, cached_loss])
def test_dropout_differs_from_batch_to_batch(base: Path, loss: Any) -> None:
    dual, batch, params = load_dual(base, dropout=0.5)
    losses = [loss(dual, batch, params).item() for _ in range(2)]
    assert losses[0] != losses[1]


def test_the_cached_loss_leaves_random_numbers_as_if_nothing_was_dropped(base: Path) -> None:
    found = []
    for dropout in (0.0, 0.5):
        dual, batch, params = load_dual(base, dropout=dropout)
        torch.manual_seed(DROPOUT_SEED)
        run_backward(dual, cached_loss(dual, batch, params))
        found.append(torch.rand(()).item())
    assert found[0] == found[1]


def test_the_last_micro_batches_are_kept_by_hand() -> None:
    tokens = [[0] * length for length in (9, 8, 5, 5, 2)]
    parts = [[0, 1], [2, 3], [4]]  # 18, 10 and 2 tokens with padding
    assert split_parts(parts, tokens, 30) == ([], parts)
    assert split_parts(parts, tokens, 29) == (parts[:1], parts[1:])
    assert split_parts(parts, tokens, 11) == (parts[:2], parts[2:])
    assert split_parts(parts, tokens, 1) == (parts, [])


@pytest.mark.parametrize(("tokens_in_memory", "expected"), [(1, cached_loss), (10_000, plain_loss)])
def test_a_batch_with_too_many_tokens_is_run_with_cached_gradients(
    base: Path, monkeypatch: pytest.MonkeyPatch, tokens_in_memory: int, expected: Any
) -> None:
    used = []
    for loss in (cached_loss, plain_loss):
        monkeypatch.setattr(
            f"stages.hybrid.training.dual_encoder.{loss.__name__}", lambda *_, loss=loss: used.append(loss)
        )
    training_loss(*load_dual(base, tokens_in_memory=tokens_in_memory))
    assert used == [expected]


def test_hard_negatives_raise_the_loss_by_their_share_of_the_softmax(base: Path) -> None:
    encoder, params = load_encoder(base), make_params()
    batch = PlanBatches(make_plan(1), make_pairs(), encoder=encoder, params=params, negatives=make_negatives())[0]
    dual = DualEncoder(encoder, params)
    with torch.no_grad():
        embeddings = dual.embed_all(batch.queries + batch.passages + batch.negatives)
        found = batch_loss(embeddings, batch, params).item()
    queries, passages = embeddings[:4], embeddings[4:]
    exponentials = torch.exp(queries @ passages.T / params.temperature)
    exponentials[1, 5] = 0  # masked
    assert found == pytest.approx(-(exponentials.diagonal() / exponentials.sum(1)).log().mean().item(), rel=1e-4)
