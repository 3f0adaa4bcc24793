"""How time and memory grow with the corpus: encoding, both indexes, and exact ranks, from float16 on disk."""

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

SIZES = (10_000, 100_000, 1_000_000)
ENCODED = (250, 1_000, 4_000)  # texts; a million would take more than an hour
EMBEDDED = (10_000, 100_000)  # texts encoded by the base without its layers
EMBEDDINGS = SCRATCH / "embeddings.npy"  # on the project's disk, because a temporary folder may lie in memory
QUERIES = 100
LINEAR = 1.0
LIMIT_GIB = 2.0
WORDS = ("queries", "passages", "many", "languages", "ranks", "every", "counts", "of", "the", "a")


class Point(NamedTuple):
    """What one kind of work cost on a corpus of one size."""

    work: str
    passages: int
    seconds: float
    peak_gib: float


def measure_growth(params: BenchParams) -> tuple[list[Row], list[Point]]:
    """Return the rows of `growth_rows`, and the points that they are computed from."""
    points = []
    for size in SIZES:
        run_apart(_write, path=EMBEDDINGS, size=size)
        for kind in ("exact", "approximate"):
            points += _points(_time_index, size, path=EMBEDDINGS, kind=kind)
        points += _points(_time_ranks, size, path=EMBEDDINGS)
    EMBEDDINGS.unlink()
    for size in ENCODED:
        points += _points(_time_encoding, size, params=params.encoder, layers=True)
    for size in EMBEDDED:
        points += _points(_time_encoding, size, params=params.encoder, layers=False)
    return growth_rows(points), points


def growth_rows(points: Sequence[Point]) -> list[Row]:
    """Return a row for the exponent of each kind of work, and one for the peak of memory at the largest size."""
    rows = []
    for work in dict.fromkeys(point.work for point in points):
        mine = [point for point in points if point.work == work]
        exponent = slope([point.passages for point in mine], [point.seconds for point in mine])
        sizes = ", ".join(f"{point.passages}: {point.seconds:.3g} s" for point in mine)
        name = f"growth_{work.replace(' ', '_')}"
        rows.append(limit_row(name, [exponent], LINEAR, unit="exponent", note=f"1 is linear; {sizes}"))
    largest = max(point.passages for point in points)
    peaks = {point.work: point.peak_gib for point in points if point.passages == largest}
    listed = ", ".join(f"{work} {peak:.2f}" for work, peak in peaks.items())
    note = f"largest of: {listed}; {largest} passages, mapped pages counted"
    return [*rows, limit_row("growth_peak_memory", [max(peaks.values())], LIMIT_GIB, unit="GiB", note=note)]


def _points(function: Callable[..., dict[str, float]], size: int, **arguments: Any) -> list[Point]:
    outcome = run_apart(function, size=size, **arguments)
    return [Point(work, size, seconds, outcome.peak_gib) for work, seconds in outcome.value.items()]


def _write(_: Turns, *, path: Path, size: int) -> None:
    write_unit_vectors(path, size)


def _time_index(_: Turns, *, size: int, path: Path, kind: Literal["exact", "approximate"]) -> dict[str, float]:
    from stages.hybrid.retrieval.dense.search import build_index, search_passages
    from stages.hybrid.retrieval.params import IndexParams

    ids, queries = passage_ids(size), unit_vectors(QUERIES, seed=1)
    start = time.perf_counter()
    index = build_index(read_array(path), IndexParams(kind=kind, approximate_from=1))
    built = time.perf_counter()
    search_passages(index, queries, k=DEPTH, passage_ids=ids)
    return {f"{kind} index": built - start, f"{kind} search": time.perf_counter() - built}


def _time_ranks(_: Turns, *, size: int, path: Path) -> dict[str, float]:
    from stages.hybrid.records import Benchmark
    from stages.hybrid.retrieval.ranking.ranks import exact_ranks

    ids, asked = passage_ids(size).tolist(), [f"{row:03d}" for row in range(QUERIES)]
    benchmark = Benchmark(
        queries=pd.DataFrame({"query_id": asked, "question_id": "q", "lang": "en"}),
        passages=pd.DataFrame({"passage_id": ids, "lang": "en"}),
        qrels=pd.DataFrame({"query_id": asked, "passage_id": ids[:: size // QUERIES][:QUERIES], "relevance": 1}),
    )
    queries, passages = unit_vectors(QUERIES, seed=1), read_array(path)
    start = time.perf_counter()
    exact_ranks(benchmark, queries=queries, passages=passages)
    return {"exact ranks": time.perf_counter() - start}


def _time_encoding(_: Turns, *, size: int, params: EncoderParams, layers: bool) -> dict[str, float]:
    """Return the seconds of encoding ``size`` made-up texts, by the base or by the base without its layers."""
    from torch import nn

    from stages.hybrid.encoding.corpus import encode_texts, load_for_encoding

    encoder = load_for_encoding(BASE, params.precision)
    words: Any = encoder[0]
    if not layers:
        words.model.encoder.layer = nn.ModuleList()
    generator = np.random.default_rng(0)
    lengths = generator.integers(5, 60, size=size)
    texts = [f"{number} {' '.join(generator.choice(WORDS, length))}" for number, length in enumerate(lengths)]
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        encode_texts(encoder, texts, prompt="passage", params=params, blocks=Path(folder))
    return {"encode" if layers else "encode without layers": time.perf_counter() - start}
