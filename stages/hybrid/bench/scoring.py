"""Scoring: every setting, measure and bias figure of a benchmark; and ours beside evaluation tools."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from stages.hybrid.bench.apart import Turns, run_apart
from stages.hybrid.bench.inputs import Inputs, find_benchmark
from stages.hybrid.bench.rows import Row, limit_row, make_row
from stages.hybrid.bench.timing import alternate, rates, timed
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark

ROUNDS = 3
DIM = 384
LIMIT_SECONDS = 10.0
QUERIES = 100  # of one language, scored over the whole pool beside the tools
AGREEMENT = 1e-6  # within which every tool must find our mAP
TOOLS = ("ranx", "pytrec_eval", "ir_measures")

Run = dict[str, dict[str, float]]
Qrels = dict[str, dict[str, int]]


def score_all(inputs: Inputs) -> list[Row]:
    """Return the seconds of scoring all settings, with every measure and every figure of bias."""
    name, benchmark = find_benchmark()
    seconds = run_apart(_time_scoring, benchmark=benchmark, inputs=inputs, rounds=ROUNDS).value
    langs = benchmark.queries["lang"].nunique()
    note = (
        f"{langs * (langs + 1)} settings of {name}: {len(benchmark.queries)} queries, {len(benchmark.passages)} "
        f"passages, made-up embeddings of {DIM} dimensions; from embeddings to averages, nothing written"
    )
    return [limit_row("score_xquad_r_seconds", seconds, LIMIT_SECONDS, unit="seconds", note=note)]


def compare_tools(_: Inputs) -> list[Row]:
    """Return queries a second of one multilingual setting's full ranking, ours and each evaluation tool's.

    Ours starts at the embeddings, a tool at dictionaries that hold every passage's score; to make them is not counted.
    """
    name, whole = find_benchmark()
    found = run_apart(_time_tools, benchmark=one_setting(whole, QUERIES), rounds=ROUNDS).value
    speed = {tool: rates(seconds, QUERIES) for tool, seconds in found.items()}
    note = f"mAP, nDCG@10, MRR, recall@100 of {QUERIES} queries over {len(whole.passages)} passages of {name}"
    return [
        make_row(
            f"score_vs_{tool}",
            (speed["ours"], speed[tool]),
            unit="queries a second",
            peer_name=f"{tool}, from dictionaries",
            note=note,
        )
        for tool in TOOLS
    ]


def one_setting(benchmark: Benchmark, number: int) -> Benchmark:
    """Return the first ``number`` queries of one language with the pool of all."""
    queries = benchmark.queries.head(number)
    asked = benchmark.qrels["query_id"].isin(queries["query_id"])
    return Benchmark(queries, benchmark.passages, benchmark.qrels[asked])


def make_up_embeddings(benchmark: Benchmark, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return unit embeddings of queries and passages, float32: a query lies near what is relevant to it, with noise."""
    generator = np.random.default_rng(seed)
    passages = _unit(generator.normal(size=(len(benchmark.passages), DIM)))
    rows = pd.Series(range(len(benchmark.passages)), index=benchmark.passages["passage_id"])
    relevant = benchmark.qrels.groupby("query_id")["passage_id"].first()
    near = passages[rows[relevant[benchmark.queries["query_id"]]].to_numpy()]
    noise = _unit(generator.normal(size=near.shape))
    return _unit(near + 4 * noise), passages


def _unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def score_everything(benchmark: Benchmark, embeddings: tuple[np.ndarray, np.ndarray], inputs: Inputs) -> dict[str, Any]:
    """Return what the stages score and bias compute, by the same functions."""
    from stages.hybrid.evaluation.agreement import translation_agreement
    from stages.hybrid.evaluation.bias import average_bias, bias_by_pair, language_divergences, measure_bias
    from stages.hybrid.evaluation.measures import average_benchmark, average_settings, measure_queries
    from stages.hybrid.retrieval.ranks import exact_ranks
    from stages.hybrid.retrieval.search import IndexSettings, build_index, search_passages

    queries, passages = embeddings
    top_k = min(inputs.bias.top_k, len(passages))
    ranks = exact_ranks(benchmark, queries=queries, passages=passages)
    measured = measure_queries(ranks, inputs.measures.cutoffs)
    index = build_index(passages, IndexSettings("exact", approximate_from=1))
    ids = benchmark.passages["passage_id"].to_numpy(dtype=str)
    top = top_passages(benchmark, search_passages(index, queries, k=top_k, passage_ids=ids)[0])
    divergences = language_divergences(top, pool_langs=benchmark.passages["lang"].nunique())
    agreement = translation_agreement(ranks, top, top_k=top_k)
    biased = measure_bias(ranks, top, agreement=agreement, pool_size=len(passages), top_k=top_k)
    return {
        "settings": average_settings(measured),
        "means": average_benchmark(measured),
        "bias": average_bias(biased, divergences, top_k=top_k),
        "pairs": bias_by_pair(ranks, top, agreement=agreement, top_k=top_k),
    }


def top_passages(benchmark: Benchmark, rows: np.ndarray) -> pd.DataFrame:
    """Return the table of found passages that `measure_bias` and its kin read, from their rows, shape (queries, k)."""
    queries = benchmark.queries.loc[np.repeat(np.arange(len(rows)), rows.shape[1])]
    return pd.DataFrame(
        {
            "query_id": queries["query_id"].to_numpy(),
            "question_id": queries["question_id"].to_numpy(),
            "query_lang": queries["lang"].to_numpy(),
            "passage_id": benchmark.passages["passage_id"].to_numpy()[rows.ravel()],
            "passage_lang": benchmark.passages["lang"].to_numpy()[rows.ravel()],
            "rank": np.tile(np.arange(1, rows.shape[1] + 1), len(rows)),
        }
    )


def _time_scoring(_: Turns, *, benchmark: Benchmark, inputs: Inputs, rounds: int) -> list[float]:
    embeddings = make_up_embeddings(benchmark, seed=inputs.seed)
    run = timed(lambda: score_everything(benchmark, embeddings, inputs))
    return alternate({"ours": run}, rounds=rounds, warm_ups=0)["ours"]


def _time_tools(_: Turns, *, benchmark: Benchmark, rounds: int) -> dict[str, list[float]]:
    from stages.hybrid.evaluation.measures import measure_queries
    from stages.hybrid.retrieval.ranks import exact_ranks

    queries, passages = make_up_embeddings(benchmark, seed=0)
    qrels: Qrels = {}
    for row in benchmark.qrels.itertuples():
        qrels.setdefault(str(row.query_id), {})[str(row.passage_id)] = int(row.relevance)
    ids = benchmark.passages["passage_id"].tolist()
    scored = zip(benchmark.queries["query_id"], (queries @ passages.T).tolist(), strict=True)
    run = {query_id: dict(zip(ids, scores, strict=True)) for query_id, scores in scored}

    def ours() -> float:
        measured = measure_queries(exact_ranks(benchmark, queries=queries, passages=passages), [10, 100])
        return float(measured.loc[measured["setting"] == "multilingual", "map"].mean())

    works: dict[str, Callable[[], float]] = {"ours": ours}
    works |= {tool: lambda tool=tool: mean_map(tool, qrels, run) for tool in TOOLS}  # type: ignore[misc]
    for tool, work in works.items():
        if abs(work() - ours()) > AGREEMENT:
            raise UserError(f"{tool} finds mAP {work()}, ours is {ours()}; expected the same: check the tool's version")
    return alternate({name: timed(work) for name, work in works.items()}, rounds=rounds, warm_ups=0)


def mean_map(tool: str, qrels: Qrels, run: Run) -> float:
    """Return the mean average precision, by a tool that also computes nDCG@10, MRR and recall@100.

    Raises:
        UserError: the tool is not installed.
    """
    try:
        if tool == "ranx":
            return _ranx_map(qrels, run)
        return _pytrec_eval_map(qrels, run) if tool == "pytrec_eval" else _ir_measures_map(qrels, run)
    except ImportError:
        raise UserError(f"{tool} is not installed; run `pip install -r requirements-dev.txt`") from None


def _ranx_map(qrels: Qrels, run: Run) -> float:
    import ranx

    found = ranx.evaluate(ranx.Qrels(qrels), ranx.Run(run), ["map", "ndcg@10", "mrr", "recall@100"])
    return float(found["map"])  # type: ignore[index]


def _pytrec_eval_map(qrels: Qrels, run: Run) -> float:
    import pytrec_eval

    found = pytrec_eval.RelevanceEvaluator(qrels, {"map", "ndcg_cut_10", "recip_rank", "recall_100"}).evaluate(run)
    return float(np.mean([values["map"] for values in found.values()]))


def _ir_measures_map(qrels: Qrels, run: Run) -> float:
    from ir_measures import AP, RR, R, calc_aggregate, nDCG

    return float(calc_aggregate([AP, nDCG @ 10, RR, R @ 100], qrels, run)[AP])
