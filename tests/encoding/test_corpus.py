"""Many texts to embeddings: values, order, precision, and runs that are stopped."""

from pathlib import Path

import numpy as np
import pytest

from stages.hybrid.encoding.corpus import encode_texts, resumable_encoder
from stages.hybrid.encoding.engine import Engine, TorchEngine, load_engine
from stages.hybrid.encoding.model import load_encoder
from stages.hybrid.encoding.params import EncoderParams
from stages.hybrid.ground.errors import UserError
from support.tiny_encoder import save_dense_encoder

TEXTS = ["a short text", "a text that is a good deal longer than the short text", "water", "water", "x " * 100]
EXACT = EncoderParams(max_length=32, precision="float32", tokens_per_batch=64)
FAST = EncoderParams(max_length=32, precision="bfloat16", tokens_per_batch=64)


@pytest.fixture(scope="module")
def exact(base: Path) -> Engine:
    return load_engine(base, "float32")


@pytest.fixture(scope="module")
def fast(base: Path) -> Engine:
    return load_engine(base, "bfloat16")


def test_embeddings_equal_sentence_transformers_own(base: Path, exact: Engine, tmp_path: Path) -> None:
    found = encode_texts(exact, TEXTS[:4], prompt="passage", params=EXACT, blocks=tmp_path)
    expected = load_encoder(base).encode(TEXTS[:4], prompt_name="passage", batch_size=1, normalize_embeddings=True)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_queries_and_passages_differ_by_their_prompt(exact: Engine, tmp_path: Path) -> None:
    query = encode_texts(exact, ["water"], prompt="query", params=EXACT, blocks=tmp_path / "q")
    passage = encode_texts(exact, ["water"], prompt="passage", params=EXACT, blocks=tmp_path / "p")
    assert not np.allclose(query, passage)


def test_equal_texts_have_one_embedding_and_every_row_has_length_1(exact: Engine, tmp_path: Path) -> None:
    found = encode_texts(exact, TEXTS, prompt="query", params=EXACT, blocks=tmp_path)
    assert np.array_equal(found[2], found[3])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_no_text_gives_no_row(exact: Engine, tmp_path: Path) -> None:
    assert encode_texts(exact, [], prompt="query", params=EXACT, blocks=tmp_path).shape == (0, 32)


def test_bfloat16_changes_embeddings_by_less_than_a_thousandth(exact: Engine, fast: Engine, tmp_path: Path) -> None:
    expected = encode_texts(exact, TEXTS, prompt="query", params=EXACT, blocks=tmp_path / "exact")
    found = encode_texts(fast, TEXTS, prompt="query", params=FAST, blocks=tmp_path / "fast")
    assert not np.array_equal(found, expected)
    assert (found * expected).sum(axis=1).min() > 0.999


@pytest.mark.parametrize(
    ("precision", "kind"), [("int8", np.float16), ("bfloat16", np.float16), ("float32", np.float32)]
)
def test_embeddings_that_are_not_exact_are_saved_in_float16(
    base: Path, tmp_path: Path, precision: str, kind: type[np.generic]
) -> None:
    engine = TorchEngine(load_encoder(base), precision)
    assert encode_texts(engine, TEXTS, prompt="query", params=EXACT, blocks=tmp_path).dtype == kind


def test_an_encoder_without_a_normalising_module_gives_rows_of_length_1(base: Path, tmp_path: Path) -> None:
    save_dense_encoder(base, tmp_path / "dense")
    fast, exact = (
        encode_texts(
            load_engine(tmp_path / "dense", params.precision),
            TEXTS,
            prompt="query",
            params=params,
            blocks=tmp_path / params.precision,
        )
        for params in (FAST, EXACT)
    )
    assert fast.shape == (len(TEXTS), 8)
    assert np.linalg.norm(fast, axis=1) == pytest.approx(1, abs=1e-3)
    assert (fast * exact).sum(axis=1).min() > 0.999


def test_texts_are_tokenised_one_window_after_another(
    exact: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = encode_texts(exact, TEXTS, prompt="query", params=EXACT, blocks=tmp_path / "whole")
    monkeypatch.setattr("stages.hybrid.encoding.corpus.WINDOW", 3)
    parts = encode_texts(exact, TEXTS, prompt="query", params=EXACT, blocks=tmp_path / "parts")
    assert [path.name for path in sorted((tmp_path / "parts").iterdir())] == ["000000000.npy", "000000003.npy"]
    np.testing.assert_allclose(parts, whole, atol=1e-6)


def test_a_run_that_was_stopped_reads_the_blocks_that_are_there(
    exact: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.hybrid.encoding.corpus.BLOCK", 2)
    whole = encode_texts(exact, TEXTS, prompt="query", params=EXACT, blocks=tmp_path)
    blocks = sorted(tmp_path.iterdir())
    assert len(blocks) == 2  # four distinct texts, two per block
    blocks[1].unlink()
    written = blocks[0].stat().st_mtime_ns
    again = encode_texts(exact, TEXTS, prompt="query", params=EXACT, blocks=tmp_path)
    assert np.array_equal(again, whole)
    assert blocks[0].stat().st_mtime_ns == written


def encode_and_fail(base: Path, blocks: Path) -> None:
    """Encode the texts, and fail before anything is done with the embeddings."""
    with resumable_encoder(base, EXACT, blocks=blocks) as encode:
        encode(TEXTS, prompt="query")
        raise OSError("stopped")


def test_saved_blocks_survive_a_run_that_failed_and_are_deleted_after_one_that_succeeds(
    base: Path, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="stopped"):
        encode_and_fail(base, tmp_path)
    (block,) = tmp_path.glob("*/*.npy")
    written = block.stat().st_mtime_ns
    with resumable_encoder(base, EXACT, blocks=tmp_path) as encode:
        encode(TEXTS, prompt="query")
        assert block.stat().st_mtime_ns == written  # read, not computed again
        encode(TEXTS, prompt="passage")
        assert len(list(tmp_path.iterdir())) == 2  # another prompt has a folder of its own
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_prompt_is_refused(base: Path, tmp_path: Path) -> None:
    with (
        resumable_encoder(base, EXACT, blocks=tmp_path) as encode,
        pytest.raises(UserError, match="no prompt 'answer'"),
    ):
        encode(TEXTS, prompt="answer")
