"""Many texts to embeddings. Each distinct text is encoded once, in blocks that survive a kill."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from stages.hybrid.encoding.engine import Engine, check_agreement, load_engine
from stages.hybrid.encoding.model import tokenize
from stages.hybrid.encoding.params import EncoderParams
from stages.hybrid.encoding.progress import Progress
from stages.hybrid.ground.costs import note
from stages.hybrid.ground.files import read_array, sha256_of, write_array
from stages.hybrid.ground.layout import BLOCKS

BLOCK = 1024  # texts that are encoded between two saves
SAMPLE = 32  # texts, at most, on which int8 is checked
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

    Embeddings in int8 are checked on a sample of the first texts. How they agree with float32 is printed, and noted
    with the costs of the stage.

    Raises:
        UserError: The folder is missing or contains no model, the encoder has no prompt of the given name, or int8
            embeddings differ too much from those in float32.
    """
    engine = load_engine(folder, params.precision)
    model = [sha256_of(path) for path in sorted(folder.rglob("*")) if path.is_file()]
    used: list[Path] = []

    def encode(texts: list[str], *, prompt: str) -> np.ndarray:
        if not used:
            spread = texts[:: -(-len(texts) // SAMPLE)] if texts else []
            tokens = tokenize(engine.encoder, spread, prompt=prompt, max_length=params.max_length)
            note(f"computed in {check_agreement(engine, tokens, params.tokens_per_batch)}")
        key = hashlib.sha256(f"{model} {params} {engine.precision} {prompt} {texts}".encode()).hexdigest()[:16]
        used.append(blocks / key)
        return encode_texts(engine, texts, prompt=prompt, params=params, blocks=used[-1])

    yield encode
    for finished in used:
        shutil.rmtree(finished, ignore_errors=True)


def encode_texts(engine: Engine, texts: list[str], *, prompt: str, params: EncoderParams, blocks: Path) -> np.ndarray:
    """Return L2-normalised embeddings, shape (texts, dim), in the order of ``texts``.

    They are float32 if they were computed in float32, else float16, which loses far less than was lost. Equal texts are
    encoded once. Each finished block is saved in the folder ``blocks``. A block that is already there is read and not
    computed, so a run that was stopped resumes where it was. The caller deletes the folder.

    Raises:
        UserError: The encoder has no prompt of the given name.
    """
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        rows.setdefault(text, []).append(row)
    kind = np.float32 if engine.precision == "float32" else np.float16
    found = np.empty((len(texts), engine.encoder.get_embedding_dimension() or 0), dtype=kind)
    progress = Progress(f"encoding {prompt} texts", sum(map(len, rows)), "letters")
    for done, embeddings in _encode_blocks(engine, list(rows), prompt=prompt, params=params, blocks=blocks):
        places = [rows[text] for text in done]
        found[np.concatenate(places)] = np.repeat(embeddings, [len(place) for place in places], axis=0)
        progress.advance(sum(map(len, done)))
    return found


def _encode_blocks(
    engine: Engine, texts: list[str], *, prompt: str, params: EncoderParams, blocks: Path
) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yield blocks of texts of like length, each with its embeddings, float32, shape (texts, dim).

    `WINDOW` texts are tokenised at a time, and `BLOCK` texts make a block.
    """
    for first in range(0, len(texts), WINDOW):
        window = texts[first : first + WINDOW]
        tokens = tokenize(engine.encoder, window, prompt=prompt, max_length=params.max_length)
        order = sorted(range(len(tokens)), key=lambda i: -len(tokens[i]))
        for start in range(0, len(order), BLOCK):
            rows = order[start : start + BLOCK]
            path = blocks / f"{first + start:09d}.npy"
            if not path.exists():
                write_array(path, engine.embed([tokens[i] for i in rows], params.tokens_per_batch))
            yield [window[i] for i in rows], read_array(path)
