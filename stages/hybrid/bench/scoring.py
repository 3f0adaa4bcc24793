"""Scoring: every cell, measure and bias figure of a benchmark; and ours beside evaluation tools."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd

from stages.hybrid.bench.apart import Turns, run_apart
from stages.hybrid.bench.evaluating import count_cells
from stages.hybrid.bench.inputs import BenchParams, find_benchmark
from stages.hybrid.bench.rows import Row, limit_row, make_row
from stages.hybrid.bench.synthetic import DIM, normalise
from stages.hybrid.bench.timing import ROUNDS, alternate, rates, timed
from stages.hybrid.bench.tools import TOOLS, Qrels, mean_map, ranx_map_of_arrays
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark

LIMIT_SECONDS = 10.0
QUERIES = 100  # of one language, scored over the whole pool beside the tools
AGREEMENT = 1e-6  # largest difference of a tool's mAP from ours


def score_all(params: BenchParams) -> list[Row]:
    """Return the seconds of scoring all cells, with every measure and every figure of bias.

    Raises:
        UserError: No benchmark is found.
    """
    name, benchmark = find_benchmark(params.fetch.mirror_folder)
    seconds = run_apart(_time_scoring, benchmark=benchmark, params=params, rounds=ROUNDS).value
    note = (
        f"{count_cells(benchmark)} cells of {name}: {len(benchmark.queries)} queries, {len(benchmark.passages)} "
        f"passages, made-up embeddings of {DIM} dimensions; from embeddings to averages, nothing written"
    )
    return [limit_row("score_xquad_r_seconds", seconds, LIMIT_SECONDS, unit="seconds", note=note)]


def compare_tools(params: BenchParams) -> list[Row]:
    """Return queries per second of one multilingual cell's full ranking, ours and each evaluation tool's.

    Ours starts from the embeddings. A tool starts from dictionaries that hold every passage's score; the time to make
    them is not counted.

    Raises:
        UserError: No benchmark is found, a tool is not installed, or its mAP differs from ours.
    """
    name, whole = find_benchmark(params.fetch.mirror_folder)
    found = run_apart(_time_tools, benchmark=one_cell(whole, QUERIES), rounds=ROUNDS).value
    speed = {tool: rates(seconds, QUERIES) for tool, seconds in found.items()}
    note = f"mAP, nDCG@10, MRR, recall@100 of {QUERIES} queries over {len(whole.passages)} passages of {name}"
    return [
        make_row(
            f"score_vs_{tool}",
            (speed["ours"], speed[tool]),
            unit="queries per second",
            peer_name=f"{tool}, from dictionaries",
            note=note,
        )
        for tool in TOOLS
    ]


def compare_arrays(params: BenchParams) -> list[Row]:
    """Return queries per second of one multilingual cell from its embeddings, ours and ranx's from arrays.

    Both sides multiply and sort. The peer's arrays are made by numpy, in the time that is measured.

    Raises:
        UserError: No benchmark is found, ranx is not installed, or its mAP differs from ours.
    """
    name, whole = find_benchmark(params.fetch.mirror_folder)
    found = run_apart(_time_arrays, benchmark=one_cell(whole, QUERIES), rounds=ROUNDS).value
    speed = (rates(found["ours"], QUERIES), rates(found["ranx"], QUERIES))
    note = (
        f"mAP, nDCG@10, MRR, recall@100 of {QUERIES} queries over {len(whole.passages)} passages of {name}, from "
        "made-up embeddings on both sides"
    )
    peer_name = "numpy's product and sort, then ranx from arrays"
    return [make_row("score_vs_ranx_arrays", speed, unit="queries per second", peer_name=peer_name, note=note)]


def one_cell(benchmark: Benchmark, number: int) -> Benchmark:
    """Return the first ``number`` queries, which are in one language if it has so many, with the pool of all."""
    queries = benchmark.queries.head(number)
    asked = benchmark.qrels["query_id"].isin(queries["query_id"])
    return Benchmark(queries, benchmark.passages, benchmark.qrels[asked])


def make_up_embeddings(benchmark: Benchmark, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return unit embeddings of queries and passages, float32: a query lies near what is relevant to it, with noise."""
    generator = np.random.default_rng(seed)
    passages = normalise(generator.normal(size=(len(benchmark.passages), DIM)))
    rows = pd.Series(range(len(benchmark.passages)), index=benchmark.passages["passage_id"])
    relevant = benchmark.qrels.groupby("query_id")["passage_id"].first()
    near = passages[rows[relevant[benchmark.queries["query_id"]]].to_numpy()]
    noise = normalise(generator.normal(size=near.shape))
    return normalise(near + 4 * noise), passages


def score_everything(
    benchmark: Benchmark, embeddings: tuple[np.ndarray, np.ndarray], params: BenchParams
) -> dict[str, pd.DataFrame]:
    """Return the tables that the stages score and bias compute, by the same functions."""
    from stages.hybrid.evaluation.bias.agreement import translation_agreement
    from stages.hybrid.evaluation.bias.measures import average_bias, bias_by_pair, language_divergences, measure_bias
    from stages.hybrid.evaluation.bias.tables import with_languages
    from stages.hybrid.evaluation.quality.measures import average_benchmark, average_cells, measure_queries
    from stages.hybrid.retrieval.dense.search import build_index, search_passages
    from stages.hybrid.retrieval.params import IndexParams
    from stages.hybrid.retrieval.ranking.ranks import exact_ranks

    queries, passages = embeddings
    top_k = min(params.bias.top_k, len(passages))
    ranks = exact_ranks(benchmark, queries=queries, passages=passages)
    measured = measure_queries(ranks, params.measures.cutoffs)
    index = build_index(passages, IndexParams(kind="exact", approximate_from=1))
    ids = benchmark.passages["passage_id"].to_numpy(dtype=str)
    rows, _ = search_passages(index, queries, k=top_k, passage_ids=ids)
    top = with_languages(top_passages(benchmark, rows), benchmark)
    divergences = language_divergences(top, pool_langs=benchmark.passages["lang"].nunique())
    agreement = translation_agreement(ranks, top, top_k=top_k)
    biased = measure_bias(ranks, top, agreement=agreement, pool_size=len(passages), top_k=top_k)
    return {
        "cells": average_cells(measured),
        "means": average_benchmark(measured),
        "bias": average_bias(biased, divergences, top_k=top_k),
        "pairs": bias_by_pair(ranks, top, agreement=agreement, top_k=top_k),
    }


def top_passages(benchmark: Benchmark, rows: np.ndarray) -> pd.DataFrame:
    """Return the found passages as `read_run` does, from their rows, shape (queries, k): query_id, passage_id, rank."""
    queries, depth = rows.shape
    return pd.DataFrame(
        {
            "query_id": np.repeat(benchmark.queries["query_id"].to_numpy(), depth),
            "passage_id": benchmark.passages["passage_id"].to_numpy()[rows.ravel()],
            "rank": np.tile(np.arange(1, depth + 1), queries),
        }
    )


def _time_scoring(_: Turns, *, benchmark: Benchmark, params: BenchParams, rounds: int) -> list[float]:
    embeddings = make_up_embeddings(benchmark, seed=params.seed)
    run = timed(lambda: score_everything(benchmark, embeddings, params))
    return alternate({"ours": run}, rounds=rounds, warm_ups=0)["ours"]


def _time_tools(_: Turns, *, benchmark: Benchmark, rounds: int) -> dict[str, list[float]]:
    queries, passages = make_up_embeddings(benchmark, seed=0)
    qrels: Qrels = {}
    for row in benchmark.qrels.itertuples():
        qrels.setdefault(str(row.query_id), {})[str(row.passage_id)] = int(row.relevance)
    ids = benchmark.passages["passage_id"].tolist()
    scored = zip(benchmark.queries["query_id"], (queries @ passages.T).tolist(), strict=True)
    run = {query_id: dict(zip(ids, scores, strict=True)) for query_id, scores in scored}

    ours = partial(our_map, benchmark, queries, passages)
    return _in_turns({"ours": ours} | {tool: partial(mean_map, tool, qrels, run) for tool in TOOLS}, rounds=rounds)


def our_map(benchmark: Benchmark, queries: np.ndarray, passages: np.ndarray) -> float:
    """Return our mean average precision in the multilingual setting, from embeddings."""
    from stages.hybrid.evaluation.quality.measures import measure_queries
    from stages.hybrid.retrieval.ranking.ranks import exact_ranks

    measured = measure_queries(exact_ranks(benchmark, queries=queries, passages=passages), [10, 100])
    return float(measured.loc[measured["setting"] == "multilingual", "map"].mean())


def _time_arrays(_: Turns, *, benchmark: Benchmark, rounds: int) -> dict[str, list[float]]:
    queries, passages = make_up_embeddings(benchmark, seed=0)
    places = [
        pd.Index(table[f"{side}_id"]).get_indexer(benchmark.qrels[f"{side}_id"])
        for side, table in (("query", benchmark.queries), ("passage", benchmark.passages))
    ]
    relevant = np.zeros((len(queries), len(passages)), dtype=bool)
    relevant[places[0], places[1]] = benchmark.qrels["relevance"] > 0
    works: dict[str, Callable[[], float]] = {
        "ours": partial(our_map, benchmark, queries, passages),
        "ranx": lambda: ranx_map_of_arrays(queries @ passages.T, relevant),
    }
    return _in_turns(works, rounds=rounds)


def _in_turns(works: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each of ``works``, which must all return the mAP that ours returns.

    Raises:
        UserError: One returns another.
    """
    expected = works["ours"]()
    for tool, work in works.items():
        if abs(found := work() - expected) > AGREEMENT:
            raise UserError(
                f"{tool} finds mAP {expected + found}, ours is {expected}; expected the same: check the tool's version"
            )
    return alternate({name: timed(work) for name, work in works.items()}, rounds=rounds, warm_ups=0)
