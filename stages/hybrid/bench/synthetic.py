"""Made-up embeddings. They are clustered as those of texts are; large sets lie on disk in float16."""

from pathlib import Path

import numpy as np

DIM = 384
TOPICS = 1000
BLOCK = 1 << 14  # rows drawn at a time


def normalise(vectors: np.ndarray) -> np.ndarray:
    """Return the rows of ``vectors`` divided by their L2 norms, float32."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32, copy=False)


def unit_vectors(number: int, *, seed: int) -> np.ndarray:
    """Return unit vectors around common topics, float32, shape (number, DIM); the same seed gives the same."""
    topics = np.random.default_rng(0).normal(size=(TOPICS, DIM)).astype(np.float32)
    generator = np.random.default_rng([seed, number])
    vectors = generator.normal(size=(number, DIM)).astype(np.float32)
    vectors += topics[generator.integers(TOPICS, size=number)]
    return normalise(vectors)


def passage_ids(number: int) -> np.ndarray:
    """Return ids for ``number`` made-up passages, in ascending order."""
    return np.array([f"{row:07d}" for row in range(number)])


def write_unit_vectors(path: Path, number: int) -> None:
    """Write `unit_vectors` of ``number`` passages in float16, block by block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=(number, DIM))
    for start in range(0, number, BLOCK):
        stop = min(start + BLOCK, number)
        array[start:stop] = unit_vectors(stop - start, seed=start + 2)
