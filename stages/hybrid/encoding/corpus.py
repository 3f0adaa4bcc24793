"""Many texts to embeddings. Each distinct text is encoded once, in blocks that survive a kill."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch.nn.functional import normalize

from stages.hybrid.encoding.model import forward_tokens, length_batches, load_encoder, tokenize, use_bfloat16
from stages.hybrid.encoding.params import EncoderParams
from stages.hybrid.ground.files import read_array, sha256_of, write_array
from stages.hybrid.ground.layout import BLOCKS

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BLOCK = 1024  # texts that are encoded between two saves
WINDOW = 1 << 16  # texts whose tokens are in memory at a time


class Encode(Protocol):
    """The function that `resumable_encoder` yields."""

    def __call__(self, texts: list[str], *, prompt: str) -> np.ndarray:
        """Return L2-normalised embeddings, shape (texts, dim), in the order of ``texts``."""


@contextmanager
def resumable_encoder(folder: Path, params: EncoderParams, *, blocks: Path = BLOCKS) -> Iterator[Encode]:
    """Yield a function that encodes texts with the model in ``folder``. A run that was killed resumes where it was.

    Each call of the function saves its embeddings in blocks, in a folder of its own below ``blocks``. The folder's name
    is a hash of all that the embeddings depend on: model, params, prompt and texts. The folders are deleted when the
    ``with`` statement ends without an error. So write what you compute from the embeddings within it.

    Raises:
        UserError: The folder is missing or contains no model, or the encoder has no prompt of the given name.
    """
    encoder = load_for_encoding(folder, params.precision)
    model = [sha256_of(path) for path in sorted(folder.rglob("*")) if path.is_file()]
    used: list[Path] = []

    def encode(texts: list[str], *, prompt: str) -> np.ndarray:
        key = hashlib.sha256(f"{model} {params} {prompt} {texts}".encode()).hexdigest()[:16]
        used.append(blocks / key)
        return encode_texts(encoder, texts, prompt=prompt, params=params, blocks=used[-1])

    yield encode
    for finished in used:
        shutil.rmtree(finished, ignore_errors=True)


def load_for_encoding(folder: Path, precision: str) -> "SentenceTransformer":
    """Return the model in ``folder``. If `use_bfloat16` says so, its transformer's weights are in bfloat16.

    With float32 weights, casts between layers would take a fifth of the time. Modules after the transformer stay in
    float32.

    Raises:
        UserError: The folder is missing or contains no model.
    """
    encoder = load_encoder(folder)
    if use_bfloat16(precision, encoder.device):
        encoder[0].bfloat16()
    return encoder


def encode_texts(
    encoder: "SentenceTransformer", texts: list[str], *, prompt: str, params: EncoderParams, blocks: Path
) -> np.ndarray:
    """Return L2-normalised embeddings, shape (texts, dim), in the order of ``texts``.

    They are float16 if they were computed in bfloat16, which loses far more precision, else float32. Equal texts are
    encoded once. Each finished block is saved in the folder ``blocks``. A block that is already there is read and not
    computed, so a run that was stopped resumes where it was. The caller deletes the folder.

    Raises:
        UserError: The encoder has no prompt of the given name.
    """
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        rows.setdefault(text, []).append(row)
    kind = np.float16 if use_bfloat16(params.precision, encoder.device) else np.float32
    found = np.empty((len(texts), encoder.get_embedding_dimension() or 0), dtype=kind)
    with _progress_bar() as progress:
        task = progress.add_task(f"{prompt} texts, in letters", total=sum(map(len, rows)))
        for done, embeddings in _encode_blocks(encoder, list(rows), prompt=prompt, params=params, blocks=blocks):
            places = [rows[text] for text in done]
            found[np.concatenate(places)] = np.repeat(embeddings, [len(place) for place in places], axis=0)
            progress.advance(task, sum(map(len, done)))
    return found


def _encode_blocks(
    encoder: "SentenceTransformer", texts: list[str], *, prompt: str, params: EncoderParams, blocks: Path
) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yield blocks of texts of like length, each with its embeddings, float32, shape (texts, dim).

    `WINDOW` texts are tokenised at a time, and `BLOCK` texts make a block.
    """
    for first in range(0, len(texts), WINDOW):
        window = texts[first : first + WINDOW]
        tokens = tokenize(encoder, window, prompt=prompt, max_length=params.max_length)
        order = sorted(range(len(tokens)), key=lambda i: -len(tokens[i]))
        for start in range(0, len(order), BLOCK):
            rows = order[start : start + BLOCK]
            path = blocks / f"{first + start:09d}.npy"
            if not path.exists():
                write_array(path, _encode_block(encoder, [tokens[i] for i in rows], params))
            yield [window[i] for i in rows], read_array(path)


def _progress_bar() -> Progress:
    """Return a progress bar with the time taken and the time left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, speed_estimate_period=120)


def _encode_block(encoder: "SentenceTransformer", tokens: list[list[int]], params: EncoderParams) -> np.ndarray:
    """Return the L2-normalised embeddings of tokenised texts, shape (texts, dim), without gradients."""
    from sentence_transformers.sentence_transformer.modules import Normalize

    found = np.empty((len(tokens), encoder.get_embedding_dimension() or 0), dtype=np.float32)
    bfloat16 = use_bfloat16(params.precision, encoder.device)
    normalised = isinstance(encoder[-1], Normalize)  # twice would differ from encode() in the last digits
    with torch.inference_mode():
        for batch in length_batches([len(text) for text in tokens], params.tokens_per_batch):
            embeddings = forward_tokens(encoder, [tokens[i] for i in batch], bfloat16=bfloat16)
            found[batch] = (embeddings if normalised else normalize(embeddings, dim=1)).cpu().numpy()
    return found
