"""The encoder: load it, tokenise texts, batch them by length, embed them. Training needs no more than this."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import normalize

from stages.hybrid.ground.errors import UserError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

LENGTH_STEP = 16  # a batch is padded to a multiple of so many tokens
ROW_STEP = 4  # and filled up to a multiple of so many texts


def load_encoder(folder: Path) -> "SentenceTransformer":
    """Return the sentence-transformers model in ``folder``, on the GPU where there is one.

    Raises:
        UserError: the folder is missing or holds no model.
    """
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # of reading the weights, which takes a moment
    if not (folder / "modules.json").exists():
        raise UserError(
            f"{folder}: no modules.json, expected a sentence-transformers folder; run the stage that writes it"
        )
    return SentenceTransformer(str(folder), trust_remote_code=False, model_kwargs={"use_safetensors": True})


def load_for_encoding(folder: Path, precision: str) -> "SentenceTransformer":
    """Return `load_encoder`'s model, its transformer's weights in bfloat16 if ``precision`` asks for it.

    Casts of float32 to and fro between layers would take a fifth of the time. What follows pooling stays in float32.
    """
    encoder = load_encoder(folder)
    if use_bfloat16(precision, encoder.device):
        encoder[0].bfloat16()
    return encoder


def use_bfloat16(precision: str, device: torch.device) -> bool:
    """Return whether to compute in bfloat16: if asked for, or on ``auto`` where the hardware multiplies in it."""
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def tokenize(encoder: "SentenceTransformer", texts: list[str], *, prompt: str, max_length: int) -> list[list[int]]:
    """Return each text's token ids, special tokens included, its prompt in front, cut to ``max_length`` tokens.

    Raises:
        UserError: the encoder has no prompt of that name.
    """
    if prompt not in encoder.prompts:
        raise UserError(f"the encoder has no prompt {prompt!r}, only {sorted(encoder.prompts)}; add it to its config")
    prefixed = [str(encoder.prompts[prompt]) + text for text in texts]
    longest = min(max_length, encoder.max_seq_length or max_length)
    return encoder.tokenizer(prefixed, truncation=True, max_length=longest)["input_ids"] if texts else []


def length_batches(lengths: list[int], tokens_per_batch: int) -> Iterator[list[int]]:
    """Yield the positions of ``lengths`` in batches, longest first, each within ``tokens_per_batch``, padding included.

    Texts of equal length keep their order. A text longer than the budget has a batch of its own.
    """
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    while order:
        rows = max(1, tokens_per_batch // _padded_length(lengths[order[0]]))
        rows -= rows % ROW_STEP if rows > ROW_STEP else 0
        yield order[:rows]
        order = order[rows:]


def _padded_length(length: int) -> int:
    """Return the length that a batch is padded to: few different shapes, for a processor compiles code for each."""
    return -(-length // LENGTH_STEP) * LENGTH_STEP


def embed_tokens(encoder: "SentenceTransformer", tokens: list[list[int]], *, bfloat16: bool = False) -> Tensor:
    """Return L2-normalised float32 embeddings of one padded batch, shape (texts, dim).

    Gradients flow where they are on. Matrix products are in bfloat16 where asked for; pooling and what follows are in
    float32 always.
    """
    return normalize(forward_tokens(encoder, tokens, bfloat16=bfloat16), dim=1)


def forward_tokens(encoder: "SentenceTransformer", tokens: list[list[int]], *, bfloat16: bool) -> Tensor:
    """Return what the encoder's modules make of one padded batch, shape (texts, dim)."""
    device = encoder.device
    rows = -(-len(tokens) // ROW_STEP) * ROW_STEP
    filled = tokens + [tokens[0]] * (rows - len(tokens))
    longest = min(_padded_length(max(map(len, tokens))), encoder.max_seq_length or sys.maxsize)
    features = _padded(filled, longest, padding=encoder.tokenizer.pad_token_id)
    features = {name: tensor.to(device) for name, tensor in features.items()}
    words, rest = encoder[0], list(encoder)[1:]
    with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
        features = words(features)
    features["token_embeddings"] = features["token_embeddings"].float()
    for module in rest:
        features = module(features)
    return features["sentence_embedding"][: len(tokens)]


def _padded(tokens: list[list[int]], longest: int, *, padding: int) -> dict[str, Tensor]:
    """Return input ids and attention mask, each (texts, longest)."""
    ids = torch.full((len(tokens), longest), padding, dtype=torch.long)
    mask = torch.zeros((len(tokens), longest), dtype=torch.long)
    for row, text in enumerate(tokens):
        ids[row, : len(text)] = torch.tensor(text)
        mask[row, : len(text)] = 1
    return {"input_ids": ids, "attention_mask": mask}
