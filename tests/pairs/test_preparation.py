import pandas as pd
import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.pairs.leaks import find_leaks
from stages.hybrid.pairs.params import PrepareParams
from stages.hybrid.pairs.preparation import describe_pairs, held_out_pages, prepare_pairs, validation_pairs
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
        pd.DataFrame([Query("q:en", "q", "en", query)]),
        pd.DataFrame([Passage("p:en", "en", passage)]),
        pd.DataFrame([("q:en", "p:en", 1)], columns=["query_id", "passage_id", "relevance"]),
    )


def prepare(benchmark: Benchmark, *, leaks: str = "stop", held_out: float = 0.0) -> pd.DataFrame:
    pairs = pd.DataFrame(PAIRS)
    return prepare_pairs(
        "toy",
        pairs,
        find_leaks(pairs, {"bench": benchmark}),
        PrepareParams.model_validate({"held_out_share": held_out, "leaks": leaks}),
    )


def test_pairs_are_sorted_and_groups_with_an_equal_query_are_twins() -> None:
    table = prepare(make_benchmark())
    assert table[["group_id", "lang"]].to_numpy().tolist() == [["a", "de"], ["a", "en"], ["b", "en"], ["c", "en"]]
    assert table["twin_id"].tolist() == ["a", "a", "b", "a"]


def test_the_largest_family_of_twins_is_told() -> None:
    told = describe_pairs(prepare(make_benchmark()), find_leaks(pd.DataFrame(PAIRS), {}), pairs_read=4)
    assert (told["groups_with_a_twin"], told["most_groups_of_one_meaning"]) == (2, 2)


def test_leaks_are_counted_by_benchmark_side_and_match_even_where_they_were_dropped() -> None:
    benchmark = make_benchmark(query="save a file", passage="Choose File and then Print.")
    leaks = find_leaks(pd.DataFrame(PAIRS), {"bench": benchmark})
    told = describe_pairs(prepare(benchmark, leaks="drop"), leaks, pairs_read=4)
    assert told["leaking_pairs"] == {"bench passage equal": 1, "bench query equal": 2}
    assert (told["pairs_read"], told["training_pairs"]) == (4, 1)


def test_a_chain_of_twins_is_one_family() -> None:
    rows = [("a", "x", "1"), ("b", "x", "2"), ("c", "y", "2"), ("d", "y", "3"), ("e", "z", "4")]
    pairs = pd.DataFrame([(group, "en", query, passage) for group, query, passage in rows])
    pairs.columns = ["group_id", "lang", "query", "passage"]
    assert twin_ids(pairs).tolist() == ["a", "a", "a", "a", "e"]


def test_equal_texts_of_two_languages_or_two_sides_make_no_twins() -> None:
    pairs = pd.DataFrame([("a", "en", "Bonus", "x"), ("b", "de", "Bonus", "y"), ("c", "en", "x", "Bonus")])
    pairs.columns = ["group_id", "lang", "query", "passage"]
    assert twin_ids(pairs).tolist() == ["a", "b", "c"]


def test_a_benchmark_s_text_in_training_stops_the_run_and_is_named() -> None:
    named = r"1 of 4 training pairs hold a text of a benchmark: b \(en\) has query q:en of bench; drop them"
    with pytest.raises(UserError, match=named):
        prepare(make_benchmark(query="PRINT."))


def test_leaks_are_dropped_or_kept_if_so_asked() -> None:
    leaking = make_benchmark(passage="choose file, and then print")
    assert prepare(leaking, leaks="drop")["group_id"].tolist() == ["a", "a", "c"]
    assert len(prepare(leaking, leaks="allow")) == 4


def test_a_data_set_that_is_all_leaks_is_refused() -> None:
    pairs = pd.DataFrame(PAIRS[2:3])
    leaks = find_leaks(pairs, {"bench": make_benchmark(query="print")})
    with pytest.raises(UserError, match="data set toy: every pair holds a text of a benchmark; take it out"):
        prepare_pairs("toy", pairs, leaks, PrepareParams(held_out_share=0.0, leaks="drop"))


def test_a_question_to_validate_on_is_paired_with_its_best_passage_in_its_own_language() -> None:
    queries = [
        Query("q1:de", "q1", "de", "Wo?"),
        Query("q1:en", "q1", "en", "Where?"),
        Query("q2:en", "q2", "en", "Who?"),
    ]
    passages = [Passage("a:en", "en", "Here."), Passage("b:en", "en", "There."), Passage("c:de", "de", "Dort.")]
    qrels = [Qrel("q1:de", "c:de", 1), Qrel("q1:en", "a:en", 1), Qrel("q1:en", "b:en", 2), Qrel("q2:en", "c:de", 1)]
    pairs = validation_pairs(Benchmark(pd.DataFrame(queries), pd.DataFrame(passages), pd.DataFrame(qrels)))
    assert pairs.to_numpy().tolist() == [
        ["q1", "c:de", "de", "Wo?", "Dort.", "q1"],
        ["q1", "b:en", "en", "Where?", "There.", "q1"],
    ]  # q2's only passage is in another language


def test_a_cross_lingual_benchmark_has_nothing_to_validate_on() -> None:
    cross = make_benchmark()
    cross.passages["lang"] = "de"
    with pytest.raises(UserError, match="no question of it has a relevant passage in its own language"):
        validation_pairs(cross)


def test_pages_are_held_out_whole_and_the_same_every_time() -> None:
    pages = pd.Series([f"page{i // 3}" for i in range(3000)])
    lots = held_out_pages(pages, 0.2)
    assert lots.groupby(pages).nunique().max() == 1
    assert abs(lots.mean() - 0.2) < 0.04
    assert held_out_pages(pages, 0.2).equals(lots)
    assert not held_out_pages(pages, 0.0).any()


def test_a_held_out_group_with_a_twin_in_training_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "stages.hybrid.pairs.preparation.held_out_pages", lambda pages, share: pages.isin(["page2", "page3"])
    )
    table = prepare(make_benchmark())
    assert table[table["held_out"]]["group_id"].tolist() == ["b"]  # c says what a says


def test_no_pair_is_refused() -> None:
    params = PrepareParams(held_out_share=0.0, leaks="stop")
    with pytest.raises(UserError, match="no pair in the languages asked for"):
        prepare_pairs("toy", pd.DataFrame(columns=Pair._fields), find_leaks(pd.DataFrame(), {}), params)
