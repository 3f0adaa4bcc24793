"""The benchmark's measuring code: turns, medians, ratios, floating-point operations, the file of results."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from stages import bench
from stages.hybrid.bench import graph
from stages.hybrid.bench.catalogue import Subject, subjects
from stages.hybrid.bench.encoding import texts_encoded
from stages.hybrid.bench.evaluating import count_cells, evaluate_by_loop, evaluate_once, texts_of_loop
from stages.hybrid.bench.graph import read_peaks
from stages.hybrid.bench.growth import Point, growth_rows, make_up_benchmark
from stages.hybrid.bench.inputs import find_benchmark, take_part
from stages.hybrid.bench.roofline import EncoderShape, forward_flops
from stages.hybrid.bench.rows import LIMIT, Results, Row, limit_row, make_row, read_results, write_results
from stages.hybrid.bench.run import check_rows, first_results, measure, missing_rows, results_name, to_measure
from stages.hybrid.bench.scoring import make_up_embeddings, score_everything, top_passages
from stages.hybrid.bench.searching import search_with_numpy
from stages.hybrid.bench.synthetic import DIM, unit_vectors, write_unit_vectors
from stages.hybrid.bench.table import describe_rows, to_table
from stages.hybrid.bench.timing import alternate, rates, slope, timed
from stages.hybrid.bench.tools import TOOLS, mean_map, ranx_map_of_arrays
from stages.hybrid.evaluation.bias.params import BiasParams
from stages.hybrid.evaluation.quality.measures import average_cells, measure_queries
from stages.hybrid.evaluation.quality.params import MeasuresParams
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import write_json
from stages.hybrid.ground.layout import BENCHMARKS, COSTS
from stages.hybrid.records import Benchmark, write_benchmark
from stages.hybrid.report.pages import to_markdown
from stages.hybrid.report.plots import draw_growth
from stages.hybrid.retrieval.ranking.ranks import exact_ranks

NO_PARAMS: Any = None
MADE = {
    "machine": {"processor": "a processor", "cores": 2, "memory_gib": 8, "python": "3.11"},
    "threads": 2,
    "packages": {"torch": "2"},
}


def make_benchmark() -> Benchmark:
    """Two languages, three questions asked in both; each has its passage in each language, and there are two others."""
    langs = ("de", "en")
    queries = [(f"q{i}:{lang}", f"q{i}", lang, f"what {i}") for lang in langs for i in range(3)]
    passages = [(f"p{i}:{lang}", lang, f"that {i}") for lang in langs for i in range(5)]
    qrels = [(f"q{i}:{lang}", f"p{i}:{other}", 1) for i in range(3) for lang in langs for other in langs]
    return Benchmark(
        pd.DataFrame(queries, columns=["query_id", "question_id", "lang", "text"]),
        pd.DataFrame(passages, columns=["passage_id", "lang", "text"]),
        pd.DataFrame(qrels, columns=["query_id", "passage_id", "relevance"]),
    )


def test_runs_take_turns_and_every_second_round_goes_the_other_way_round() -> None:
    order: list[str] = []

    def run(name: str) -> float:
        order.append(name)
        return len(order)

    seconds = alternate({"a": lambda: run("a"), "b": lambda: run("b")}, rounds=2, warm_ups=1)
    assert order == ["a", "b", "b", "a", "a", "b"]  # the first two warm up
    assert seconds == {"a": [4, 5], "b": [3, 6]}


def test_a_run_is_timed_from_its_start_to_its_end() -> None:
    ticks = iter([10.0, 12.5])
    assert timed(lambda: None, timer=lambda: next(ticks))() == 2.5
    assert rates([2.0, 4.0], 8) == [4.0, 2.0]


def test_a_row_holds_medians_and_ours_over_the_peer_s() -> None:
    row = make_row("speed", ([1.0, 9.0, 4.0], [2.0, 2.0]), unit="pairs per second", peer_name="them")
    assert (row.ours, row.peer, row.ratio, row.better) == (4.0, 2.0, 4.0 / 2.0, "higher")
    assert (row.our_runs, row.peer_runs) == ([1.0, 9.0, 4.0], [2.0, 2.0])


def test_what_is_compared_with_a_limit_is_better_lower() -> None:
    row = limit_row("wait", [2.0], 5.0, unit="seconds")
    assert (row.peer, row.peer_name, row.ratio, row.better) == (5.0, LIMIT, 2.0 / 5.0, "lower")


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_the_slope_of_a_power_is_its_exponent(exponent: float) -> None:
    sizes = [10, 1000, 100_000]
    assert slope(sizes, [3 * size**exponent for size in sizes]) == pytest.approx(exponent)


def test_operations_of_a_forward_pass_by_hand() -> None:
    # one layer, width 2, inner width 8, texts of 3 and 1 tokens, two operations a multiply-add
    projections = 4 * 2 * (3 + 1) * 2 * 2  # four (n, 2) @ (2, 2)
    attention = 2 * 2 * (3 * 3 + 1 * 1) * 2  # (n, 2) @ (2, n) and (n, n) @ (n, 2)
    feed_forward = 2 * 2 * (3 + 1) * 2 * 8  # (n, 2) @ (2, 8) and back
    assert forward_flops([3, 1], EncoderShape(1, 2, 8)) == projections + attention + feed_forward
    assert forward_flops([3, 1], EncoderShape(5, 2, 8)) == 5 * (projections + attention + feed_forward)


def test_the_peak_of_a_run_is_that_of_the_stage_that_took_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no stage noted what it cost"):
        read_peaks(NO_PARAMS)
    for stage, peak in (("finetune", 3.5), ("encode", 1.5)):
        write_json(COSTS / f"{stage}.json", {"stage": stage, "seconds": 1.0, "peak_memory_gib": peak, "machine": {}})
    (row,) = read_peaks(NO_PARAMS)
    assert (row.ours, row.peer) == (3.5, 4.0)
    assert "finetune" in row.note


def make_results(*names: str, complete: bool = False) -> Results:
    rows = [
        replace(limit_row(name, [1.0], 2.0, unit="seconds", note="a note"), commit="c1", date="2026-01-02")
        for name in names
    ]
    return Results(complete=complete, made=MADE, rows=rows, growth=[])


def test_results_come_back_from_their_file(tmp_path: Path) -> None:
    results = make_results("a", "b")
    write_results(tmp_path / "bench.json", results)
    assert read_results(tmp_path / "bench.json", MADE) == results
    row = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["rows"][0]
    assert {"name", "ours", "peer", "peer_name", "unit", "ratio", "better", "our_runs", "peer_runs"} <= row.keys()


def test_results_of_another_machine_are_not_resumed(tmp_path: Path) -> None:
    write_results(tmp_path / "bench.json", make_results("a"))
    assert read_results(tmp_path / "bench.json", MADE | {"threads": 4}).rows == []


def test_a_file_of_results_without_a_field_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "bench.json").write_text('{"made": {}}', encoding="utf-8")
    with pytest.raises(UserError, match=r'bench\.json: has no "complete", expected an object with .*; delete it'):
        read_results(tmp_path / "bench.json", MADE)


def test_a_row_without_the_fields_of_a_row_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    for row, found in (({"name": "speed", "colour": "red"}, "name, colour"), (3, "3")):
        write_json(path, {"complete": False, "made": MADE, "rows": [row], "growth": []})
        with pytest.raises(UserError, match=rf"bench\.json: has a row of {found}, expected name, unit, .*; delete it"):
            read_results(path, MADE)


def test_of_a_stage_that_fails_only_the_last_line_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = SimpleNamespace(
        returncode=1, stdout="", stderr="Traceback (most recent call last):\n  ...\nImportError: x\n"
    )
    monkeypatch.setattr(graph, "_call", lambda *_: failed)
    with pytest.raises(
        UserError, match=r"^`python -m stages\.fetch --help` fails: ImportError: x; run `make run` first$"
    ):
        graph._checked("stages.fetch", "--help")


def test_a_new_row_replaces_the_one_of_its_name_and_keeps_the_growth() -> None:
    results = replace(make_results("a", "b"), growth=[{"work": "search"}])
    new = limit_row("a", [3.0], 2.0, unit="seconds")
    changed = results.with_rows([new], [])
    assert [(row.name, row.ours) for row in changed.rows] == [("b", 1.0), ("a", 3.0)]
    assert changed.growth == [{"work": "search"}]


def test_a_stopped_run_resumes_if_it_is_of_the_same_commit() -> None:
    known = subjects()
    first, rest = known[0], known[1:]
    stopped = make_results(*first.rows)
    assert to_measure(known, (), stopped, commit="c1") == rest
    assert to_measure(known, (), stopped, commit="c2") == known
    all_rows = make_results(*(name for subject in known for name in subject.rows))
    assert to_measure(known, (), all_rows, commit="c1") == []
    assert to_measure(known, (first.rows[0],), stopped, commit="c1") == [first]


def test_a_run_is_complete_when_every_row_is_of_its_commit() -> None:
    known = [Subject((name,), lambda _, name=name: ([limit_row(name, [1.0], 2.0, unit="s")], [])) for name in "ab"]  # type: ignore[misc]
    first = measure(known[0], NO_PARAMS, known=known, commit="c1", results=make_results())
    assert ([(row.name, row.commit) for row in first.rows], first.complete) == ([("a", "c1")], False)
    assert measure(known[1], NO_PARAMS, known=known, commit="c1", results=first).complete
    assert not measure(known[1], NO_PARAMS, known=known, commit="c2", results=first).complete


def test_a_complete_run_is_made_anew_unless_rows_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("stages.hybrid.bench.run.describe_setup", lambda: MADE)
    assert first_results(()).rows == []
    write_results(Path("reports/bench_other.json"), make_results("a", complete=True))
    assert first_results(()) == make_results()
    assert first_results(("a",)) == make_results("a", complete=True)


def test_the_names_that_a_reader_looks_for_are_there_once() -> None:
    names = [name for subject in subjects() for name in subject.rows]
    assert len(names) == len(set(names))
    assert {
        "train_vs_st_fp32",
        "train_vs_st_bf16",
        "train_vs_best_st",
        "encode_vs_best_st",
        "score_vs_ranx_arrays",
        "evaluate_vs_once",
        "encode_vs_st",
        "evaluate_vs_loop",
        "score_xquad_r_seconds",
        "repro_noop_seconds",
        "peak_memory_growth",
    } <= set(names)


def test_an_unknown_row_is_refused() -> None:
    with pytest.raises(UserError, match="no row is named 'speed'; expected some of a, b"):
        check_rows(("speed",), [Subject(("a", "b"), NO_PARAMS)])


def test_without_a_run_the_script_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(bench.main, [])
    assert result.exit_code == 1
    assert "run `make run` first" in result.stderr


def test_the_page_shows_each_row_its_note_and_the_machine() -> None:
    sizes = [("passages", 10), ("passages", 100), ("languages", 2)]
    points = [
        {"work": "search", "over": over, "size": size, "seconds": size / 1000, "peak_gib": 0.5} for over, size in sizes
    ]
    page = to_markdown(describe_rows(replace(make_results("wait"), growth=points), name="bench_amx"), pictures=".")
    assert "| wait | limit | seconds | lower | c1 | 2026-01-02 | 1 | 2 | 0.5 | 1 |" in page
    assert "| wait | a note |" in page
    assert "| search | passages | 100 | 0.1 | 0.50 |" in page
    assert "a processor, 2 cores, 8 GiB; 2 threads" in page
    assert "Not complete" in page
    assert "![Growth with passages](./bench_amx_growth_passages.svg)" in page
    assert "![Growth with languages](./bench_amx_growth_languages.svg)" in page
    whole = describe_rows(make_results("wait", complete=True), name="bench_amx")
    assert "Not complete" not in to_markdown(whole, pictures=".")
    assert to_table(make_results("wait")).row_count == 1


def test_the_picture_of_growth_names_each_curve_and_has_the_same_bytes_each_time() -> None:
    points = [{"work": work, "size": n, "seconds": n, "peak_gib": 1.0} for work in "ab" for n in (1, 10)]
    first, again = (draw_growth(points, "growth", over="queries") for _ in range(2))
    assert first == again
    assert ">a</text>" in first and ">queries</text>" in first


def test_growth_is_shown_by_exponent_and_by_the_peak_at_the_largest_size() -> None:
    points = [Point("search", "passages", 10, 1.0, 0.5), Point("search", "passages", 1000, 100.0, 1.5)]
    points += [Point("encode", "passages", 10, 1.0, 9.0), Point("encode", "passages", 100, 100.0, 9.0)]
    points += [Point("scoring", "languages", 2, 3.0, 9.0), Point("scoring", "languages", 200, 3.0, 9.0)]
    rows = {row.name: row for row in growth_rows(points)}
    assert rows["growth_search"].ours == pytest.approx(1.0)  # a hundred times the passages, a hundred times the time
    assert rows["growth_encode"].ours == pytest.approx(2.0)
    assert rows["growth_scoring_languages"].ours == pytest.approx(0.0)
    assert rows["growth_peak_memory"].ours == 1.5


def test_a_made_up_benchmark_has_as_many_texts_in_all_whatever_the_languages() -> None:
    for languages in (2, 5):
        made = make_up_benchmark(languages=languages, queries=20, passages=40)
        assert (len(made.queries), len(made.passages), len(made.qrels)) == (20, 40, 20 * languages)
        assert set(made.qrels["passage_id"]) <= set(made.passages["passage_id"])
        assert made.queries["lang"].nunique() == languages


@pytest.mark.parametrize(
    ("processor", "name"),
    [
        ("Intel(R) Xeon(R) Processor, avx512_bf16, amx_bf16", "bench_amx"),
        ("AMD EPYC, avx512_bf16", "bench_avx512"),
        ("A laptop", "bench_other"),
    ],
)
def test_each_kind_of_processor_has_results_of_its_own(processor: str, name: str) -> None:
    assert results_name({"machine": {"processor": processor}}) == name


def test_rows_of_another_commit_are_missing() -> None:
    known = [Subject(("a", "b"), NO_PARAMS), Subject(("c",), NO_PARAMS)]
    assert missing_rows(known, make_results("a", "b"), commit="c1") == ["c"]
    assert missing_rows(known, make_results("a", "b", "c"), commit="c2") == ["a", "b", "c"]


def test_a_part_keeps_the_languages_of_its_questions_and_what_is_relevant() -> None:
    part = take_part(make_benchmark(), questions=1, others=1)
    assert part.queries["query_id"].tolist() == ["q0:de", "q0:en"]
    assert part.passages["passage_id"].tolist() == ["p0:de", "p0:en"]
    assert len(part.qrels) == 2 * 2
    assert take_part(make_benchmark(), questions=3, others=5).passages.equals(make_benchmark().passages)


def test_the_benchmark_is_xquad_r_if_it_is_there_else_gnome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="data/benchmarks has neither xquad_r nor gnome; run `make run` first"):
        find_benchmark(None)
    for name, words in (("gnome", "the GNOME benchmark, because XQuAD-R is not available"), ("xquad_r", "XQuAD-R")):
        write_benchmark(BENCHMARKS / name, make_benchmark())
        found, benchmark = find_benchmark(tmp_path)
        assert found == words
        assert benchmark.queries["query_id"].tolist() == make_benchmark().queries["query_id"].tolist()


def test_cells_are_ordered_pairs_of_languages_and_each_language_with_the_pool() -> None:
    assert count_cells(make_benchmark()) == 2 * 2 + 2


def test_texts_that_a_loop_encodes_by_hand() -> None:
    benchmark = make_benchmark()  # 3 queries and 5 passages per language
    assert texts_encoded(benchmark) == 6 + 10
    # for one query language: 3 queries with 5 passages, twice, and with all 10
    assert texts_of_loop(benchmark, ["en"]) == (3 + 5) + (3 + 5) + (3 + 10)
    assert texts_of_loop(benchmark, ["de", "en"]) == 2 * ((3 + 5) + (3 + 5) + (3 + 10))


@pytest.mark.parametrize("tool", TOOLS)
def test_every_tool_finds_the_mean_average_precision_by_hand(tool: str) -> None:
    qrels = {"a": {"p1": 1, "p3": 1}, "b": {"p2": 1}}
    run = {name: {"p1": 3.0, "p2": 2.0, "p3": 1.0} for name in qrels}
    expected = ((1 / 1 + 2 / 3) / 2 + 1 / 2) / 2
    assert mean_map(tool, qrels, run) == pytest.approx(expected)


def test_ranx_finds_the_mean_average_precision_of_arrays_by_hand() -> None:
    scores = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    relevant = np.array([[True, False, True], [False, True, False]])
    assert ranx_map_of_arrays(scores, relevant) == pytest.approx(((1 / 1 + 2 / 3) / 2 + 1 / 2) / 2)


def test_made_up_queries_lie_nearer_to_what_is_relevant() -> None:
    benchmark = make_benchmark()
    queries, passages = make_up_embeddings(benchmark, seed=1)
    assert np.allclose(np.linalg.norm(queries, axis=1), 1, atol=1e-5)
    scores = queries @ passages.T
    assert scores[0, 0] > scores[0, 5:].mean()
    assert np.array_equal(make_up_embeddings(benchmark, seed=1)[0], queries)


def test_the_loop_judges_each_cell_of_a_query_language() -> None:
    benchmark = make_benchmark()
    vectors = dict(zip(benchmark.queries["text"].unique(), np.eye(5, dtype=np.float32), strict=False))
    vectors |= dict(zip(benchmark.passages["text"].unique(), np.eye(5, dtype=np.float32), strict=True))

    def encode(texts: list[str], *, prompt: str) -> np.ndarray:
        return np.stack([vectors[text] for text in texts])

    found = evaluate_by_loop(benchmark, encode, lang="en")
    assert found == [1.0, 1.0, 1.0]  # with the German passages, the English ones, and all
    assert evaluate_once(benchmark, encode) == [1.0] * count_cells(benchmark)


def test_a_script_that_encodes_once_finds_each_cell_s_mean_average_precision() -> None:
    benchmark = make_benchmark()
    embeddings = make_up_embeddings(benchmark, seed=1)

    def encode(texts: list[str], *, prompt: str) -> np.ndarray:
        return embeddings[prompt == "passage"]

    ranks = exact_ranks(benchmark, queries=embeddings[0], passages=embeddings[1])
    cells = average_cells(measure_queries(ranks, [10])).query("measure == 'map'")
    keys = [("de", "de"), ("de", "en"), ("de", "all"), ("en", "de"), ("en", "en"), ("en", "all")]
    values = cells.set_index(["query_lang", "passage_lang"])["value"]
    assert evaluate_once(benchmark, encode) == pytest.approx([values[key] for key in keys])


def test_everything_that_the_stages_compute_is_scored() -> None:
    benchmark = make_benchmark()
    measures = MeasuresParams(cutoffs=[10], run_depth=10)
    params: Any = SimpleNamespace(measures=measures, bias=BiasParams(top_k=2))
    found = score_everything(benchmark, make_up_embeddings(benchmark, seed=1), params)
    cells = found["cells"][found["cells"]["measure"] == "map"]
    assert len(cells) == count_cells(benchmark)
    assert {"means", "bias", "pairs"} < found.keys()


def test_top_passages_are_listed_query_by_query_from_rank_1() -> None:
    top = top_passages(make_benchmark(), np.tile([1, 0], (6, 1)))
    assert top.columns.tolist() == ["query_id", "passage_id", "rank"]
    assert top.head(3).to_numpy().tolist() == [["q0:de", "p1:de", 1], ["q0:de", "p0:de", 2], ["q1:de", "p1:de", 1]]


def test_numpy_s_search_agrees_with_sorting_every_score() -> None:
    queries, passages = unit_vectors(5, seed=1), unit_vectors(50, seed=2)
    assert np.array_equal(search_with_numpy(queries, passages, k=7), np.argsort(-(queries @ passages.T), axis=1)[:, :7])


def test_synthetic_embeddings_are_half_precision_on_disk_and_of_length_1(tmp_path: Path) -> None:
    write_unit_vectors(tmp_path / "deep" / "v.npy", 20_000)
    found = np.load(tmp_path / "deep" / "v.npy", mmap_mode="r")
    assert (found.shape, found.dtype) == ((20_000, DIM), np.float16)
    assert np.allclose(np.linalg.norm(found[[0, 19_999]].astype(np.float32), axis=1), 1, atol=1e-3)


def test_a_row_has_the_fields_that_its_file_holds() -> None:
    row = limit_row("a", [1.0], 2.0, unit="seconds")
    assert Row(**json.loads(json.dumps(row.__dict__))) == row
