"""Texts of one language that are nearly equal: MinHash proposes pairs, and their shingles decide.

Shingles are runs of characters. Two texts are nearly equal if the Jaccard similarity of their sets of shingles is at
least `MIN_JACCARD`. The hash functions are fixed, so the same texts give the same pairs on every machine. Time grows
with the length and with the number of the texts.

Source: A. Broder, "On the resemblance and containment of documents" (1997); the bands are those of J. Leskovec et al.,
"Mining of Massive Datasets", section 3.4.
"""

import numpy as np
from scipy.sparse import csr_matrix

MIN_JACCARD = 0.8  # similarity from which two texts are nearly equal
SHINGLE = 5  # characters
BANDS, ROWS = 16, 4  # a pair of similarity s is proposed with probability 1 - (1 - s ** ROWS) ** BANDS: 0.9998 at 0.8
NEIGHBOURS = 10  # texts with an equal band key that each text is paired with; pairing all would take quadratic time
PAIRS_AT_ONCE = 20_000  # pairs that are compared at a time, to limit memory
TEXTS_AT_ONCE = 2_000  # texts whose shingles are in memory at a time: few enough for the processor's cache


def near_duplicates(texts: list[str]) -> np.ndarray:
    """Return the pairs of ``texts`` that are nearly equal, as row numbers, shape (pairs, 2).

    The smaller row comes first, and the pairs are sorted. ``texts`` must be distinct and not empty. Every pair that is
    returned is nearly equal. A pair may be missed: with probability 0.0002 at a similarity of 0.8, or if more than
    `NEIGHBOURS` texts have the same band key.
    """
    pairs = _propose(_keys_of(texts))
    return pairs[_are_near(texts, texts, pairs)] if len(pairs) else pairs


def near_matches(texts: list[str], others: list[str]) -> np.ndarray:
    """Return the pairs of a text and another text that are nearly equal, shape (pairs, 2), sorted.

    A pair is a row of ``texts`` and a row of ``others``. The texts must not be empty. Every pair that is returned is
    nearly equal. A pair may be missed, as for `near_duplicates`. Memory grows with the number of texts. It grows with
    their length only for texts that are compared.
    """
    pairs = _propose_between(_keys_of(texts), _keys_of(others))
    return pairs[_are_near(texts, others, pairs)] if len(pairs) else pairs


def hash_shingles(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return a 64-bit number for each shingle, text by text, and where the shingles of each text begin.

    A text of n characters has n shingles, because its end is filled with zeros.
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
    own = np.ones(len(characters), dtype=bool)  # False for the filling
    for place in range(len(filling)):
        own[starts + lengths + np.arange(len(texts)) * len(filling) + place] = False
    return shingles[own[:number]], starts


def _mix(numbers: np.ndarray) -> np.ndarray:
    """Return 64-bit numbers that look random, a different one for each number (the finaliser of SplitMix64)."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _signatures(shingles: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return each text's smallest shingle under each of ``BANDS * ROWS`` hash functions, shape (functions, texts)."""
    factors = _mix(np.arange(BANDS * ROWS, dtype=np.uint64)) | np.uint64(1)
    return np.stack([np.minimum.reduceat(shingles * factor, starts) for factor in factors])


def _keys_of(texts: list[str]) -> np.ndarray:
    """Return the band keys of texts, shape (bands, texts); `TEXTS_AT_ONCE` texts are in memory at a time."""
    parts = [
        _band_keys(_signatures(*hash_shingles(texts[start : start + TEXTS_AT_ONCE])))
        for start in range(0, len(texts), TEXTS_AT_ONCE)
    ]
    return np.concatenate([np.empty((BANDS, 0), dtype=np.uint64), *parts], axis=1)


def _band_keys(signatures: np.ndarray) -> np.ndarray:
    """Return one number for the rows of each band of a text's signature, shape (bands, texts)."""
    keys = np.zeros((BANDS, signatures.shape[1]), dtype=np.uint64)
    for row in range(ROWS):
        keys = _mix(keys + signatures[row::ROWS])
    return keys


def _propose(band_keys: np.ndarray) -> np.ndarray:
    """Return pairs of texts with an equal key in some band, shape (pairs, 2), sorted."""
    number = band_keys.shape[1]
    found = [pairs for keys in band_keys for pairs in _neighbours(keys)]
    pairs = np.sort(np.concatenate(found), axis=1)
    codes = np.unique(pairs[:, 0] * number + pairs[:, 1])
    return np.stack([codes // number, codes % number], axis=1)


def _neighbours(keys: np.ndarray) -> list[np.ndarray]:
    """Return pairs of positions with equal keys: each position with the next `NEIGHBOURS` that have its key."""
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
    """Return pairs (text, other) with an equal key in some band, shape (pairs, 2), sorted.

    Each text is paired with at most `NEIGHBOURS` others for each band.
    """
    found = [np.empty((0, 2), dtype=np.int64)]
    for keys, others in zip(band_keys, other_keys, strict=True):
        order = np.argsort(others, kind="stable")
        first, last = (np.searchsorted(others, keys, side=side, sorter=order) for side in ("left", "right"))
        for distance in range(NEIGHBOURS):
            texts = np.flatnonzero(first + distance < last)
            found.append(np.stack([texts, order[first[texts] + distance]], axis=1))
    return np.unique(np.concatenate(found), axis=0)


def _are_near(texts: list[str], others: list[str], pairs: np.ndarray) -> np.ndarray:
    """Return which pairs (text, other) are nearly equal, bool, shape (pairs,)."""
    left, right = (np.unique(side, return_inverse=True) for side in pairs.T)
    shingles, starts = hash_shingles([*(texts[i] for i in left[0]), *(others[i] for i in right[0])])
    renumbered = np.stack([left[1], right[1] + len(left[0])], axis=1)
    return _share_enough(shingles, starts, renumbered)


def _share_enough(shingles: np.ndarray, starts: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return which pairs have a Jaccard similarity of at least `MIN_JACCARD`, bool, shape (pairs,)."""
    columns = np.unique(shingles, return_inverse=True)[1]
    sets = csr_matrix((np.ones(len(columns), dtype=np.int32), columns, np.append(starts, len(columns))))
    sets.sum_duplicates()
    sets.data[:] = 1
    sizes = np.diff(sets.indptr)
    shared = np.zeros(len(pairs), dtype=np.int64)
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        left, right = pairs[start : start + PAIRS_AT_ONCE].T
        shared[start : start + PAIRS_AT_ONCE] = sets[left].multiply(sets[right]).sum(axis=1).A1
    return shared >= MIN_JACCARD * (sizes[pairs].sum(axis=1) - shared)
