from typing import Any

import pandas as pd
import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.pairs.leaks import find_leaks
from stages.hybrid.pairs.params import PrepareParams
from stages.hybrid.pairs.preparation import (
    check_languages,
    count_pairs,
    held_out_pages,
    prepare_pairs,
    validation_pairs,
)
from stages.hybrid.pairs.twins import twin_ids
from stages.hybrid.records import Benchmark, Pair, Passage, Qrel, Query

PAIRS = [
    Pair("a", "page1", "en", "Save a file", "Choose File and then Save."),
    Pair("a", "page1", "de", "Datei speichern", "Wählen Sie Datei und dann Speichern."),
    Pair("b", "page2", "en", "Print", "Choose File and then Print."),
    Pair("c", "page3", "en", "Save a file!", "Press the save button."),
]


def make_benchmark(query: str = "unlike", passage: str = "unlike too") -> Benchmark:
    return Benchmark(
        pd.DataFrame([Query("q:en", "q", "en", query, "page")]),
        pd.DataFrame([Passage("p:en", "en", passage)]),
        pd.DataFrame([("q:en", "p:en", 1)], columns=["query_id", "passage_id", "relevance"]),
    )


def make_params(leaks: str = "stop") -> PrepareParams:
    return PrepareParams.model_validate({"held_out_share": 0.0, "leaks": leaks})


def prepare(benchmark: Benchmark, leaks: str = "stop") -> pd.DataFrame:
    pairs = pd.DataFrame(PAIRS)
    return prepare_pairs("toy", pairs, leaks=find_leaks(pairs, {"bench": benchmark}), params=make_params(leaks))


def count(benchmark: Benchmark, leaks: str = "stop") -> dict[str, Any]:
    pairs = pd.DataFrame(PAIRS)
    found = find_leaks(pairs, {"bench": benchmark})
    return count_pairs(prepare(benchmark, leaks), pairs=pairs, leaks=found, params=make_params(leaks))


def test_a_language_without_a_pair_in_any_training_set_is_named() -> None:
    german, english = (pd.DataFrame([pair for pair in PAIRS if pair.lang == lang]) for lang in ("de", "en"))
    check_languages(["de", "en"], {"one": german, "two": english})
    check_languages([], {"one": german})
    with pytest.raises(UserError, match="no training set has a pair in en, sw; remove them, or add a training set"):
        check_languages(["sw", "de", "en"], {"one": german})


def test_pairs_are_sorted_and_groups_with_an_equal_query_are_twins() -> None:
    table = prepare(make_benchmark())
    assert table[["group_id", "lang"]].to_numpy().tolist() == [["a", "de"], ["a", "en"], ["b", "en"], ["c", "en"]]
    assert table["twin_id"].tolist() == ["a", "a", "b", "a"]


def test_the_largest_family_of_twins_is_counted() -> None:
    counts = count(make_benchmark())
    assert (counts["groups_with_a_twin"], counts["most_groups_of_one_meaning"]) == (2, 2)


def test_leaks_are_counted_by_benchmark_sides_and_match_even_if_their_groups_were_dropped() -> None:
    benchmark = make_benchmark(query="datei speichern", passage="Print.")
    counts = count(benchmark, leaks="drop")
    assert counts["leaking_pairs"] == {"bench query equal to passage": 1, "bench query equal to query": 1}
    assert (counts["leaking_groups"], counts["pairs_dropped"]) == (2, 3)  # a in de and en, b
    assert (counts["pairs_read"], counts["training_pairs"]) == (4, 1)
    counts = count(benchmark, leaks="allow")
    assert (counts["leaking_groups"], counts["pairs_dropped"], counts["training_pairs"]) == (2, 0, 4)


def test_without_a_leak_nothing_is_counted_as_leaking_or_dropped() -> None:
    counts = count(make_benchmark(), leaks="drop")
    assert (counts["leaking_pairs"], counts["leaking_groups"], counts["pairs_dropped"]) == ({}, 0, 0)


def test_a_chain_of_twins_is_one_family() -> None:
    rows = [("a", "x", "1"), ("b", "x", "2"), ("c", "y", "2"), ("d", "y", "3"), ("e", "z", "4")]
    pairs = pd.DataFrame([(group, "en", query, passage) for group, query, passage in rows])
    pairs.columns = ["group_id", "lang", "query", "passage"]
    assert twin_ids(pairs).tolist() == ["a", "a", "a", "a", "e"]


def test_equal_texts_in_two_languages_or_on_two_sides_do_not_make_twins() -> None:
    pairs = pd.DataFrame([("a", "en", "Bonus", "x"), ("b", "de", "Bonus", "y"), ("c", "en", "x", "Bonus")])
    pairs.columns = ["group_id", "lang", "query", "passage"]
    assert twin_ids(pairs).tolist() == ["a", "b", "c"]


def test_a_leak_stops_the_run_and_its_group_is_named() -> None:
    message = (
        r"^training set toy: 1 of 3 groups have a text of a benchmark, expected none: b \(its en query equals query "
        r"q:en of bench\); remove them from the data, or set prepare.leaks to drop or allow$"
    )
    with pytest.raises(UserError, match=message):
        prepare(make_benchmark(query="PRINT."))


def test_leaks_are_dropped_or_kept_as_the_parameter_says() -> None:
    leaking = make_benchmark(passage="choose file, and then print")
    assert prepare(leaking, leaks="drop")["group_id"].tolist() == ["a", "a", "c"]
    assert len(prepare(leaking, leaks="allow")) == 4


def test_a_translation_of_a_leaked_text_is_dropped_too() -> None:
    german = make_benchmark(query="datei speichern")  # equals a query of group a in de, but none in en
    assert prepare(german, leaks="drop")["group_id"].tolist() == ["b", "c"]


def test_a_training_set_of_only_leaking_groups_is_refused() -> None:
    pairs = pd.DataFrame(PAIRS[:2])
    leaks = find_leaks(pairs, {"bench": make_benchmark(query="save a file")})
    with pytest.raises(
        UserError, match=r"^training set toy: has only groups with a text of a benchmark \(1\), expected"
    ):
        prepare_pairs("toy", pairs, leaks=leaks, params=make_params("drop"))


def test_a_validation_pair_is_a_query_and_its_most_relevant_passage_in_its_own_language() -> None:
    queries = [
        Query("q1:de", "q1", "de", "Wo?", "page"),
        Query("q1:en", "q1", "en", "Where?", "page"),
        Query("q2:en", "q2", "en", "Who?", "page"),
    ]
    passages = [Passage("a:en", "en", "Here."), Passage("b:en", "en", "There."), Passage("c:de", "de", "Dort.")]
    qrels = [Qrel("q1:de", "c:de", 1), Qrel("q1:en", "a:en", 1), Qrel("q1:en", "b:en", 2), Qrel("q2:en", "c:de", 1)]
    pairs = validation_pairs("toy", Benchmark(pd.DataFrame(queries), pd.DataFrame(passages), pd.DataFrame(qrels)))
    assert pairs.to_numpy().tolist() == [
        ["q1", "c:de", "de", "Wo?", "Dort.", "q1"],
        ["q1", "b:en", "en", "Where?", "There.", "q1"],
    ]  # q2's only passage is in another language


def test_a_cross_lingual_benchmark_has_no_validation_pairs() -> None:
    cross = make_benchmark()
    cross.passages["lang"] = "de"
    with pytest.raises(UserError, match=r"^validation_set is toy, in which no query has a relevant passage in its own"):
        validation_pairs("toy", cross)


def test_whole_pages_are_held_out_and_the_same_ones_every_time() -> None:
    pages = pd.Series([f"page{i // 3}" for i in range(3000)])
    held_out = held_out_pages(pages, 0.2)
    assert held_out.groupby(pages).nunique().max() == 1
    assert abs(held_out.mean() - 0.2) < 0.04
    assert held_out_pages(pages, 0.2).equals(held_out)
    assert not held_out_pages(pages, 0.0).any()


def test_a_held_out_group_with_a_twin_in_training_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "stages.hybrid.pairs.preparation.held_out_pages", lambda pages, share: pages.isin(["page2", "page3"])
    )
    table = prepare(make_benchmark())
    assert table[table["held_out"]]["group_id"].tolist() == ["b"]  # c is a twin of a


def test_a_training_set_without_pairs_is_refused() -> None:
    empty, leaks = pd.DataFrame(columns=Pair._fields), find_leaks(pd.DataFrame(), {})
    with pytest.raises(UserError, match=r"^training set toy: has no pairs in the wanted languages, expected some;"):
        prepare_pairs("toy", empty, leaks=leaks, params=make_params())
