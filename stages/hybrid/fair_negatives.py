"""Which passages are fair negatives of which queries: one rule for batches, the loss and hard negatives.

A passage may answer a query if it is from the query's own group, from its page, or from a twin (a group that says the
same). Such a passage is never used as a negative.
"""

import numpy as np
import pandas as pd

SHARED = ("group_id", "page_id", "twin_id")  # a passage that shares one of these with a query is not a fair negative

Codes = tuple[int, ...]  # of one pair: the numbers of its group, its page and its family of twins


def pair_codes(pairs: pd.DataFrame) -> np.ndarray:
    """Return the numbers of each row's group, page and family of twins, shape (rows, 3)."""
    return np.stack([pd.factorize(pairs[column])[0] for column in SHARED], axis=1)


def is_fair(queries: np.ndarray, passages: np.ndarray) -> np.ndarray:
    """Return whether each passage is a fair negative of its query, bool, shape (...).

    Args:
        queries: The queries' codes from `pair_codes`, shape (..., 3).
        passages: The passages' codes. The two shapes are broadcast.
    """
    return np.logical_and.reduce([queries[..., i] != passages[..., i] for i in range(len(SHARED))])


def fair_matrix(queries: np.ndarray, passages: np.ndarray) -> np.ndarray:
    """Return whether each passage is a fair negative of each query, bool, shape (queries, passages).

    Args:
        queries: The queries' codes from `pair_codes`, shape (queries, 3).
        passages: The passages' codes, shape (passages, 3).
    """
    return is_fair(queries[:, None], passages[None])


class Occupied:
    """The groups, pages and twins of the pairs that are in a batch so far."""

    def __init__(self) -> None:
        self._known: tuple[set[int], ...] = tuple(set() for _ in SHARED)

    def is_unfair(self, codes: Codes) -> bool:
        """Return whether a pair with these codes shares a group, page or twin with a pair in the batch."""
        return any(code in known for code, known in zip(codes, self._known, strict=True))

    def are_unfair(self, codes: np.ndarray) -> np.ndarray:
        """Return `is_unfair` for many pairs, bool, shape (pairs,). ``codes`` has the shape (pairs, 3)."""
        return np.logical_or.reduce([np.isin(codes[:, i], list(known)) for i, known in enumerate(self._known)])

    def add(self, codes: Codes) -> None:
        """Add a pair with these codes to the batch."""
        for code, known in zip(codes, self._known, strict=True):
            known.add(code)
