from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense

from stages.hybrid.encoding.corpus import encode_texts, resumable_encoder
from stages.hybrid.encoding.model import length_batches, load_encoder, load_for_encoding, tokenize, use_bfloat16
from stages.hybrid.encoding.params import EncoderParams
from stages.hybrid.ground.errors import UserError
from support.tiny_encoder import save_tiny_encoder

TEXTS = ["a short text", "a text that is a good deal longer than the short text", "water", "water", "x " * 100]
EXACT = EncoderParams(max_length=32, precision="float32", tokens_per_batch=64)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformer:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_tiny_encoder(folder)
    return load_encoder(folder)


def test_embeddings_equal_sentence_transformers_own(encoder: SentenceTransformer, tmp_path: Path) -> None:
    found = encode_texts(encoder, TEXTS[:4], prompt="passage", params=EXACT, blocks=tmp_path)
    expected = encoder.encode(TEXTS[:4], prompt_name="passage", batch_size=1, normalize_embeddings=True)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_queries_and_passages_differ_by_their_prompt(encoder: SentenceTransformer, tmp_path: Path) -> None:
    query = encode_texts(encoder, ["water"], prompt="query", params=EXACT, blocks=tmp_path / "q")
    passage = encode_texts(encoder, ["water"], prompt="passage", params=EXACT, blocks=tmp_path / "p")
    assert not np.allclose(query, passage)


def test_equal_texts_have_one_embedding_and_every_row_has_length_1(
    encoder: SentenceTransformer, tmp_path: Path
) -> None:
    found = encode_texts(encoder, TEXTS, prompt="query", params=EXACT, blocks=tmp_path)
    assert np.array_equal(found[2], found[3])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_a_run_that_was_stopped_takes_the_blocks_that_are_there(
    encoder: SentenceTransformer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.hybrid.encoding.corpus.BLOCK", 2)
    whole = encode_texts(encoder, TEXTS, prompt="query", params=EXACT, blocks=tmp_path)
    blocks = sorted(tmp_path.iterdir())
    assert len(blocks) == 2  # four wordings, two a block
    blocks[1].unlink()
    kept = blocks[0].stat().st_mtime_ns
    again = encode_texts(encoder, TEXTS, prompt="query", params=EXACT, blocks=tmp_path)
    assert np.array_equal(again, whole)
    assert blocks[0].stat().st_mtime_ns == kept


def test_saved_blocks_outlive_a_run_that_failed_and_are_deleted_once_it_succeeds(tmp_path: Path) -> None:
    save_tiny_encoder(tmp_path / "tiny")
    saved = tmp_path / "blocks"
    with pytest.raises(OSError, match="stopped"), resumable_encoder(tmp_path / "tiny", EXACT, blocks=saved) as encode:
        first = encode(TEXTS, prompt="query")
        raise OSError("stopped")
    (block,) = saved.glob("*/*.npy")
    written = block.stat().st_mtime_ns
    with resumable_encoder(tmp_path / "tiny", EXACT, blocks=saved) as encode:
        assert np.array_equal(encode(TEXTS, prompt="query"), first)
        assert block.stat().st_mtime_ns == written  # taken from there, not computed again
        encode(TEXTS, prompt="passage")
        assert len(list(saved.iterdir())) == 2  # another prompt has a folder of its own
    assert list(saved.iterdir()) == []


def test_a_dense_layer_behind_the_pooling_stays_in_float32_in_an_encoder_with_bfloat16_weights(tmp_path: Path) -> None:
    save_tiny_encoder(tmp_path / "tiny")
    encoder = load_encoder(tmp_path / "tiny")
    dense = SentenceTransformer(modules=[encoder[0], encoder[1], Dense(32, 8)], device="cpu")
    dense.prompts = encoder.prompts
    dense.save_pretrained(str(tmp_path / "dense"), create_model_card=False)
    fast = EncoderParams(max_length=32, precision="bfloat16", tokens_per_batch=64)
    halved, whole = load_for_encoding(tmp_path / "dense", "bfloat16"), load_for_encoding(tmp_path / "dense", "float32")
    assert {weight.dtype for weight in halved[0].parameters()} == {torch.bfloat16}
    assert {weight.dtype for weight in [*halved[2].parameters(), *whole.parameters()]} == {torch.float32}
    found = encode_texts(halved, TEXTS, prompt="query", params=fast, blocks=tmp_path / "fast")
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-3)  # though no module normalises
    exact = encode_texts(whole, TEXTS, prompt="query", params=EXACT, blocks=tmp_path / "exact")
    assert found.shape == (len(TEXTS), 8)
    assert (found * exact).sum(axis=1).min() > 0.999


def test_bfloat16_changes_embeddings_by_less_than_a_thousandth(encoder: SentenceTransformer, tmp_path: Path) -> None:
    exact = encode_texts(encoder, TEXTS, prompt="query", params=EXACT, blocks=tmp_path / "exact")
    fast = EncoderParams(max_length=32, precision="bfloat16", tokens_per_batch=64)
    found = encode_texts(encoder, TEXTS, prompt="query", params=fast, blocks=tmp_path / "fast")
    assert not np.array_equal(found, exact)
    assert (found * exact).sum(axis=1).min() > 0.999


def test_what_is_computed_in_bfloat16_is_kept_in_float16(encoder: SentenceTransformer, tmp_path: Path) -> None:
    fast = EncoderParams(max_length=32, precision="bfloat16", tokens_per_batch=64)
    kinds = [
        encode_texts(encoder, TEXTS, prompt="query", params=params, blocks=tmp_path / params.precision).dtype
        for params in (fast, EXACT)
    ]
    assert kinds == [np.float16, np.float32]


def test_texts_are_tokenised_a_window_at_a_time(
    encoder: SentenceTransformer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = encode_texts(encoder, TEXTS, prompt="query", params=EXACT, blocks=tmp_path / "whole")
    monkeypatch.setattr("stages.hybrid.encoding.corpus.WINDOW", 3)
    parts = encode_texts(encoder, TEXTS, prompt="query", params=EXACT, blocks=tmp_path / "parts")
    assert [path.name for path in sorted((tmp_path / "parts").iterdir())] == ["000000000.npy", "000000003.npy"]
    np.testing.assert_allclose(parts, whole, atol=1e-6)


def test_no_text_gives_no_row(encoder: SentenceTransformer, tmp_path: Path) -> None:
    assert encode_texts(encoder, [], prompt="query", params=EXACT, blocks=tmp_path).shape == (0, 32)


def test_tokens_are_cut_to_the_length_that_is_asked_for(encoder: SentenceTransformer) -> None:
    assert [len(tokens) for tokens in tokenize(encoder, ["x " * 100], prompt="query", max_length=9)] == [9]


def test_an_unknown_prompt_is_refused(encoder: SentenceTransformer) -> None:
    with pytest.raises(UserError, match="no prompt 'answer'"):
        tokenize(encoder, ["x"], prompt="answer", max_length=9)


@given(lengths=st.lists(st.integers(1, 50), max_size=60), budget=st.integers(1, 200))
def test_length_batches_hold_every_text_once_within_the_budget(lengths: list[int], budget: int) -> None:
    batches = list(length_batches(lengths, budget))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget
        assert len(batch) <= 4 or len(batch) % 4 == 0 or batch is batches[-1]


def test_length_batches_by_hand() -> None:
    # 20 tokens are padded to 32, so 64 tokens hold two of them; 16 and less to 16, so they hold four
    assert list(length_batches([3, 20, 4, 19, 2, 16, 5], 64)) == [[1, 3], [5, 6, 2, 0], [4]]


@pytest.mark.parametrize(("precision", "expected"), [("bfloat16", True), ("float32", False)])
def test_a_named_precision_is_taken_on_any_machine(precision: str, expected: bool) -> None:
    assert use_bfloat16(precision, torch.device("cpu")) is expected


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no modules\.json"):
        load_encoder(tmp_path)
