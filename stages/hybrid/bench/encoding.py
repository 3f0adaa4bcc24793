"""Encoding beside `SentenceTransformer.encode`: texts per second, quality, and evaluation by a loop over cells."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from stages.hybrid.bench.apart import Turns, run_apart
from stages.hybrid.bench.inputs import BenchParams, find_benchmark, take_part
from stages.hybrid.bench.roofline import EncoderShape, forward_flops, roofline_row
from stages.hybrid.bench.rows import Row, limit_row, make_row
from stages.hybrid.bench.timing import ROUNDS, alternate, rates, timed
from stages.hybrid.encoding.params import EncoderParams
from stages.hybrid.evaluation.names import SETTINGS
from stages.hybrid.evaluation.quality.measures import average_benchmark, average_cells, measure_queries
from stages.hybrid.ground.layout import BASE
from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.ranking.ranks import exact_ranks

if TYPE_CHECKING:
    from stages.hybrid.encoding.corpus import Encode

LOOP_ROUNDS = 2
TIMED = {"questions": 20, "others": 25}  # the part of the benchmark that is encoded again and again
JUDGED = {"questions": 60, "others": 80}  # the part whose mAP and ranks are compared
LOOPED = {"questions": 10, "others": 20}  # the part whose cells are encoded one by one
LOST_MAP = 0.002
OTHER_BATCH = 64  # texts; sentence-transformers takes 32
PEER = "SentenceTransformer.encode"
ST = f"{PEER} with defaults"


def compare_encoding(params: BenchParams) -> list[Row]:
    """Return texts per second, ours and sentence-transformers', and the share of the machine's rate that ours reaches.

    Raises:
        UserError: No benchmark is found.
    """
    name, whole = find_benchmark(params.fetch.mirror_folder)
    part = take_part(whole, **TIMED)
    found = run_apart(_time_encoders, part=part, params=params.encoder, rounds=ROUNDS).value
    number, seconds = texts_encoded(part), found["seconds"]
    speed = (rates(seconds["ours"], number), rates(seconds["peer"], number))
    note = f"{number} queries and passages of {name}; ours cuts at {params.encoder.max_length} tokens"
    reached = rates(seconds["ours"], forward_flops(found["lengths"], found["shape"]) / 1e9)
    machine = {"shape": found["shape"], "bfloat16": found["bfloat16"]}
    return [
        make_row("encode_vs_st", speed, unit="texts per second", peer_name=ST, note=note),
        roofline_row("encode_roofline", reached, note="real tokens only", **machine),
    ]


def compare_quality(params: BenchParams) -> list[Row]:
    """Return the mAP that our encoding loses, and the share of equal ranks in the exact mode.

    Raises:
        UserError: No benchmark is found.
    """
    benchmark, whole = find_benchmark(params.fetch.mirror_folder)
    part = take_part(whole, **JUDGED)
    found = run_apart(_encode_each_way, part=part, params=params.encoder).value
    ranks = {kind: exact_ranks(part, queries=both[0], passages=both[1]) for kind, both in found.items()}
    means = {kind: mean_maps(table, params.measures.cutoffs) for kind, table in ranks.items()}
    lost = float((means["peer"] - means["ours"]).max())
    moved, peer_moved = (_moves(ranks[kind], ranks["peer"]) for kind in ("exact", "peer, other batches"))
    change = float((means["peer"] - means["exact"]).abs().max())
    listed = "; ".join(f"{name} {means['ours'][name]:.4f}, theirs {means['peer'][name]:.4f}" for name in SETTINGS)
    of = f"{part.queries['question_id'].nunique()} questions and {len(part.passages)} passages of {benchmark}; {ST}"
    return [
        limit_row("encode_map_lost", [lost], LOST_MAP, unit="mAP", note=f"worst setting; {listed}; {of}"),
        make_row(
            "encode_exact_ranks",
            ([float((moved == 0).mean())], [float((peer_moved == 0).mean())]),
            unit="share",
            peer_name=f"{PEER} with batches of {OTHER_BATCH} texts",
            note=f"ranks of relevant passages that equal those by {PEER} with its default batches; ours with "
            f"encoder.precision float32. Our ranks move by {moved.max()} places at most, theirs by {peer_moved.max()}, "
            f"our mAP by {change:.1g}. Sums in float32 depend on their order in the last digits; {of}",
        ),
    ]


def compare_evaluation(params: BenchParams) -> list[Row]:
    """Return cells per minute from one encoding, and by a loop that encodes each cell's texts anew.

    The loop runs over the cells of one query language, on a part. Its time is extrapolated by the number of texts, and
    so is ours.

    Raises:
        UserError: No benchmark is found.
    """
    name, whole = find_benchmark(params.fetch.mirror_folder)
    part = take_part(whole, **LOOPED)
    langs = sorted(part.queries["lang"].unique())
    lang = "en" if "en" in langs else langs[0]
    seconds = run_apart(_time_evaluations, part=part, params=params.encoder, lang=lang, rounds=LOOP_ROUNDS).value
    number = count_cells(whole)
    factors = {"ours": texts_encoded(whole) / texts_encoded(part)}
    factors["peer"] = texts_of_loop(whole, langs) / texts_of_loop(part, [lang])
    speed = {side: [60 * number / (taken * factors[side]) for taken in seconds[side]] for side in factors}
    note = (
        f"{number} cells of {name}; measured on {texts_encoded(part)} texts, the loop for queries in {lang} only, "
        f"{texts_of_loop(part, [lang])} texts; extrapolated to {texts_encoded(whole)} and {texts_of_loop(whole, langs)}"
    )
    peer_name = f"a loop over the cells, each encoded anew by {ST}"
    runs = (speed["ours"], speed["peer"])
    return [make_row("evaluate_vs_loop", runs, unit="cells per minute", peer_name=peer_name, note=note)]


def count_cells(benchmark: Benchmark) -> int:
    """Return how many cells a benchmark has: each query language with each passage language, and with the pool."""
    langs = benchmark.queries["lang"].nunique()
    return langs * (langs + 1)


def texts_encoded(benchmark: Benchmark) -> int:
    """Return how many texts one encoding takes."""
    return len(benchmark.queries) + len(benchmark.passages)


def texts_of_loop(benchmark: Benchmark, langs: Sequence[str]) -> int:
    """Return how many texts a loop over the cells of the query languages ``langs`` encodes.

    For each query language: its queries with the passages of each language, its own among them, and with all.
    """
    passages, languages = len(benchmark.passages), benchmark.passages["lang"].nunique()
    queries = int(benchmark.queries["lang"].isin(langs).sum())
    return queries * (languages + 1) + len(langs) * 2 * passages


def mean_maps(ranks: pd.DataFrame, cutoffs: list[int]) -> pd.Series:
    """Return a benchmark's mAP by setting, from the table of `exact_ranks`."""
    means = average_benchmark(measure_queries(ranks, cutoffs))
    return means[means["measure"] == "map"].set_index("setting")["value"]


def _moves(ranks: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    """Return by how many places each relevant passage's ranks differ, shape (passages, 2)."""
    places = ["rank_pool", "rank_lang"]
    return (ranks[places] - others[places]).abs().to_numpy()


def encode_ours(encoder: Any, params: EncoderParams) -> "Encode":
    """Return our encoding; each call saves its blocks in a folder of its own."""
    from stages.hybrid.encoding.corpus import encode_texts

    def encode(texts: list[str], *, prompt: str) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            return encode_texts(encoder, texts, prompt=prompt, params=params, blocks=Path(folder))

    return encode


def encode_theirs(encoder: Any, **options: Any) -> "Encode":
    """Return sentence-transformers' encoding; without ``options`` it uses its defaults."""

    def encode(texts: list[str], *, prompt: str) -> np.ndarray:
        return encoder.encode(texts, prompt_name=prompt, **options)

    return encode


def encode_both(part: Benchmark, encode: "Encode") -> tuple[np.ndarray, np.ndarray]:
    """Return the embeddings of the queries and of the passages, each of shape (texts, dim)."""
    queries, passages = part.queries["text"].tolist(), part.passages["text"].tolist()
    return encode(queries, prompt="query"), encode(passages, prompt="passage")


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


def _time_encoders(_: Turns, *, part: Benchmark, params: EncoderParams, rounds: int) -> dict[str, Any]:
    """Return the seconds of our encoding and theirs in turns, with what the share of the machine's rate needs."""
    from stages.hybrid.encoding.corpus import load_for_encoding
    from stages.hybrid.encoding.model import load_encoder, tokenize, use_bfloat16

    encoder, our_encoder = load_encoder(BASE), load_for_encoding(BASE, params.precision)
    runs = {
        "ours": timed(lambda: encode_both(part, encode_ours(our_encoder, params))),
        "peer": timed(lambda: encode_both(part, encode_theirs(encoder))),
    }
    sides = ((part.queries, "query"), (part.passages, "passage"))
    tokens = [
        text
        for table, prompt in sides
        for text in tokenize(encoder, table["text"].unique().tolist(), prompt=prompt, max_length=params.max_length)
    ]
    return {
        "seconds": alternate(runs, rounds=rounds),
        "lengths": [len(text) for text in tokens],
        "shape": EncoderShape.of(encoder),
        "bfloat16": use_bfloat16(params.precision, encoder.device),
    }


def _encode_each_way(_: Turns, *, part: Benchmark, params: EncoderParams) -> dict[str, Any]:
    """Return embeddings as ``params`` say, in float32, and by sentence-transformers in batches of two sizes."""
    from stages.hybrid.encoding.corpus import load_for_encoding
    from stages.hybrid.encoding.model import load_encoder

    encoder = load_encoder(BASE)
    longest = encoder.max_seq_length or params.max_length
    exact = params.model_copy(
        update={
            "precision": "float32",
            "max_length": longest,
            "tokens_per_batch": max(longest, params.tokens_per_batch),
        }
    )
    encoders = {
        "ours": encode_ours(load_for_encoding(BASE, params.precision), params),
        "exact": encode_ours(encoder, exact),
        "peer": encode_theirs(encoder),
        "peer, other batches": encode_theirs(encoder, batch_size=OTHER_BATCH),
    }
    return {kind: encode_both(part, encode) for kind, encode in encoders.items()}


def _time_evaluations(
    _: Turns, *, part: Benchmark, params: EncoderParams, lang: str, rounds: int
) -> dict[str, list[float]]:
    """Return the seconds of our evaluation of all cells, and of the loop's for the queries in ``lang``."""
    from stages.hybrid.encoding.corpus import load_for_encoding
    from stages.hybrid.encoding.model import load_encoder

    encoder, our_encoder = load_encoder(BASE), load_for_encoding(BASE, params.precision)

    def evaluate() -> None:
        embedded = encode_both(part, encode_ours(our_encoder, params))
        average_cells(measure_queries(exact_ranks(part, queries=embedded[0], passages=embedded[1]), [10]))

    theirs = timed(lambda: evaluate_by_loop(part, encode_theirs(encoder), lang=lang))
    return alternate({"ours": timed(evaluate), "peer": theirs}, rounds=rounds)
