"""Texts in one long row without padding: places by hand, and the padded pass as the obvious twin."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from transformers import DistilBertConfig, DistilBertModel

from stages.hybrid.encoding.engine import load_engine
from stages.hybrid.encoding.model import embed_tokens, load_encoder
from stages.hybrid.encoding.packed import GROUP_STEP, can_pack, is_packed, pack, use_packed_attention
from support.tiny_encoder import save_dense_encoder, save_other_encoder, save_tiny_xlm_r

TOKENS = [[7, 8, 9], list(range(5, 45)), [11], list(range(6, 23)), [12, 13], list(range(5, 21))]


def test_places_by_hand() -> None:
    packing = pack([18, 17, 3, 1])  # rounded up to 32, 32, 16, 16
    first, second = packing.groups
    assert (first.start, first.texts, first.length) == (0, 2, 18)
    assert (second.start, second.texts, second.length) == (36, 2, 3)
    assert first.empty.tolist() == [[False] * 18, [False] * 17 + [True]]
    assert second.empty.tolist() == [[False] * 3, [False, True, True]]
    assert packing.taken[:36].tolist() == [*range(35), 0]  # the last place is empty: any token is there
    assert packing.taken[36:].tolist() == [35, 36, 37, 38, 0, 0]
    assert packing.place.tolist() == [*range(35), 36, 37, 38, 39]


@given(lengths=st.lists(st.integers(1, 70), min_size=1, max_size=30), seed=st.integers(0, 9))
def test_what_is_spread_comes_back_and_so_do_its_gradients(lengths: list[int], seed: int) -> None:
    lengths = sorted(lengths, reverse=True)
    packing = pack(lengths)
    generator = torch.Generator().manual_seed(seed)
    rows = torch.rand(sum(lengths), 2, generator=generator, requires_grad=True)
    spread = packing.spread(rows)
    assert torch.equal(packing.gather(spread), rows)
    weights = torch.rand(spread.shape, generator=generator).masked_fill_(packing.empty[:, None], 0)
    (spread * weights).sum().backward()
    assert rows.grad is not None and torch.equal(rows.grad, weights[~packing.empty])
    places = torch.rand(spread.shape, generator=generator, requires_grad=True)
    packing.gather(places).sum().backward()
    assert places.grad is not None and torch.equal(places.grad[:, 0], (~packing.empty).float())


@given(lengths=st.lists(st.integers(1, 70), min_size=1, max_size=30))
def test_a_group_holds_texts_of_like_length_and_every_text_is_in_one(lengths: list[int]) -> None:
    lengths = sorted(lengths, reverse=True)
    found = [(group.length, (~group.empty).sum(dim=1).tolist()) for group in pack(lengths).groups]
    assert [length for _, own in found for length in own] == lengths
    for longest, own in found:
        assert longest == own[0] and longest - own[-1] < GROUP_STEP


def packed_and_padded(folder: Path) -> tuple[SentenceTransformer, SentenceTransformer]:
    packed, padded = load_encoder(folder), load_encoder(folder)
    use_packed_attention(packed)
    assert is_packed(packed) and not is_packed(padded)
    return packed, padded


def check_equal(packed: SentenceTransformer, padded: SentenceTransformer, tokens: list[list[int]]) -> None:
    """Check that both give the same embeddings and the same gradients of every weight."""
    found, expected = (embed_tokens(encoder, tokens, bfloat16=False) for encoder in (packed, padded))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    weights = torch.linspace(-1, 1, expected.numel()).view_as(expected)
    for embeddings in (found, expected):
        (embeddings * weights).sum().backward()
    gradients = {name: value.grad for name, value in padded.named_parameters() if value.grad is not None}
    assert gradients
    for name, value in packed.named_parameters():
        if name in gradients:
            torch.testing.assert_close(value.grad, gradients[name], rtol=1e-4, atol=1e-5, msg=name)


def test_embeddings_and_gradients_equal_those_of_padded_texts(base: Path) -> None:
    check_equal(*packed_and_padded(base), TOKENS)


def test_one_text_of_one_token_is_a_batch(base: Path) -> None:
    check_equal(*packed_and_padded(base), [[9]])


def test_modules_behind_the_pooling_run_as_before(base: Path, tmp_path: Path) -> None:
    save_dense_encoder(base, tmp_path)
    check_equal(*packed_and_padded(tmp_path), TOKENS)


def test_positions_of_xlm_r_count_from_behind_its_padding_token(base: Path, tmp_path: Path) -> None:
    save_tiny_xlm_r(base, tmp_path)
    packed, padded = packed_and_padded(tmp_path / "encoder")
    assert can_pack(padded)
    check_equal(packed, padded, TOKENS)


def test_an_encoder_that_is_not_known_is_not_packed(base: Path, tmp_path: Path) -> None:
    save_other_encoder(DistilBertModel(DistilBertConfig(vocab_size=300, dim=32, n_layers=1, n_heads=2)), base, tmp_path)
    assert not can_pack(load_encoder(tmp_path / "encoder"))
    assert not is_packed(load_engine(tmp_path / "encoder", "bfloat16").encoder)


@pytest.mark.parametrize(("precision", "expected"), [("bfloat16", True), ("float32", False)])
def test_texts_are_padded_if_the_precision_is_exact(base: Path, precision: str, expected: bool) -> None:
    assert is_packed(load_engine(base, precision).encoder) is expected


def test_dropout_reaches_the_attention_in_training_only(base: Path) -> None:
    packed, _ = packed_and_padded(base)
    for part in packed.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    layers: Any = packed[0]
    for layer in layers.model.encoder.layer:
        layer.attention.self.dropout.p = 0.5  # nowhere else
    packed.train()
    with torch.no_grad():
        first, second = (embed_tokens(packed, TOKENS, bfloat16=False) for _ in range(2))
        packed.eval()
        third, fourth = (embed_tokens(packed, TOKENS, bfloat16=False) for _ in range(2))
    assert not torch.equal(first, second)
    assert torch.equal(third, fourth)


def test_in_bfloat16_packed_texts_have_nearly_the_embeddings_of_float32(base: Path) -> None:
    packed, padded = packed_and_padded(base)
    with torch.no_grad():
        found, exact = (embed_tokens(packed, TOKENS, bfloat16=True), embed_tokens(padded, TOKENS, bfloat16=False))
    assert found.dtype == torch.float32
    assert np.min((found * exact).sum(dim=1).numpy()) > 0.999
