"""The engines: int8 beside float32, what is chosen on which processor, and what is refused."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from transformers import DistilBertConfig, DistilBertModel

from stages.hybrid.encoding.corpus import resumable_encoder
from stages.hybrid.encoding.engine import TorchEngine, check_agreement, load_engine
from stages.hybrid.encoding.int8 import LARGEST, Int8Engine, to_int8
from stages.hybrid.encoding.model import load_encoder, use_bfloat16
from stages.hybrid.encoding.params import EncoderParams
from stages.hybrid.ground.errors import UserError
from support.tiny_encoder import save_dense_encoder, save_other_encoder, save_tiny_xlm_r

TOKENS = [[7, 8, 9], list(range(5, 45)), [11], list(range(6, 23)), [12, 13], list(range(5, 21))]
BUDGET = 64


@pytest.fixture(scope="module")
def encoder(base: Path) -> SentenceTransformer:
    return load_encoder(base)


def test_rows_of_a_matrix_are_rounded_by_hand() -> None:
    weight = np.array([[2.54, -1.27, 0.005], [0, 0, 0]], dtype=np.float32)
    whole, scale = to_int8(weight)
    assert whole.dtype == np.int8 and whole.tolist() == [[LARGEST, -64, 0], [0, 0, 0]]  # -63.5 is rounded to even
    assert scale[:, 0].tolist() == pytest.approx([0.02, 1])


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta", "dense"])
def test_embeddings_in_int8_are_near_those_in_float32_and_in_the_same_order(
    base: Path, tmp_path: Path, kind: str
) -> None:
    folder = {"bert": base, "xlm-roberta": tmp_path / "encoder", "dense": tmp_path / "encoder"}[kind]
    if kind == "xlm-roberta":
        save_tiny_xlm_r(base, tmp_path)
    elif kind == "dense":
        save_dense_encoder(base, folder)
    exact = TorchEngine(load_encoder(folder), "float32").embed(TOKENS, BUDGET)
    engine = load_engine(folder, "int8")
    found = engine.embed(TOKENS, BUDGET)
    assert engine.precision == "int8" and found.shape == exact.shape and found.dtype == np.float32
    assert not np.array_equal(found, exact)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    assert (found * exact).sum(axis=1).min() > 0.99


def test_int8_gives_the_same_embeddings_whatever_the_other_texts(encoder: SentenceTransformer) -> None:
    engine = Int8Engine(encoder)
    together = engine.embed(TOKENS, BUDGET)
    alone = np.concatenate([engine.embed([text], BUDGET) for text in TOKENS])
    assert (together * alone).sum(axis=1).min() > 0.9999


def test_no_text_gives_no_row(encoder: SentenceTransformer) -> None:
    assert Int8Engine(encoder).embed([], BUDGET).shape == (0, 32)


@pytest.mark.parametrize(("supported", "expected"), [(True, "bfloat16"), (False, "float32")])
def test_int8_is_never_chosen_unasked(
    base: Path, monkeypatch: pytest.MonkeyPatch, supported: bool, expected: str
) -> None:
    monkeypatch.setattr("stages.hybrid.encoding.engine.use_bfloat16", lambda *_: supported)
    assert load_engine(base, "auto").precision == expected


def test_a_model_that_is_not_known_is_never_run_in_int8(base: Path, tmp_path: Path) -> None:
    save_other_encoder(DistilBertModel(DistilBertConfig(vocab_size=300, dim=32, n_layers=1, n_heads=2)), base, tmp_path)
    folder = tmp_path / "encoder"
    expected = "bfloat16" if use_bfloat16("auto", torch.device("cpu")) else "float32"
    assert load_engine(folder, "auto").precision == expected
    with pytest.raises(UserError, match=r"precision is int8, expected bfloat16 or float32 for a distilbert model"):
        load_engine(folder, "int8")


def test_how_int8_agrees_with_float32_is_said(encoder: SentenceTransformer) -> None:
    words = check_agreement(Int8Engine(encoder), TOKENS, BUDGET)
    assert re.fullmatch(
        r"int8; in a sample of 6 texts, the cosine to float32 is [01]\.\d{4} on average and [01]\.\d{4} at least", words
    )
    assert check_agreement(TorchEngine(encoder, "float32"), TOKENS, BUDGET) == "float32"
    assert check_agreement(Int8Engine(encoder), [], BUDGET) == "int8"


def test_embeddings_in_int8_that_differ_too_much_are_refused(encoder: SentenceTransformer) -> None:
    engine: Any = TorchEngine(encoder, "int8")
    turned = engine.embed(TOKENS, BUDGET)[::-1]
    engine.embed = lambda *_: turned
    with pytest.raises(UserError, match=r"in int8, .* cosine of .*, expected 0\.99 or more; set encoder"):
        check_agreement(engine, TOKENS, BUDGET)


def test_the_precision_is_printed_and_noted_once(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    params = EncoderParams(max_length=32, precision="int8", tokens_per_batch=64)
    with resumable_encoder(base, params, blocks=tmp_path) as encode:
        encode(["water", "bread"], prompt="query")
        encode(["water"], prompt="passage")
    assert capsys.readouterr().out.count("computed in int8; in a sample of 2 texts") == 1
