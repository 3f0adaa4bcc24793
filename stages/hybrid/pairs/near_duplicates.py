"""Texts of one language that are nearly equal: MinHash proposes pairs, and the shingles themselves decide.

The hash functions are fixed numbers, so the same texts give the same pairs on every machine. Time grows with the length
of the texts and with their number.

Source: A. Broder, "On the resemblance and containment of documents" (1997); the bands are those of J. Leskovec et al.,
"Mining of Massive Datasets", section 3.4.
"""

import numpy as np
from scipy.sparse import csr_matrix

SHINGLE = 5  # characters
BANDS, ROWS = 16, 4  # a pair of similarity s is proposed with probability 1 - (1 - s ** ROWS) ** BANDS: 0.9998 at 0.8
NEIGHBOURS = 10  # texts of a bucket that each is held against; to compare all of a large one would take quadratic time
PAIRS_AT_ONCE = 20_000  # compared in memory
TEXTS_AT_ONCE = 2_000  # whose shingles are in memory: few enough for the processor's cache


def near_duplicates(texts: list[str], threshold: float) -> np.ndarray:
    """Return the pairs of ``texts`` whose shingles have a Jaccard similarity of at least ``threshold``, in (0, 1].

    Shape (pairs, 2): row numbers, the smaller first, sorted. Texts are distinct and not empty. A pair below 0.8 may be
    missed; one that is returned is always right.
    """
    pairs = _propose(_keys_of(texts))
    return pairs[_similar_between(texts, texts, pairs, threshold=threshold)] if len(pairs) else pairs


def near_matches(texts: list[str], others: list[str], threshold: float) -> np.ndarray:
    """Return which of ``texts`` have a similarity of at least ``threshold``, in (0, 1], with which of ``others``.

    Shape (pairs, 2): row in ``texts``, row in ``others``, sorted. No text is empty. A pair below 0.8 may be missed, and
    so may some pairs of a text that has more than `NEIGHBOURS`; one that is returned is always right. Memory grows with
    the number of texts and not with their length, but for those that are compared.
    """
    pairs = _propose_between(_keys_of(texts), _keys_of(others))
    return pairs[_similar_between(texts, others, pairs, threshold=threshold)] if len(pairs) else pairs


def hash_shingles(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return a 64-bit number for every run of `SHINGLE` characters, text by text, and where each text's begin.

    A text of n characters has n shingles, the last of them filled up.
    """
    filling = "\0" * (SHINGLE - 1)
    joined = "".join(text + filling for text in texts).encode("utf-32-le", "surrogatepass")
    characters = np.frombuffer(joined, dtype=np.uint32).astype(np.uint64)
    number = len(characters) - len(filling)
    shingles = np.zeros(number, dtype=np.uint64)
    for place in range(SHINGLE):
        shingles = _mix(shingles + characters[place : place + number])
    lengths = np.array([len(text) for text in texts])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    own = np.ones(len(characters), dtype=bool)  # not of the filling
    for place in range(len(filling)):
        own[starts + lengths + np.arange(len(texts)) * len(filling) + place] = False
    return shingles[own[:number]], starts


def _mix(numbers: np.ndarray) -> np.ndarray:
    """Return 64-bit numbers that look random, one to one (the finaliser of SplitMix64)."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _signatures(shingles: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return each text's least shingle under each of ``BANDS * ROWS`` orders, shape (orders, texts)."""
    factors = _mix(np.arange(BANDS * ROWS, dtype=np.uint64)) | np.uint64(1)
    return np.stack([np.minimum.reduceat(shingles * factor, starts) for factor in factors])


def _keys_of(texts: list[str]) -> np.ndarray:
    """Return the band keys of texts, whose shingles are in memory `TEXTS_AT_ONCE` at a time."""
    parts = [
        _band_keys(_signatures(*hash_shingles(texts[start : start + TEXTS_AT_ONCE])))
        for start in range(0, len(texts), TEXTS_AT_ONCE)
    ]
    return np.concatenate([np.empty((BANDS, 0), dtype=np.uint64), *parts], axis=1)


def _band_keys(signatures: np.ndarray) -> np.ndarray:
    """Return a number for what a text's signature says in each band, shape (bands, texts)."""
    keys = np.zeros((BANDS, signatures.shape[1]), dtype=np.uint64)
    for row in range(ROWS):
        keys = _mix(keys + signatures[row::ROWS])
    return keys


def _propose(band_keys: np.ndarray) -> np.ndarray:
    """Return the pairs of texts that agree on all rows of a band, shape (pairs, 2), sorted."""
    number = band_keys.shape[1]
    found = [pairs for keys in band_keys for pairs in _neighbours(keys)]
    pairs = np.sort(np.concatenate(found), axis=1)
    codes = np.unique(pairs[:, 0] * number + pairs[:, 1])
    return np.stack([codes // number, codes % number], axis=1)


def _neighbours(keys: np.ndarray) -> list[np.ndarray]:
    """Return pairs of positions with equal keys: each with the next `NEIGHBOURS` of its key."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    found = [np.empty((0, 2), dtype=np.int64)]
    for distance in range(1, min(NEIGHBOURS, len(keys) - 1) + 1):
        same = np.flatnonzero(ordered[:-distance] == ordered[distance:])
        if not len(same):
            break
        found.append(np.stack([order[same], order[same + distance]], axis=1))
    return found


def _propose_between(band_keys: np.ndarray, other_keys: np.ndarray) -> np.ndarray:
    """Return pairs (text, other) with an equal key in a band, each text with at most `NEIGHBOURS` others of that key.

    Shape (pairs, 2), sorted.
    """
    found = [np.empty((0, 2), dtype=np.int64)]
    for keys, others in zip(band_keys, other_keys, strict=True):
        order = np.argsort(others, kind="stable")
        first, last = (np.searchsorted(others, keys, side=side, sorter=order) for side in ("left", "right"))
        for distance in range(NEIGHBOURS):
            texts = np.flatnonzero(first + distance < last)
            found.append(np.stack([texts, order[first[texts] + distance]], axis=1))
    return np.unique(np.concatenate(found), axis=0)


def _similar_between(texts: list[str], others: list[str], pairs: np.ndarray, *, threshold: float) -> np.ndarray:
    """Return which pairs (text, other) have a Jaccard similarity of at least ``threshold``, shape (pairs,), bool."""
    left, right = (np.unique(side, return_inverse=True) for side in pairs.T)
    shingles, starts = hash_shingles([*(texts[i] for i in left[0]), *(others[i] for i in right[0])])
    renumbered = np.stack([left[1], right[1] + len(left[0])], axis=1)
    return _similar(shingles, starts, renumbered, threshold=threshold)


def _similar(shingles: np.ndarray, starts: np.ndarray, pairs: np.ndarray, *, threshold: float) -> np.ndarray:
    """Return which pairs have a Jaccard similarity of at least ``threshold``, shape (pairs,), bool."""
    columns = np.unique(shingles, return_inverse=True)[1]
    sets = csr_matrix((np.ones(len(columns), dtype=np.int32), columns, np.append(starts, len(columns))))
    sets.sum_duplicates()
    sets.data[:] = 1
    sizes = np.diff(sets.indptr)
    shared = np.zeros(len(pairs), dtype=np.int64)
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        left, right = pairs[start : start + PAIRS_AT_ONCE].T
        shared[start : start + PAIRS_AT_ONCE] = sets[left].multiply(sets[right]).sum(axis=1).A1
    return shared >= threshold * (sizes[pairs].sum(axis=1) - shared)
