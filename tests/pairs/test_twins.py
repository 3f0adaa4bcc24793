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


def all_pairs(texts: list[str]) -> list[list[int]]:
    """Return what `near_duplicates` must return, by comparing every text with every other."""
    sets = [set(shingles_of(text)) for text in texts]
    couples = itertools.combinations(range(len(texts)), 2)
    return [[i, j] for i, j in couples if len(sets[i] & sets[j]) >= 0.8 * len(sets[i] | sets[j])]


def make_variants(seed: int) -> list[str]:
    """Return texts of random words, each followed by versions in which one to six words are replaced."""
    rng = np.random.default_rng(seed)
    texts = []
    for _ in range(20):
        words = rng.integers(100, 999, size=60).astype(str)
        for changed in range(7):
            variant = words.copy()
            variant[rng.choice(60, size=changed, replace=False)] = "other"
            texts.append("".join(variant))
    return list(dict.fromkeys(texts))


@pytest.mark.parametrize("seed", [1, 2])
def test_near_duplicates_are_those_that_comparing_all_with_all_finds(seed: int) -> None:
    texts = make_variants(seed)
    expected = all_pairs(texts)
    assert len(expected) >= 20
    assert near_duplicates(texts).tolist() == expected


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
    assert near_matches(left, right).tolist() == expected


def test_without_texts_or_without_similar_texts_there_are_no_matches() -> None:
    for left, right in (([], []), (["a text"], []), ([], ["a text"]), (["a text"], ["another one"])):
        assert near_matches(left, right).shape == (0, 2)


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), unique=True, max_size=8))
def test_every_pair_that_is_found_is_nearly_equal(texts: list[str]) -> None:
    expected = all_pairs(texts)
    assert all(pair in expected for pair in near_duplicates(texts).tolist())


def test_the_number_of_a_shingle_depends_only_on_its_characters() -> None:
    shingles, starts = hash_shingles(["abcdef", "x", "abcdef"])
    assert starts.tolist() == [0, 6, 7]
    assert shingles[:6].tolist() == shingles[7:].tolist()
    assert len(set(shingles.tolist())) == 7
    assert int(hash_shingles(["a"])[0][0]) == 0xB2049CB33262391A  # the same on every machine


def test_all_texts_with_a_band_key_are_linked_although_each_is_paired_with_few_neighbours(
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


def test_near_duplicates_in_two_languages_do_not_make_twins() -> None:
    pairs = make_pairs(("a", "en", "x", LONG), ("b", "de", "y", LONG + "!"), ("c", "fr", "z", LONG + " now"))
    assert twin_ids(pairs).tolist() == ["a", "b", "c"]


def test_near_duplicate_queries_alone_do_not_make_twins() -> None:
    pairs = make_pairs(("a", "en", LONG, "one thing"), ("b", "en", LONG + " now", "and quite another"))
    assert twin_ids(pairs).tolist() == ["a", "b"]


def test_texts_without_a_letter_or_digit_do_not_make_twins() -> None:
    pairs = make_pairs(("a", "en", "+", "Adds"), ("b", "en", "-", "Subtracts"), ("c", "en", "?", "--"))
    assert twin_ids(pairs).tolist() == ["a", "b", "c"]
