import itertools
import random
from typing import Any

import pandas as pd
import pytest

from stages.hybrid.languages import comparison_key
from stages.hybrid.pairs.leaks import COLUMNS, find_leaks, name_leaks
from stages.hybrid.pairs.near_duplicates import SHINGLE
from stages.hybrid.records import Benchmark, Pair, Passage, Query

LONG = "The sampler keeps apart what says the same, and the loss masks what it cannot keep apart."
NEARLY = LONG.replace("masks", "marks")
PAIRS = pd.DataFrame(
    [
        Pair("a", "p", "en", "Save a file", LONG),
        Pair("b", "p", "en", "Print", "Choose Print."),
        Pair("b", "p", "de", "Print", NEARLY),
    ]
)


def make_benchmark(query: str = "unlike", passage: str = "nothing alike", lang: str = "en") -> Benchmark:
    return Benchmark(
        pd.DataFrame([Query("q", "q", lang, query, "q")]),
        pd.DataFrame([Passage("p", lang, passage)]),
        pd.DataFrame(columns=["query_id", "passage_id", "relevance"]),
    )


def found(benchmark: Benchmark) -> list[list[object]]:
    leaks = find_leaks(PAIRS, {"bench": benchmark})
    return leaks[["row", "lang", "side", "benchmark_side", "match"]].to_numpy().tolist()


def compare_all(pairs: pd.DataFrame, benchmark: Benchmark) -> list[tuple[object, ...]]:
    """Return what `find_leaks` must return, without the ids, by comparing every text with every other."""
    rows = []
    tables = {"query": benchmark.queries, "passage": benchmark.passages}
    for pair in pairs.itertuples():
        for side in tables:
            for other_side, table in tables.items():
                matches = {match_of(pair, getattr(pair, side), other) for other in table.itertuples()} - {""}
                rows += [(pair.Index, pair.group_id, pair.lang, side, other_side, min(matches))] if matches else []
    return sorted(rows)


def match_of(pair: Any, text: str, other: Any) -> str:
    """Return equal, near or an empty word for a text of ``pair`` and a row of a benchmark's table."""
    keys = [comparison_key(text), comparison_key(other.text)]
    if keys[0] == keys[1] != "":
        return "equal"
    one, two = ({(key + "\0" * (SHINGLE - 1))[i : i + SHINGLE] for i in range(len(key))} for key in keys)
    return "near" if pair.lang == other.lang and one and len(one & two) >= 0.8 * len(one | two) else ""


def make_texts(rng: random.Random) -> list[str]:
    """Return 12 texts of 30 random words, each followed by a version in capitals and two with other words in it."""
    texts = []
    for _ in range(12):
        words = [str(rng.randrange(100, 999)) + rng.choice("abc") for _ in range(30)]
        changed = [["other", *words[1:]], ["other", *words[1:15], "other", *words[16:]]]
        texts += [" ".join(version) for version in (words, map(str.upper, words), *changed)]
    return texts


@pytest.mark.parametrize("seed", [1, 2])
def test_leaks_are_those_that_comparing_all_texts_with_all_finds(seed: int) -> None:
    rng = random.Random(seed)
    texts = [*make_texts(rng), "?", ""]
    draw = [(f"g{i // 2}", "p", rng.choice(["de", "en"]), rng.choice(texts), rng.choice(texts)) for i in range(40)]
    pairs = pd.DataFrame(draw, columns=Pair._fields)
    queries = [Query(f"q{i}", f"q{i}", rng.choice(["de", "en"]), rng.choice(texts), "p") for i in range(8)]
    passages = [Passage(f"p{i}", rng.choice(["de", "en"]), rng.choice(texts)) for i in range(8)]
    benchmark = Benchmark(pd.DataFrame(queries), pd.DataFrame(passages), pd.DataFrame())
    expected = compare_all(pairs, benchmark)
    assert {row[3:] for row in expected} == {
        (*sides, match) for sides in itertools.product(("query", "passage"), repeat=2) for match in ("equal", "near")
    }
    leaks = find_leaks(pairs, {"bench": benchmark}).drop(columns=["benchmark", "text_id"])
    assert sorted(leaks.itertuples(index=False, name=None)) == expected


def test_texts_are_equal_whatever_their_case_punctuation_and_language() -> None:
    assert found(make_benchmark(query="PRINT!", lang="fr")) == [
        [1, "en", "query", "query", "equal"],
        [2, "de", "query", "query", "equal"],
    ]


def test_texts_are_nearly_equal_only_in_one_language() -> None:
    assert found(make_benchmark(passage=NEARLY.upper())) == [
        [0, "en", "passage", "passage", "near"],
        [2, "de", "passage", "passage", "equal"],
    ]
    assert found(make_benchmark(passage=NEARLY.replace("apart.", "away."), lang="fr")) == []


def test_a_passage_that_equals_or_nearly_equals_a_query_is_found_and_a_query_that_equals_a_passage() -> None:
    assert found(make_benchmark(query=LONG)) == [[0, "en", "passage", "query", "equal"]]
    assert found(make_benchmark(query=NEARLY, passage="save a file")) == [
        [0, "en", "passage", "query", "near"],
        [0, "en", "query", "passage", "equal"],
        [2, "de", "passage", "query", "equal"],
    ]


def test_a_pair_is_listed_once_for_each_of_its_sides_each_benchmark_and_each_of_its_sides() -> None:
    two = {"x": make_benchmark(passage=LONG), "y": make_benchmark(query="Save a file", passage=LONG)}
    leaks = find_leaks(PAIRS[:1], two)
    assert list(leaks.columns) == COLUMNS
    assert leaks[["group_id", "side", "benchmark", "benchmark_side", "text_id", "match"]].to_numpy().tolist() == [
        ["a", "passage", "x", "passage", "p", "equal"],
        ["a", "passage", "y", "passage", "p", "equal"],
        ["a", "query", "y", "query", "q", "equal"],
    ]
    both = make_benchmark(query="save a file", passage="SAVE a file")
    assert find_leaks(PAIRS[:1], {"x": both})["text_id"].tolist() == ["p", "q"]


def test_texts_without_letters_or_digits_are_not_leaks() -> None:
    pairs = pd.DataFrame([Pair("a", "p", "en", "?", "...")])
    assert find_leaks(pairs, {"bench": make_benchmark(query="!", passage="…")}).empty


@pytest.mark.parametrize("benchmarks", [{}, {"bench": make_benchmark()}])
@pytest.mark.parametrize("number", [0, 3])
def test_without_a_leak_the_table_is_empty_with_all_columns(number: int, benchmarks: dict[str, Benchmark]) -> None:
    leaks = find_leaks(PAIRS[:number], benchmarks)
    assert leaks.empty and list(leaks.columns) == COLUMNS


def test_the_first_five_groups_are_named_once_and_the_others_counted() -> None:
    pairs = pd.DataFrame([Pair(f"g{i}", "p", "en", "Print", LONG if i == 0 else f"{i}") for i in range(7)])
    message = name_leaks(find_leaks(pairs, {"bench": make_benchmark(query="print", passage=NEARLY)}))
    assert message.startswith(
        "g0 (its en passage nearly equals passage p of bench); g1 (its en query equals query q of bench); g2 (its"
    )
    assert message.endswith("; g4 (its en query equals query q of bench); and 2 more")
