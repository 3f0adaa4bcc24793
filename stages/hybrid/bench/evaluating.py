"""The evaluation of a whole benchmark beside two scripts: one that encodes each cell anew, one that encodes once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stages.hybrid.bench.apart import Turns, run_apart
from stages.hybrid.bench.encoding import ST, encode_both, encode_ours, encode_theirs, texts_encoded
from stages.hybrid.bench.inputs import BenchParams, find_benchmark, take_part
from stages.hybrid.bench.rows import Row, make_row
from stages.hybrid.bench.timing import alternate, timed
from stages.hybrid.bench.tools import ranx_map_of_arrays
from stages.hybrid.encoding.params import EncoderParams
from stages.hybrid.evaluation.quality.measures import average_cells, measure_queries
from stages.hybrid.ground.layout import BASE
from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.ranking.ranks import exact_ranks

if TYPE_CHECKING:
    from stages.hybrid.encoding.corpus import Encode

ROUNDS = 2
LOOPED = {"questions": 10, "others": 20}  # the part that is evaluated


def compare_evaluation(params: BenchParams) -> list[Row]:
    """Return cells per minute from one encoding, beside a loop that encodes anew, and a script that encodes once.

    The loop runs over the cells of one query language. All are measured on a part. Their times are extrapolated by the
    number of texts that each encodes.

    Raises:
        UserError: No benchmark is found.
    """
    name, whole = find_benchmark(params.fetch.mirror_folder)
    part = take_part(whole, **LOOPED)
    langs = sorted(part.queries["lang"].unique())
    lang = "en" if "en" in langs else langs[0]
    seconds = run_apart(_time_evaluations, part=part, params=params.encoder, lang=lang, rounds=ROUNDS).value
    number = count_cells(whole)
    once = texts_encoded(whole) / texts_encoded(part)
    factors = {"ours": once, "once": once, "loop": texts_of_loop(whole, langs) / texts_of_loop(part, [lang])}
    speed = {side: [60 * number / (taken * factors[side]) for taken in seconds[side]] for side in factors}
    of = f"{number} cells of {name}; measured on {texts_encoded(part)} texts, extrapolated to {texts_encoded(whole)}"
    loop = (
        f"{of}; the loop for queries in {lang} only, {texts_of_loop(part, [lang])} texts, extrapolated to "
        f"{texts_of_loop(whole, langs)}"
    )
    unit = "cells per minute"
    return [
        make_row(
            "evaluate_vs_loop",
            (speed["ours"], speed["loop"]),
            unit=unit,
            peer_name=f"a loop over the cells, each encoded anew by {ST}",
            note=loop,
        ),
        make_row(
            "evaluate_vs_once",
            (speed["ours"], speed["once"]),
            unit=unit,
            peer_name=f"a script that encodes once by {ST}, and scores each cell by ranx from arrays",
            note=of,
        ),
    ]


def count_cells(benchmark: Benchmark) -> int:
    """Return how many cells a benchmark has: each query language with each passage language, and with the pool."""
    langs = benchmark.queries["lang"].nunique()
    return langs * (langs + 1)


def texts_of_loop(benchmark: Benchmark, langs: Sequence[str]) -> int:
    """Return how many texts a loop over the cells of the query languages ``langs`` encodes.

    For each query language: its queries with the passages of each language, its own among them, and with all.
    """
    passages, languages = len(benchmark.passages), benchmark.passages["lang"].nunique()
    queries = int(benchmark.queries["lang"].isin(langs).sum())
    return queries * (languages + 1) + len(langs) * 2 * passages


def evaluate_by_loop(part: Benchmark, encode: "Encode", *, lang: str) -> list[float]:
    """Return the mAP of each cell of the queries in ``lang``; every cell is encoded anew."""
    queries = part.queries[part.queries["lang"] == lang].reset_index(drop=True)
    found = []
    for passage_lang in [*sorted(part.passages["lang"].unique()), None]:
        chosen = part.passages[(part.passages["lang"] == passage_lang) | (passage_lang is None)].reset_index(drop=True)
        known = part.qrels["query_id"].isin(queries["query_id"]) & part.qrels["passage_id"].isin(chosen["passage_id"])
        cell = Benchmark(queries, chosen, part.qrels[known])
        embedded = encode_both(cell, encode)
        ranks = exact_ranks(cell, queries=embedded[0], passages=embedded[1])
        found.append(float(measure_queries(ranks, [10])["map"].mean()))
    return found


def evaluate_once(part: Benchmark, encode: "Encode") -> list[float]:
    """Return the mAP of each cell, by query language, then by passage language and of all passages: encoded once.

    This is what a competent user's script does, with numpy and ranx.
    """
    queries, passages = encode_both(part, encode)
    scores = queries @ passages.T  # (queries, passages)
    rows = {side: dict(zip(table[f"{side}_id"], range(len(table)), strict=True)) for side, table in _sides(part)}
    relevant = np.zeros(scores.shape, dtype=bool)
    judged = part.qrels[part.qrels["relevance"] > 0]
    relevant[judged["query_id"].map(rows["query"]), judged["passage_id"].map(rows["passage"])] = True
    asked, pool = (table["lang"].to_numpy() for _, table in _sides(part))
    found = []
    for lang in sorted(set(asked)):
        for passage_lang in [*sorted(set(pool)), None]:
            chosen = np.flatnonzero((pool == passage_lang) | (passage_lang is None))
            cell = np.ix_(asked == lang, chosen)
            found.append(ranx_map_of_arrays(scores[cell], relevant[cell]))
    return found


def _sides(part: Benchmark) -> list[tuple[str, pd.DataFrame]]:
    return [("query", part.queries), ("passage", part.passages)]


def _time_evaluations(
    _: Turns, *, part: Benchmark, params: EncoderParams, lang: str, rounds: int
) -> dict[str, list[float]]:
    """Return the seconds of our evaluation of all cells, of the script's, and of the loop's for queries in ``lang``."""
    from stages.hybrid.encoding.engine import load_engine
    from stages.hybrid.encoding.model import load_encoder

    encoder, engine = load_encoder(BASE), load_engine(BASE, params.precision)

    def evaluate() -> None:
        embedded = encode_both(part, encode_ours(engine, params))
        average_cells(measure_queries(exact_ranks(part, queries=embedded[0], passages=embedded[1]), [10]))

    runs = {
        "ours": timed(evaluate),
        "once": timed(lambda: evaluate_once(part, encode_theirs(encoder))),
        "loop": timed(lambda: evaluate_by_loop(part, encode_theirs(encoder), lang=lang)),
    }
    return alternate(runs, rounds=rounds)
