import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.hybrid.pairs import near_duplicates as module
from stages.hybrid.pairs.near_duplicates import SHINGLE, hash_shingles, near_duplicates, near_matches
from stages.hybrid.pairs.twins import twin_ids

LONG = "the sampler keeps apart what says the same and so does the loss that masks what it cannot keep apart"


def make_pairs(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["group_id", "lang", "query", "passage"])


def shingles_of(text: str) -> list[str]:
    filled = text + "\0" * (SHINGLE - 1)
    return [filled[i : i + SHINGLE] for i in range(len(text))]


def all_pairs(texts: list[str], threshold: float) -> list[list[int]]:
    """Compare every text with every other: the slow twin of `near_duplicates`."""
    sets = [set(shingles_of(text)) for text in texts]
    couples = itertools.combinations(range(len(texts)), 2)
    return [[i, j] for i, j in couples if len(sets[i] & sets[j]) >= threshold * len(sets[i] | sets[j])]


def make_variants(seed: int) -> list[str]:
    """Return texts of random words, each beside versions of itself in which one to six words are others."""
    rng = np.random.default_rng(seed)
    texts = []
    for _ in range(20):
        words = rng.integers(100, 999, size=60).astype(str)
        for changed in range(7):
            variant = words.copy()
            variant[rng.choice(60, size=changed, replace=False)] = "other"
            texts.append("".join(variant))
    return list(dict.fromkeys(texts))


@pytest.mark.parametrize("threshold", [0.8, 0.9])
@pytest.mark.parametrize("seed", [1, 2])
def test_near_duplicates_are_those_that_comparing_all_with_all_finds(seed: int, threshold: float) -> None:
    texts = make_variants(seed)
    expected = all_pairs(texts, threshold)
    assert len(expected) >= 20
    assert near_duplicates(texts, threshold).tolist() == expected


@pytest.mark.parametrize("texts_at_once", [7, 2_000])
def test_near_matches_are_those_that_comparing_each_with_each_finds(
    texts_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TEXTS_AT_ONCE", texts_at_once)
    texts = make_variants(3)
    left, right = texts[::2], texts[1::2] + texts[:4:2]  # two texts are on both sides
    both = {text: set(shingles_of(text)) for text in texts}
    expected = [
        [i, j]
        for i, one in enumerate(left)
        for j, other in enumerate(right)
        if len(both[one] & both[other]) >= 0.8 * len(both[one] | both[other])
    ]
    assert len(expected) >= 20
    assert near_matches(left, right, 0.8).tolist() == expected


def test_nothing_matches_nothing() -> None:
    for left, right in (([], []), (["a text"], []), ([], ["a text"]), (["a text"], ["another one"])):
        assert near_matches(left, right, 0.8).shape == (0, 2)


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), unique=True, max_size=8))
def test_no_pair_is_found_that_is_none(texts: list[str]) -> None:
    expected = all_pairs(texts, 0.8)
    assert all(pair in expected for pair in near_duplicates(texts, 0.8).tolist())


def test_shingles_are_numbered_by_their_text_alone() -> None:
    shingles, starts = hash_shingles(["abcdef", "x", "abcdef"])
    assert starts.tolist() == [0, 6, 7]
    assert shingles[:6].tolist() == shingles[7:].tolist()
    assert len(set(shingles.tolist())) == 7
    assert int(hash_shingles(["a"])[0][0]) == 0xB2049CB33262391A  # the same on every machine


def test_two_equal_halves_of_a_bucket_are_linked_though_each_text_meets_few_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "NEIGHBOURS", 1)
    pairs = make_pairs(*((f"g{i}", "en", f"q{i}", f"{LONG} {i}") for i in range(10)))
    assert set(twin_ids(pairs)) == {"g0"}


def test_groups_whose_passages_are_near_duplicates_in_one_language_are_twins() -> None:
    pairs = make_pairs(
        ("a", "de", "x", "Ein ganz anderer Satz"),
        ("a", "en", "x1", LONG),
        ("b", "de", "y", "Noch ein Satz, der nichts mit dem ersten teilt"),
        ("b", "en", "y1", LONG.replace("sampler", "sampling")),
        ("c", "en", "z1", "Something else altogether"),
    )
    assert twin_ids(pairs).tolist() == ["a", "a", "a", "a", "c"]


def test_near_duplicates_of_two_languages_make_no_twins() -> None:
    pairs = make_pairs(("a", "en", "x", LONG), ("b", "de", "y", LONG + "!"), ("c", "fr", "z", LONG + " now"))
    assert twin_ids(pairs).tolist() == ["a", "b", "c"]


def test_near_duplicate_queries_alone_make_no_twins() -> None:
    pairs = make_pairs(("a", "en", LONG, "one thing"), ("b", "en", LONG + " now", "and quite another"))
    assert twin_ids(pairs).tolist() == ["a", "b"]


def test_texts_without_a_letter_or_digit_say_nothing() -> None:
    pairs = make_pairs(("a", "en", "+", "Adds"), ("b", "en", "-", "Subtracts"), ("c", "en", "?", "--"))
    assert twin_ids(pairs).tolist() == ["a", "b", "c"]
