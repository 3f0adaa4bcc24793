"""How much of the machine's own rate of matrix products training and encoding reach."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from stages.hybrid.bench.apart import run_apart
from stages.hybrid.bench.rows import Row, make_row

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TOKENS = 2048  # rows of the matrices: the tokens of a micro-batch
SQUARE = 2048  # side of a large square matrix, with which the machine is at its best
SECONDS = 1.0  # for which each shape is measured


class EncoderShape(NamedTuple):
    """The sizes of a transformer's matrix products."""

    layers: int
    width: int
    inner: int  # width of the feed-forward part

    @classmethod
    def of(cls, encoder: "SentenceTransformer") -> "EncoderShape":
        """Return the shape of ``encoder``."""
        words: Any = encoder[0]
        config = words.model.config
        return cls(config.num_hidden_layers, config.hidden_size, config.intermediate_size)


def forward_flops(lengths: Sequence[int], shape: EncoderShape) -> int:
    """Return the floating-point operations of the matrix products of one forward pass, two per multiply-add.

    For a text of n tokens, width d and inner width f, a layer takes 8 n d^2 (queries, keys, values, output), 4 n^2 d
    (attention scores, and their sum over the values) and 4 n d f (feed-forward). ``lengths`` are real tokens, because
    padding is work without use.
    """
    d, f = shape.width, shape.inner
    return shape.layers * sum(8 * n * d * d + 4 * n * n * d + 4 * n * d * f for n in lengths)


def roofline_row(name: str, reached: Sequence[float], *, shape: EncoderShape, bfloat16: bool, note: str) -> Row:
    """Return the row of the rates that were ``reached``, in GFLOP per second, beside the machine's own rate."""
    best = run_apart(product_rate, shape=shape, bfloat16=bfloat16).value
    peer_name = f"torch's matrix products, best of the model's shapes, {'bfloat16' if bfloat16 else 'float32'}"
    return make_row(name, (reached, best), unit="GFLOP per second", peer_name=peer_name, note=note)


def product_rate(_: Any, *, shape: EncoderShape, bfloat16: bool) -> list[float]:
    """Return the best rate of torch's matrix products, over the model's shapes and a large square: GFLOP per second."""
    d, f = shape.width, shape.inner
    sizes = [(TOKENS, d, d), (TOKENS, d, f), (TOKENS, f, d), (SQUARE, SQUARE, SQUARE)]
    return [max(_rate(size, bfloat16=bfloat16) for size in sizes)]


def _rate(size: tuple[int, int, int], *, bfloat16: bool) -> float:
    """Return GFLOP per second of products of (m, k) and (k, n) matrices."""
    import torch

    m, k, n = size
    kind = torch.bfloat16 if bfloat16 else torch.float32
    left, right = torch.ones(m, k, dtype=kind), torch.ones(k, n, dtype=kind)
    products, start = -1, time.perf_counter()  # the first one compiles kernels, so it is not counted
    with torch.inference_mode():
        while time.perf_counter() - start < SECONDS or products < 1:
            torch.mm(left, right)
            products += 1
            start = time.perf_counter() if products == 0 else start
    return 2 * m * k * n * products / (time.perf_counter() - start) / 1e9
