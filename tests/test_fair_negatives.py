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
# a and b share a page, c and d are twins, the last row is a again, in another language
UNFAIR = {(0, 1), (2, 3), (0, 4), (1, 4)}

rows = st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=12)


def test_same_group_page_or_twins_is_no_fair_negative() -> None:
    found = fair_matrix(pair_codes(PAIRS), pair_codes(PAIRS))
    for i in range(5):
        for j in range(5):
            assert found[i, j] == (i != j and (min(i, j), max(i, j)) not in UNFAIR)


def test_pairs_are_judged_row_by_row_too() -> None:
    codes = pair_codes(PAIRS)
    assert is_fair(codes[[0, 0, 2]], codes[[1, 2, 3]]).tolist() == [False, True, False]


@given(rows)
def test_a_batch_rules_out_what_is_no_fair_negative_of_any_of_its_pairs(codes: list[tuple[int, int, int]]) -> None:
    *batch, asked = codes
    occupied = Occupied()
    for pair in batch:
        occupied.add(pair)
    expected = any(one == other for pair in batch for one, other in zip(pair, asked, strict=True))
    assert occupied.clashes(asked) == expected
    assert occupied.clashing(np.array([asked])).tolist() == [expected]


@pytest.mark.parametrize("shape", [(0, 3), (2, 3)])
def test_an_empty_batch_rules_nothing_out(shape: tuple[int, int]) -> None:
    assert not Occupied().clashing(np.zeros(shape, dtype=int)).any()
