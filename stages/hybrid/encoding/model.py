"""What encoding and training share: load the encoder, tokenise texts, batch them by length, embed them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import normalize

from stages.hybrid.encoding.packed import forward_packed, is_packed
from stages.hybrid.ground.errors import UserError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

LENGTH_STEP = 16  # the length of a batch is a multiple of this many tokens
ROW_STEP = 4  # the number of texts in a batch is a multiple of this


def load_encoder(folder: Path) -> "SentenceTransformer":
    """Return the sentence-transformers model in ``folder``, on the GPU if there is one.

    Raises:
        UserError: The folder is missing or contains no model.
    """
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # loading the weights takes only a moment
    if not (folder / "modules.json").exists():
        raise UserError(
            f"{folder}: no modules.json, expected a sentence-transformers folder; run the stage that writes it"
        )
    return SentenceTransformer(str(folder), trust_remote_code=False, model_kwargs={"use_safetensors": True})


def use_bfloat16(precision: str, device: torch.device) -> bool:
    """Return whether to compute in bfloat16: if ``precision`` says so, or if it is auto and the device supports it.

    A GPU supports it if it has the hardware. A processor supports it if oneDNN says so, which it does from AVX-512 on.
    """
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def tokenize(encoder: "SentenceTransformer", texts: list[str], *, prompt: str, max_length: int) -> list[list[int]]:
    """Return the token ids of each text, cut to ``max_length`` tokens.

    They begin with the prompt, and include special tokens.

    Args:
        encoder: its tokenizer, prompts and maximum length are used.
        texts: any number of texts.
        prompt: the name of the prompt, such as "query".
        max_length: in tokens; the encoder's own maximum is used if it is lower.

    Raises:
        UserError: The encoder has no prompt of that name.
    """
    if prompt not in encoder.prompts:
        raise UserError(
            f"the encoder has no prompt {prompt!r}, only {sorted(encoder.prompts)}; add it to its "
            "config_sentence_transformers.json"
        )
    prefixed = [str(encoder.prompts[prompt]) + text for text in texts]
    longest = min(max_length, encoder.max_seq_length or max_length)
    return encoder.tokenizer(prefixed, truncation=True, max_length=longest)["input_ids"] if texts else []


def length_batches(lengths: list[int], tokens_per_batch: int, *, step: int = LENGTH_STEP) -> Iterator[list[int]]:
    """Yield the positions of ``lengths`` in batches of like length, longest first.

    A batch has at most ``tokens_per_batch`` tokens, with padding to a multiple of ``step``, or it is a single text.
    Texts of equal length keep their order. The texts that `forward_tokens` adds to fill up a batch are not counted.
    """
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    while order:
        rows = max(1, tokens_per_batch // _padded_length(lengths[order[0]], step))
        rows -= rows % ROW_STEP if rows > ROW_STEP else 0
        yield order[:rows]
        order = order[rows:]


def _padded_length(length: int, step: int) -> int:
    """Return the length that a batch is padded to. Few shapes are used, because code is compiled for each shape."""
    return -(-length // step) * step


def embed_tokens(encoder: "SentenceTransformer", tokens: list[list[int]], *, bfloat16: bool) -> Tensor:
    """Return the L2-normalised embeddings of one batch, float32, shape (texts, dim)."""
    return normalize(forward_tokens(encoder, tokens, bfloat16=bfloat16), dim=1)


def forward_tokens(encoder: "SentenceTransformer", tokens: list[list[int]], *, bfloat16: bool) -> Tensor:
    """Return the encoder's output for one batch, shape (texts, dim). It is not normalised, unless by the encoder.

    If ``bfloat16``, the transformer's matrix products are in bfloat16. Pooling and what follows are always in float32.
    """
    if is_packed(encoder):
        return forward_packed(encoder, tokens, bfloat16=bfloat16)
    device = encoder.device
    rows = -(-len(tokens) // ROW_STEP) * ROW_STEP
    filled = tokens + [tokens[0]] * (rows - len(tokens))
    features = {name: tensor.to(device) for name, tensor in pad_tokens(encoder, filled).items()}
    words, rest = encoder[0], list(encoder)[1:]
    with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
        features = words(features)
    features["token_embeddings"] = features["token_embeddings"].float()
    for module in rest:
        features = module(features)
    return features["sentence_embedding"][: len(tokens)]


def pad_tokens(
    encoder: "SentenceTransformer", tokens: list[list[int]], *, step: int = LENGTH_STEP
) -> dict[str, Tensor]:
    """Return input ids and attention mask of tokenised texts, each of shape (texts, tokens), a multiple of ``step``."""
    longest = min(_padded_length(max(map(len, tokens)), step), encoder.max_seq_length or sys.maxsize)
    ids = torch.full((len(tokens), longest), encoder.tokenizer.pad_token_id, dtype=torch.long)
    mask = torch.zeros((len(tokens), longest), dtype=torch.long)
    for row, text in enumerate(tokens):
        ids[row, : len(text)] = torch.tensor(text)
        mask[row, : len(text)] = 1
    return {"input_ids": ids, "attention_mask": mask}
