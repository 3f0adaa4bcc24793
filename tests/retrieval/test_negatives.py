"""Hard negatives of embeddings made by hand, and of random ones, compared with a slow search."""

import numpy as np
import pandas as pd
import pytest

from stages.hybrid.retrieval.negatives import TYPES, mine_negatives
from stages.hybrid.retrieval.params import NegativesParams


def make_table(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["group_id", "page_id", "lang", "twin_id"])


def at(*degrees: float) -> np.ndarray:
    """Return unit vectors in the plane, at these angles."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def mined(pairs: pd.DataFrame, queries: np.ndarray, passages: np.ndarray, **changed: object) -> list[list[str]]:
    values: dict[str, object] = {"per_query": 5, "language": "same", "margin": -2.0, "depth": 50}
    params = NegativesParams(**(values | changed))  # type: ignore[arg-type]
    found = mine_negatives(pairs, params, queries=queries, passages=passages)
    assert found.columns.tolist() == list(TYPES)
    return found[["group_id", "lang", "negative_group_id", "negative_lang"]].to_numpy().tolist()


PAIRS = make_table(("a", "1", "en", "a"), ("b", "1", "en", "b"), ("c", "2", "en", "a"), ("d", "3", "en", "d"))


def test_a_negative_is_never_of_the_query_s_own_group_page_or_twin() -> None:
    found = mined(PAIRS, at(0, 0, 0, 0), at(0, 0, 0, 0))
    assert [row[2] for row in found if row[0] == "a"] == ["d"]  # b is of its page, c its twin
    assert [row[2] for row in found if row[0] == "b"] == ["c", "d"]


def test_the_nearest_negative_is_first_and_equal_scores_are_ordered_by_group_id() -> None:
    pairs = make_table(*((group, group, "en", group) for group in "abcde"))
    found = mined(pairs, at(0, 90, 90, 90, 90), at(0, 40, 10, 40, 20), per_query=3)
    assert [row[2] for row in found if row[0] == "a"] == ["c", "e", "b"]  # b and d are equally far


def test_negatives_are_in_the_query_s_language_or_in_any() -> None:
    pairs = make_table(("a", "1", "de", "a"), ("a", "1", "en", "a"), ("b", "2", "de", "b"), ("b", "2", "en", "b"))
    passages = at(0, 0, 30, 10)
    assert mined(pairs, at(0, 0, 0, 0), passages)[:2] == [["a", "de", "b", "de"], ["a", "en", "b", "en"]]
    found = mined(pairs, at(0, 0, 0, 0), passages, language="any")
    assert found[:2] == [["a", "de", "b", "en"], ["a", "en", "b", "en"]]  # each group once


def test_a_negative_is_at_least_the_margin_below_the_positive() -> None:
    pairs = make_table(*((group, group, "en", group) for group in "abcd"))
    queries, passages = at(0, 90, 90, 90), at(30, 20, 40, 60)  # cosines .866, .940, .766, .5
    assert [row[2] for row in mined(pairs, queries, passages, margin=0.0) if row[0] == "a"] == ["c", "d"]
    assert [row[2] for row in mined(pairs, queries, passages, margin=0.2) if row[0] == "a"] == ["d"]


def test_only_the_nearest_depth_passages_can_be_negatives() -> None:
    found = mined(PAIRS, at(0, 0, 0, 0), at(0, 0, 0, 0), per_query=1, depth=3)
    assert [row[2] for row in found if row[0] == "a"] == []  # the first three are its group, page and twin


@pytest.mark.parametrize("language", ["same", "any"])
def test_random_embeddings_give_the_negatives_that_comparing_all_with_all_gives(language: str) -> None:
    rng = np.random.default_rng(3)
    rows = [(f"g{g:02d}", f"p{g // 3}", lang, f"g{g - g % 2:02d}") for g in range(20) for lang in ("de", "en", "ru")]
    pairs = make_table(*rows)
    queries, passages = (rng.normal(size=(60, 8)).astype(np.float32) for _ in range(2))
    queries, passages = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (queries, passages))
    expected = []
    for i, row in pairs.iterrows():
        scores = passages @ queries[i]
        taken: list[str] = []
        for j in sorted(range(60), key=lambda j: -scores[j]):
            other = pairs.loc[j]
            akin = any(row[c] == other[c] for c in ("group_id", "page_id", "twin_id"))
            far = scores[j] <= scores[i] + 0.5 and (language == "any" or other["lang"] == row["lang"])
            if not akin and far and other["group_id"] not in taken and len(taken) < 4:
                taken.append(other["group_id"])
                expected.append([row["group_id"], row["lang"], other["group_id"], other["lang"]])
    assert mined(pairs, queries, passages, per_query=4, language=language, margin=-0.5, depth=60) == expected


def test_nothing_is_mined_if_per_query_is_zero_or_there_are_no_pairs() -> None:
    none, some = (NegativesParams(per_query=n, language="same", margin=0.0, depth=50) for n in (0, 3))
    nothing = mine_negatives(PAIRS, none, queries=at(), passages=at())
    assert nothing.empty
    assert mine_negatives(PAIRS.head(0), some, queries=at(), passages=at()).empty
    assert {name: str(kind) for name, kind in nothing.dtypes.items()} == TYPES
