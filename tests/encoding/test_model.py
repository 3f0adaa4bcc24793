"""The encoder itself: loading, precision, tokens, and batches of texts of like length."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.hybrid.encoding.engine import load_engine
from stages.hybrid.encoding.model import (
    ROW_STEP,
    embed_tokens,
    length_batches,
    load_encoder,
    tokenize,
    use_bfloat16,
)
from stages.hybrid.ground.errors import UserError
from support.tiny_encoder import save_dense_encoder


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no modules\.json, expected a sentence-transformers folder; run the stage"):
        load_encoder(tmp_path)


def test_in_bfloat16_a_dense_layer_after_the_pooling_stays_in_float32(base: Path, tmp_path: Path) -> None:
    save_dense_encoder(base, tmp_path)
    encoder = load_engine(tmp_path, "bfloat16").encoder
    assert {weight.dtype for weight in encoder[0].parameters()} == {torch.bfloat16}
    assert {weight.dtype for weight in encoder[2].parameters()} == {torch.float32}


def test_in_float32_every_weight_is_float32(base: Path) -> None:
    assert {weight.dtype for weight in load_engine(base, "float32").encoder.parameters()} == {torch.float32}


@pytest.mark.parametrize(("precision", "expected"), [("bfloat16", True), ("float32", False)])
def test_a_named_precision_is_used_on_any_machine(precision: str, expected: bool) -> None:
    assert use_bfloat16(precision, torch.device("cpu")) is expected


def test_tokens_are_those_of_the_prompt_and_the_text(base: Path) -> None:
    encoder = load_encoder(base)
    found = tokenize(encoder, ["water"], prompt="query", max_length=9)
    assert found == [encoder.tokenizer("query: water")["input_ids"]]


def test_tokens_are_cut_to_max_length(base: Path) -> None:
    assert [len(tokens) for tokens in tokenize(load_encoder(base), ["x " * 100], prompt="query", max_length=9)] == [9]


def test_an_unknown_prompt_is_refused(base: Path) -> None:
    with pytest.raises(UserError, match=r"no prompt 'answer', only \['document', 'passage', 'query'\]; add"):
        tokenize(load_encoder(base), ["x"], prompt="answer", max_length=9)


def test_an_embedding_does_not_depend_on_the_other_texts_of_the_batch(base: Path) -> None:
    encoder = load_encoder(base)
    tokens = tokenize(encoder, ["water", "the sea " * 20, "bread"], prompt="query", max_length=64)
    with torch.no_grad():
        together = embed_tokens(encoder, tokens, bfloat16=False)
        alone = torch.cat([embed_tokens(encoder, [text], bfloat16=False) for text in tokens])
    assert together.shape == (3, 32)
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-6)


@given(lengths=st.lists(st.integers(1, 50), max_size=60), budget=st.integers(1, 200))
def test_length_batches_have_every_text_once_and_are_within_the_budget(lengths: list[int], budget: int) -> None:
    batches = list(length_batches(lengths, budget))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget
        assert len(batch) <= ROW_STEP or len(batch) % ROW_STEP == 0 or batch is batches[-1]


def test_length_batches_by_hand() -> None:
    # 20 tokens are padded to 32, so two such texts fit into 64 tokens; up to 16 are padded to 16, so four fit
    assert list(length_batches([3, 20, 4, 19, 2, 16, 5], 64)) == [[1, 3], [5, 6, 2, 0], [4]]


def test_no_text_makes_no_batch() -> None:
    assert list(length_batches([], 64)) == []
