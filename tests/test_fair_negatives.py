import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.hybrid.fair_negatives import Occupied, fair_matrix, is_fair, pair_codes

PAIRS = pd.DataFrame(
    [("a", "p", "a"), ("b", "p", "b"), ("c", "q", "c"), ("d", "r", "c"), ("a", "p", "a")],
    columns=["group_id", "page_id", "twin_id"],
)
# Groups a and b share a page. Groups c and d are twins. The last row is group a in another language.
UNFAIR = {(0, 1), (2, 3), (0, 4), (1, 4)}

rows = st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=12)


def test_a_passage_of_the_same_group_page_or_twins_is_not_a_fair_negative() -> None:
    found = fair_matrix(pair_codes(PAIRS), pair_codes(PAIRS))
    for i in range(5):
        for j in range(5):
            assert found[i, j] == (i != j and (min(i, j), max(i, j)) not in UNFAIR)


def test_queries_and_passages_are_also_compared_row_by_row() -> None:
    codes = pair_codes(PAIRS)
    assert is_fair(codes[[0, 0, 2]], codes[[1, 2, 3]]).tolist() == [False, True, False]


@given(rows)
def test_a_pair_is_unfair_unless_it_is_a_fair_negative_of_every_pair_in_the_batch(
    codes: list[tuple[int, int, int]],
) -> None:
    *batch, new = codes
    occupied = Occupied()
    for pair in batch:
        occupied.add(pair)
    expected = any(one == other for pair in batch for one, other in zip(pair, new, strict=True))
    assert occupied.is_unfair(new) == expected
    assert occupied.are_unfair(np.array([new])).tolist() == [expected]


@pytest.mark.parametrize("shape", [(0, 3), (2, 3)])
def test_no_pair_is_unfair_in_an_empty_batch(shape: tuple[int, int]) -> None:
    assert not Occupied().are_unfair(np.zeros(shape, dtype=int)).any()
