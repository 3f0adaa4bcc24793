"""The pairs of one training set by group and language, from which the sampler draws."""

from functools import cached_property

import numpy as np
import pandas as pd

from stages.hybrid.fair_negatives import Codes, pair_codes
from stages.hybrid.records import is_parallel_text


class PairIndex:
    """The pairs of one training set, by group and language. Groups and languages are sorted and numbered from 0.

    Attributes:
        name: Name of the training set.
        group_ids: The group ids, shape (groups,).
        languages: The languages.
        has: Whether a group has a language, bool, shape (groups, languages).
        is_parallel_text: Whether every query is its own passage.
        codes: The groups' codes from `pair_codes`, shape (groups, 3).
    """

    def __init__(self, name: str, pairs: pd.DataFrame) -> None:
        """Index ``pairs``: the columns of `Pair`, and ``twin_id``, which is equal for groups that say the same."""
        self.name = name
        self.group_ids = np.array(sorted(pairs["group_id"].unique()), dtype=object)
        self.languages = sorted(pairs["lang"].unique())
        rows = np.searchsorted(self.group_ids, pairs["group_id"].to_numpy(dtype=object))
        columns = np.searchsorted(self.languages, pairs["lang"].to_numpy(dtype=object))
        self.has = np.zeros((len(self.group_ids), len(self.languages)), dtype=bool)
        self.has[rows, columns] = True
        self.is_parallel_text = is_parallel_text(pairs)
        self.codes = pair_codes(pairs.drop_duplicates("group_id").sort_values("group_id"))
        self._codes: list[Codes] = [tuple(codes) for codes in self.codes.tolist()]
        self._groups: dict[tuple[int, int], np.ndarray] = {}

    def groups_with(self, first: int, second: int) -> np.ndarray:
        """Return the groups that have both languages, as row numbers in ascending order."""
        key = (min(first, second), max(first, second))
        if key not in self._groups:
            self._groups[key] = np.flatnonzero(self.has[:, key[0]] & self.has[:, key[1]]).astype(np.int32)
        return self._groups[key]

    def codes_of(self, group: int) -> Codes:
        """Return the codes of a group, by its row number."""
        return self._codes[group]

    @cached_property
    def shared(self) -> np.ndarray:
        """Number of groups that have both of two languages, shape (languages, languages)."""
        has = self.has.astype(np.int32)
        return has.T @ has

    @property
    def sizes(self) -> np.ndarray:
        """Number of pairs in each language, shape (languages,)."""
        return self.shared.diagonal()

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row number of each group id."""
        return {str(group): row for row, group in enumerate(self.group_ids)}
