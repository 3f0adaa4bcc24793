"""How time and memory grow: with passages, with languages at as many texts, and with queries."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from stages.hybrid.bench.apart import SCRATCH, Turns, run_apart
from stages.hybrid.bench.inputs import BenchParams
from stages.hybrid.bench.rows import Row, limit_row
from stages.hybrid.bench.searching import DEPTH
from stages.hybrid.bench.synthetic import passage_ids, unit_vectors, write_unit_vectors
from stages.hybrid.bench.timing import slope
from stages.hybrid.encoding.params import EncoderParams
from stages.hybrid.ground.files import read_array
from stages.hybrid.ground.layout import BASE
from stages.hybrid.records import Benchmark

SIZES = (10_000, 100_000, 1_000_000)
ENCODED = (250, 1_000, 4_000)  # texts; a million would take more than an hour
EMBEDDED = (10_000, 100_000)  # texts encoded by the base without its layers
EMBEDDINGS = SCRATCH / "embeddings.npy"  # on the project's disk, because a temporary folder may lie in memory
ASKED = 100  # queries of an index
SPOKEN = (2, 5, 10, 20, 50)  # languages that the texts of `scoring` are divided over
SCORED = {"queries": 2_000, "passages": 10_000}  # as many for all of `SPOKEN`
MANY = (1_000, 4_000, 16_000)  # queries, in `IN_LANGUAGES` languages
IN_LANGUAGES = 10
PASSAGES, LANGUAGES, QUERIES = "passages", "languages", "queries"
LINEAR = 1.0
LIMIT_GIB = 2.0
NOTES = {
    LANGUAGES: f"; {SCORED['queries']} queries and {SCORED['passages']} passages in all, divided over the languages; a "
    "query has a relevant passage in each of them",
    QUERIES: f"; {SCORED['passages']} passages in {IN_LANGUAGES} languages",
}
WORDS = ("queries", "passages", "many", "languages", "ranks", "every", "counts", "of", "the", "a")


class Point(NamedTuple):
    """What one kind of work cost at one size."""

    work: str
    over: str  # what grows: `PASSAGES`, `LANGUAGES` or `QUERIES`
    size: int  # how many of these there were
    seconds: float
    peak_gib: float


def measure_growth(params: BenchParams) -> tuple[list[Row], list[Point]]:
    """Return the rows of `growth_rows`, and the points that they are computed from."""
    points = []
    for size in SIZES:
        run_apart(_write, path=EMBEDDINGS, size=size)
        for kind in ("exact", "approximate"):
            points += _points(_time_index, PASSAGES, size, path=EMBEDDINGS, kind=kind)
        points += _points(_time_ranks, PASSAGES, size, path=EMBEDDINGS)
    EMBEDDINGS.unlink()
    for size in ENCODED:
        points += _points(_time_encoding, PASSAGES, size, params=params.encoder, layers=True)
    for size in EMBEDDED:
        points += _points(_time_encoding, PASSAGES, size, params=params.encoder, layers=False)
    for size in SPOKEN:
        points += _points(_time_scoring, LANGUAGES, size, params=params, **SCORED)
    for size in MANY:
        texts = {"languages": IN_LANGUAGES, "passages": SCORED["passages"]}
        points += _points(_time_scoring, QUERIES, size, params=params, **texts)
    return growth_rows(points), points


def growth_rows(points: Sequence[Point]) -> list[Row]:
    """Return a row for the exponent of each kind of work, and one for the peak of memory with the most passages."""
    rows = []
    for work, over in dict.fromkeys((point.work, point.over) for point in points):
        mine = [point for point in points if (point.work, point.over) == (work, over)]
        exponent = slope([point.size for point in mine], [point.seconds for point in mine])
        sizes = ", ".join(f"{point.size}: {point.seconds:.3g} s" for point in mine)
        note = f"1 is linear in {over}; {sizes}{NOTES.get(over, '')}"
        rows.append(limit_row(growth_name(work, over), [exponent], LINEAR, unit="exponent", note=note))
    largest = max(point.size for point in points if point.over == PASSAGES)
    peaks = {point.work: point.peak_gib for point in points if (point.over, point.size) == (PASSAGES, largest)}
    listed = ", ".join(f"{work} {peak:.2f}" for work, peak in peaks.items())
    note = f"largest of: {listed}; {largest} passages, mapped pages counted"
    return [*rows, limit_row("growth_peak_memory", [max(peaks.values())], LIMIT_GIB, unit="GiB", note=note)]


def growth_name(work: str, over: str) -> str:
    """Return the name of a row: that of the work, and what grows unless it is passages."""
    name = f"growth_{work.replace(' ', '_')}"
    return name if over == PASSAGES else f"{name}_{over}"


def _points(function: Callable[..., dict[str, float]], over: str, size: int, **arguments: Any) -> list[Point]:
    """Return the points of ``function``, which takes ``size`` as an argument with the name ``over``."""
    outcome = run_apart(function, **{over: size}, **arguments)
    return [Point(work, over, size, seconds, outcome.peak_gib) for work, seconds in outcome.value.items()]


def _write(_: Turns, *, path: Path, size: int) -> None:
    write_unit_vectors(path, size)


def _time_index(_: Turns, *, passages: int, path: Path, kind: Literal["exact", "approximate"]) -> dict[str, float]:
    from stages.hybrid.retrieval.dense.search import build_index, search_passages
    from stages.hybrid.retrieval.params import IndexParams

    ids, queries = passage_ids(passages), unit_vectors(ASKED, seed=1)
    start = time.perf_counter()
    index = build_index(read_array(path), IndexParams(kind=kind, approximate_from=1))
    built = time.perf_counter()
    search_passages(index, queries, k=DEPTH, passage_ids=ids)
    return {f"{kind} index": built - start, f"{kind} search": time.perf_counter() - built}


def _time_ranks(_: Turns, *, passages: int, path: Path) -> dict[str, float]:
    from stages.hybrid.retrieval.ranking.ranks import exact_ranks

    ids, asked = passage_ids(passages).tolist(), [f"{row:03d}" for row in range(ASKED)]
    benchmark = Benchmark(
        queries=pd.DataFrame({"query_id": asked, "question_id": "q", "lang": "en"}),
        passages=pd.DataFrame({"passage_id": ids, "lang": "en"}),
        qrels=pd.DataFrame({"query_id": asked, "passage_id": ids[:: passages // ASKED][:ASKED], "relevance": 1}),
    )
    queries, embeddings = unit_vectors(ASKED, seed=1), read_array(path)
    start = time.perf_counter()
    exact_ranks(benchmark, queries=queries, passages=embeddings)
    return {"exact ranks": time.perf_counter() - start}


def _time_encoding(_: Turns, *, passages: int, params: EncoderParams, layers: bool) -> dict[str, float]:
    """Return the seconds of encoding ``passages`` made-up texts, by the base or by the base without its layers."""
    from torch import nn

    from stages.hybrid.encoding.corpus import encode_texts
    from stages.hybrid.encoding.engine import Engine, TorchEngine, load_engine
    from stages.hybrid.encoding.model import load_encoder

    if layers:
        engine: Engine = load_engine(BASE, params.precision)
    else:
        encoder = load_encoder(BASE)
        words: Any = encoder[0]
        words.model.encoder.layer = nn.ModuleList()
        engine = TorchEngine(encoder, "float32")
    generator = np.random.default_rng(0)
    lengths = generator.integers(5, 60, size=passages)
    texts = [f"{number} {' '.join(generator.choice(WORDS, length))}" for number, length in enumerate(lengths)]
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        encode_texts(engine, texts, prompt="passage", params=params, blocks=Path(folder))
    return {"encode" if layers else "encode without layers": time.perf_counter() - start}


def _time_scoring(_: Turns, *, params: BenchParams, languages: int, queries: int, passages: int) -> dict[str, float]:
    """Return the seconds of all measures and bias figures of a made-up benchmark."""
    from stages.hybrid.bench.scoring import make_up_embeddings, score_everything

    benchmark = make_up_benchmark(languages=languages, queries=queries, passages=passages)
    embeddings = make_up_embeddings(benchmark, seed=params.seed)
    start = time.perf_counter()
    score_everything(benchmark, embeddings, params)
    return {"scoring": time.perf_counter() - start}


def make_up_benchmark(*, languages: int, queries: int, passages: int) -> Benchmark:
    """Return a benchmark of so many queries and passages in all, evenly divided over the languages.

    Every question is asked in each language, and has one relevant passage in each. Several questions may share it.
    """
    langs = [f"l{number:02d}" for number in range(languages)]
    questions, stories = queries // languages, passages // languages
    asked = [(f"q{i}:{lang}", f"q{i}", lang) for lang in langs for i in range(questions)]
    pool = [(f"p{i}:{lang}", lang) for lang in langs for i in range(stories)]
    relevant = [
        (f"q{i}:{lang}", f"p{i % stories}:{other}", 1) for lang in langs for i in range(questions) for other in langs
    ]
    return Benchmark(
        pd.DataFrame(asked, columns=["query_id", "question_id", "lang"]),
        pd.DataFrame(pool, columns=["passage_id", "lang"]),
        pd.DataFrame(relevant, columns=["query_id", "passage_id", "relevance"]),
    )
