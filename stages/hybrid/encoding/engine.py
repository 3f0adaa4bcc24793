"""What runs an encoder: torch in float32 or bfloat16, or OpenVINO in int8; and the choice between them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch.nn.functional import normalize

from stages.hybrid.encoding.int8 import Int8Engine
from stages.hybrid.encoding.model import forward_tokens, length_batches, load_encoder, use_bfloat16
from stages.hybrid.encoding.packed import MODEL_TYPES, can_pack, use_packed_attention
from stages.hybrid.ground.errors import UserError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

AGREEMENT = 0.99  # the least cosine of an embedding in int8 to that in float32


class Engine(Protocol):
    """Something that runs an encoder.

    Attributes:
        encoder: Its tokenizer, prompts and sizes are used.
        precision: int8, bfloat16 or float32.
    """

    encoder: "SentenceTransformer"
    precision: str

    def embed(self, tokens: list[list[int]], tokens_per_batch: int) -> np.ndarray:
        """Return the L2-normalised embeddings of tokenised texts, float32, shape (texts, dim), without gradients."""


class TorchEngine:
    """Runs an encoder by torch."""

    def __init__(self, encoder: "SentenceTransformer", precision: str) -> None:
        """Take an encoder as it is, and compute in ``precision``: bfloat16 or float32."""
        self.encoder = encoder
        self.precision = precision

    def embed(self, tokens: list[list[int]], tokens_per_batch: int) -> np.ndarray:
        """Return the L2-normalised embeddings of tokenised texts, float32, shape (texts, dim), without gradients."""
        from sentence_transformers.sentence_transformer.modules import Normalize

        found = np.empty((len(tokens), self.encoder.get_embedding_dimension() or 0), dtype=np.float32)
        normalised = isinstance(self.encoder[-1], Normalize)  # twice would differ from encode() in the last digits
        with torch.inference_mode():
            for batch in length_batches([len(text) for text in tokens], tokens_per_batch):
                embeddings = forward_tokens(
                    self.encoder, [tokens[i] for i in batch], bfloat16=self.precision == "bfloat16"
                )
                found[batch] = (embeddings if normalised else normalize(embeddings, dim=1)).cpu().numpy()
        return found


def load_engine(folder: Path, precision: str) -> Engine:
    """Return the model in ``folder``, ready to encode in ``precision``.

    In bfloat16, the transformer's weights are in bfloat16: with float32 weights, casts between layers would take a
    fifth of the time. Modules after the transformer stay in float32. Unless ``precision`` is float32, texts are not
    padded if `can_pack` says so. This changes the last digits.

    Args:
        folder: A sentence-transformers folder.
        precision: int8, bfloat16, float32, or auto, which is bfloat16 if `use_bfloat16` says so, else float32. int8 is
            faster on a processor with 8-bit products, but it costs up to 0.004 mAP (reports/log.md).

    Raises:
        UserError: The folder is missing or contains no model, or ``precision`` is int8 and the model cannot be packed.
    """
    encoder = load_encoder(folder)
    fast = "bfloat16" if use_bfloat16("auto", encoder.device) else "float32"
    kind = fast if precision == "auto" else precision
    if kind == "int8":
        check_int8(encoder)
        return Int8Engine(encoder)
    if kind == "bfloat16":
        encoder[0].bfloat16()
    if precision != "float32" and can_pack(encoder):
        use_packed_attention(encoder)
    return TorchEngine(encoder, kind)


def check_int8(encoder: "SentenceTransformer") -> None:
    """Check that ``encoder`` can run in int8.

    Raises:
        UserError: It cannot.
    """
    if not can_pack(encoder):
        words: Any = encoder[0]
        raise UserError(
            f"encoder.precision is int8, expected bfloat16 or float32 for a {words.model.config.model_type} model on "
            f"{encoder.device.type}: only {' and '.join(MODEL_TYPES)} models on a CPU run in int8; change it"
        )


def check_agreement(engine: Engine, tokens: list[list[int]], tokens_per_batch: int) -> str:
    """Return the precision of ``engine`` in words. If it is int8, they say how embeddings of ``tokens`` agree.

    Raises:
        UserError: A text's embedding in int8 has a cosine below `AGREEMENT` to that in float32.
    """
    if engine.precision != "int8" or not tokens:
        return engine.precision
    exact = TorchEngine(engine.encoder, "float32").embed(tokens, tokens_per_batch)
    cosines = (engine.embed(tokens, tokens_per_batch) * exact).sum(axis=1)
    if cosines.min() < AGREEMENT:
        raise UserError(
            f"in int8, the embedding of a text has a cosine of {cosines.min():.3f} to that in float32, expected "
            f"{AGREEMENT} or more; set encoder.precision to bfloat16 or float32"
        )
    return (
        f"int8; in a sample of {len(tokens)} texts, the cosine to float32 is {cosines.mean():.4f} on average and "
        f"{cosines.min():.4f} at least"
    )
