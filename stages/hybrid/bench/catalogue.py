"""What is measured, in the order in which it is measured. Each subject gives the rows that it names."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from stages.hybrid.bench import encoding, evaluating, graph, growth, scoring, searching, training
from stages.hybrid.bench.growth import Point
from stages.hybrid.bench.inputs import BenchParams
from stages.hybrid.bench.rows import Row
from stages.hybrid.bench.tools import TOOLS
from stages.hybrid.bench.training_work import PEERS

TRAINED = ("vs", "loss_difference", "memory_vs")  # what is measured of two trainings

ENCODED = ("vs_st", "vs_best_st", "vs_other_precisions", "roofline")


class Subject(NamedTuple):
    """Rows that are measured together."""

    rows: tuple[str, ...]  # their names
    measure: Callable[[BenchParams], tuple[list[Row], list[Point]]]


def subjects() -> list[Subject]:
    """Return all that can be measured."""
    trained = [_training(peer) for peer in PEERS]
    works = ("exact_index", "exact_search", "approximate_index", "approximate_search", "exact_ranks", "encode")
    more = ("encode_without_layers", "scoring_languages", "scoring_queries", "peak_memory")
    rows = tuple(f"growth_{name}" for name in (*works, *more))
    return [
        _subject(graph.time_help, "help_seconds"),
        _subject(graph.count_stages, "stage_count"),
        _subject(graph.time_noop, "repro_noop_seconds"),
        _subject(graph.read_peaks, "run_peak_memory"),
        *trained,
        _subject(training.compare_best, *(f"train_{what}_best_st" for what in TRAINED)),
        _subject(training.compare_cached, "train_cached_vs_plain"),
        _subject(training.measure_memory_growth, "peak_memory_growth"),
        _subject(encoding.compare_encoding, *(f"encode_{what}" for what in ENCODED)),
        _subject(encoding.compare_quality, "encode_map_lost", "encode_exact_ranks"),
        _subject(evaluating.compare_evaluation, "evaluate_vs_loop", "evaluate_vs_once"),
        _subject(scoring.score_all, "score_xquad_r_seconds"),
        _subject(scoring.compare_tools, *(f"score_vs_{tool}" for tool in TOOLS)),
        _subject(scoring.compare_arrays, "score_vs_ranx_arrays"),
        _subject(searching.compare_search, "search_vs_numpy", "search_approximate_vs_numpy"),
        Subject(rows, growth.measure_growth),
    ]


def _subject(measure: Callable[[BenchParams], list[Row]], *rows: str) -> Subject:
    return Subject(rows, lambda params: (measure(params), []))


def _training(peer: str) -> Subject:
    rows = [f"train_{what}_{peer}" for what in TRAINED]
    more = ["train_peak_memory", "train_roofline"] if peer == training.WITH_PEAK else []
    return _subject(partial(training.compare_training, peer_name=peer), *rows, *more)
