import pandas as pd
import pytest

from stages.hybrid.pairs.leaks import COLUMNS, find_leaks, name_leaks
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
        pd.DataFrame([Query("q", "q", lang, query)]),
        pd.DataFrame([Passage("p", lang, passage)]),
        pd.DataFrame(columns=["query_id", "passage_id", "relevance"]),
    )


def found(benchmark: Benchmark) -> list[list[object]]:
    return find_leaks(PAIRS, {"bench": benchmark})[["row", "lang", "side", "match"]].to_numpy().tolist()


def test_texts_are_equal_whatever_their_case_punctuation_and_language() -> None:
    assert found(make_benchmark(query="PRINT!", lang="fr")) == [
        [1, "en", "query", "equal"],
        [2, "de", "query", "equal"],
    ]


def test_texts_are_nearly_equal_only_in_one_language() -> None:
    assert found(make_benchmark(passage=NEARLY.upper())) == [
        [0, "en", "passage", "near"],
        [2, "de", "passage", "equal"],
    ]
    assert found(make_benchmark(passage=NEARLY.replace("apart.", "away."), lang="fr")) == []


def test_queries_are_compared_with_queries_only_and_passages_with_passages() -> None:
    assert found(make_benchmark(query=LONG)) == []
    assert found(make_benchmark(query="Save a file", passage="Save a file")) == [[0, "en", "query", "equal"]]


def test_a_pair_is_listed_once_for_each_side_and_benchmark_with_the_id_of_the_text() -> None:
    two = {"x": make_benchmark(passage=LONG), "y": make_benchmark(query="Save a file", passage=LONG)}
    leaks = find_leaks(PAIRS[:1], two)
    assert list(leaks.columns) == COLUMNS
    assert leaks[["group_id", "side", "benchmark", "text_id", "match"]].to_numpy().tolist() == [
        ["a", "passage", "x", "p", "equal"],
        ["a", "passage", "y", "p", "equal"],
        ["a", "query", "y", "q", "equal"],
    ]


def test_texts_without_letters_or_digits_are_not_leaks() -> None:
    pairs = pd.DataFrame([Pair("a", "p", "en", "?", "...")])
    assert find_leaks(pairs, {"bench": make_benchmark(query="!", passage="…")}).empty


@pytest.mark.parametrize("benchmarks", [{}, {"bench": make_benchmark()}])
def test_without_a_leak_the_table_is_empty_with_all_columns(benchmarks: dict[str, Benchmark]) -> None:
    leaks = find_leaks(PAIRS, benchmarks)
    assert leaks.empty and list(leaks.columns) == COLUMNS


def test_the_first_five_leaks_are_named_and_the_others_counted() -> None:
    pairs = pd.DataFrame([Pair(f"g{i}", "p", "en", "Print", LONG if i == 0 else f"{i}") for i in range(6)])
    message = name_leaks(find_leaks(pairs, {"bench": make_benchmark(query="print", passage=NEARLY)}))
    assert message.startswith(
        "g0 (en) nearly has passage p of bench; g0 (en) has query q of bench; g1 (en) has query q"
    )
    assert message.endswith("; g3 (en) has query q of bench; and 2 more")
