"""Encoding beside `SentenceTransformer.encode`: texts a second, quality, and evaluation by a loop over settings."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.hybrid.bench.apart import Turns, run_apart
from stages.hybrid.bench.inputs import BASE, Inputs, find_benchmark, take_part
from stages.hybrid.bench.roofline import EncoderShape, forward_flops, product_rate
from stages.hybrid.bench.rows import Row, limit_row, make_row
from stages.hybrid.bench.timing import alternate, rates, timed
from stages.hybrid.encoding.corpus import EncoderSettings
from stages.hybrid.evaluation.measures import SETTINGS, average_benchmark, average_settings, measure_queries
from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.ranks import exact_ranks

ROUNDS = 3
LOOP_ROUNDS = 2
TIMED = {"questions": 20, "others": 25}  # the part of the benchmark that is encoded again and again
JUDGED = {"questions": 60, "others": 80}  # the part whose mAP and rankings are compared
LOOPED = {"questions": 10, "others": 20}  # the part whose settings are encoded one by one
LOST_MAP = 0.002
OTHER_BATCH = 64  # texts; sentence-transformers takes 32
ST = "SentenceTransformer.encode with defaults"

Encode = Callable[[list[str], str], np.ndarray]  # texts and the name of their prompt


def compare_encoding(inputs: Inputs) -> list[Row]:
    """Return texts a second, ours and sentence-transformers', and the share of the machine's rate that ours reaches."""
    name, whole = find_benchmark()
    part = take_part(whole, **TIMED)
    found = run_apart(_time_encoders, part=part, settings=inputs.encoder, rounds=ROUNDS).value
    number, seconds = len(part.queries) + len(part.passages), found["seconds"]
    speed = (rates(seconds["ours"], number), rates(seconds["peer"], number))
    note = f"{number} queries and passages of {name}; ours cuts at {inputs.encoder.max_length} tokens"
    flops = forward_flops(found["lengths"], found["shape"])
    best = run_apart(product_rate, shape=found["shape"], bfloat16=found["bfloat16"]).value
    kind = "bfloat16" if found["bfloat16"] else "float32"
    return [
        make_row("encode_vs_st", speed, unit="texts a second", peer_name=ST, note=note),
        make_row(
            "encode_roofline",
            (rates(seconds["ours"], flops / 1e9), best),
            unit="GFLOP a second",
            peer_name=f"torch's matrix products, best of the model's shapes, {kind}",
            note="real tokens only",
        ),
    ]


def compare_quality(inputs: Inputs) -> list[Row]:
    """Return the mAP that our encoding loses, and the share of equal ranks in the exact mode."""
    benchmark, whole = find_benchmark()
    part = take_part(whole, **JUDGED)
    found = run_apart(_encode_each_way, part=part, settings=inputs.encoder).value
    ranks = {kind: exact_ranks(part, queries=both[0], passages=both[1]) for kind, both in found.items()}
    means = {kind: mean_maps(table, inputs.measures.cutoffs) for kind, table in ranks.items()}
    lost = float((means["peer"] - means["ours"]).max())
    moved, peer_moved = (_moves(ranks[kind], ranks["peer"]) for kind in ("exact", "peer, other batches"))
    change = float((means["peer"] - means["exact"]).abs().max())
    told = "; ".join(f"{name} {means['ours'][name]:.4f}, theirs {means['peer'][name]:.4f}" for name in SETTINGS)
    of = f"{part.queries['question_id'].nunique()} questions and {len(part.passages)} passages of {benchmark}; {ST}"
    return [
        limit_row("encode_map_lost", [lost], LOST_MAP, unit="mAP", note=f"worst setting; {told}; {of}"),
        make_row(
            "encode_exact_ranks",
            ([float((moved == 0).mean())], [float((peer_moved == 0).mean())]),
            unit="share",
            peer_name=f"SentenceTransformer.encode with batches of {OTHER_BATCH} texts",
            note="ranks of relevant passages equal to those by SentenceTransformer.encode with its default batches; "
            f"ours with encoder.precision float32. Ours move by {moved.max()} places at most, theirs by "
            f"{peer_moved.max()}, our mAP by {change:.1g}: float32 sums in another order have other last digits; {of}",
        ),
    ]


def compare_evaluation(inputs: Inputs) -> list[Row]:
    """Return settings a minute from one encoding, and by a loop that encodes each setting's texts anew.

    The loop is run for the settings of one query language, on a part, and its time is extrapolated by the number of
    texts; so is ours.
    """
    name, whole = find_benchmark()
    part = take_part(whole, **LOOPED)
    langs = sorted(part.queries["lang"].unique())
    lang = "en" if "en" in langs else langs[0]
    seconds = run_apart(_time_evaluations, part=part, settings=inputs.encoder, lang=lang, rounds=LOOP_ROUNDS).value
    settings = len(langs) * (len(langs) + 1)
    factors = {"ours": texts_encoded(whole) / texts_encoded(part)}
    factors["peer"] = texts_of_loop(whole, langs) / texts_of_loop(part, [lang])
    speed = {side: [60 * settings / (taken * factors[side]) for taken in seconds[side]] for side in factors}
    note = (
        f"{settings} settings of {name}; measured on {texts_encoded(part)} texts, the loop for queries in {lang} only, "
        f"{texts_of_loop(part, [lang])} texts; extrapolated to {texts_encoded(whole)} and {texts_of_loop(whole, langs)}"
    )
    peer_name = f"a loop over the settings, each encoded anew by {ST}"
    row = make_row(
        "evaluate_vs_loop", (speed["ours"], speed["peer"]), unit="settings a minute", peer_name=peer_name, note=note
    )
    return [row]


def texts_encoded(benchmark: Benchmark) -> int:
    """Return how many texts one encoding takes."""
    return len(benchmark.queries) + len(benchmark.passages)


def texts_of_loop(benchmark: Benchmark, langs: list[str]) -> int:
    """Return how many texts a loop over the settings of the query languages ``langs`` encodes.

    For each query language: its queries with the passages of each language, its own among them, and with all.
    """
    passages, languages = len(benchmark.passages), benchmark.passages["lang"].nunique()
    queries = int(benchmark.queries["lang"].isin(langs).sum())
    return queries * (languages + 1) + len(langs) * 2 * passages


def mean_maps(ranks: pd.DataFrame, cutoffs: list[int]) -> pd.Series:
    """Return a benchmark's mAP by setting."""
    means = average_benchmark(measure_queries(ranks, cutoffs))
    return means[means["measure"] == "map"].set_index("setting")["value"]


def _moves(ranks: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    """Return by how many places each relevant passage's ranks differ, shape (passages, 2)."""
    places = ["rank_pool", "rank_lang"]
    return (ranks[places] - others[places]).abs().to_numpy()


def encode_ours(encoder: Any, settings: EncoderSettings) -> Encode:
    """Return our encoding, its blocks saved in a folder of its own each time."""
    from stages.hybrid.encoding.corpus import encode_texts

    def encode(texts: list[str], prompt: str) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            return encode_texts(encoder, texts, prompt=prompt, settings=settings, blocks=Path(folder))

    return encode


def encode_theirs(encoder: Any, **options: Any) -> Encode:
    """Return sentence-transformers' encoding, with its defaults where no options are given."""

    def encode(texts: list[str], prompt: str) -> np.ndarray:
        return encoder.encode(texts, prompt_name=prompt, **options)

    return encode


def encode_both(part: Benchmark, encode: Encode) -> tuple[np.ndarray, np.ndarray]:
    """Return the embeddings of the queries and of the passages."""
    queries, passages = part.queries["text"].tolist(), part.passages["text"].tolist()
    return encode(queries, "query"), encode(passages, "passage")


def evaluate_by_loop(part: Benchmark, encode: Encode, *, lang: str) -> list[float]:
    """Return the mAP of each setting of the queries in ``lang``, every setting encoded anew."""
    queries = part.queries[part.queries["lang"] == lang].reset_index(drop=True)
    found = []
    for passage_lang in [*sorted(part.passages["lang"].unique()), None]:
        chosen = part.passages[(part.passages["lang"] == passage_lang) | (passage_lang is None)].reset_index(drop=True)
        known = part.qrels["query_id"].isin(queries["query_id"]) & part.qrels["passage_id"].isin(chosen["passage_id"])
        setting = Benchmark(queries, chosen, part.qrels[known])
        embedded = encode_both(setting, encode)
        ranks = exact_ranks(setting, queries=embedded[0], passages=embedded[1])
        found.append(float(measure_queries(ranks, [10])["map"].mean()))
    return found


def _time_encoders(_: Turns, *, part: Benchmark, settings: EncoderSettings, rounds: int) -> dict[str, Any]:
    """Return the seconds of our encoding and theirs in turns, with what the share of the machine's rate needs."""
    from stages.hybrid.encoding.model import load_encoder, load_for_encoding, tokenize, use_bfloat16

    encoder, our_encoder = load_encoder(BASE), load_for_encoding(BASE, settings.precision)
    runs = {
        "ours": timed(lambda: encode_both(part, encode_ours(our_encoder, settings))),
        "peer": timed(lambda: encode_both(part, encode_theirs(encoder))),
    }
    sides = ((part.queries, "query"), (part.passages, "passage"))
    tokens = [
        text
        for table, prompt in sides
        for text in tokenize(encoder, table["text"].unique().tolist(), prompt=prompt, max_length=settings.max_length)
    ]
    return {
        "seconds": alternate(runs, rounds=rounds),
        "lengths": [len(text) for text in tokens],
        "shape": EncoderShape.of(encoder),
        "bfloat16": use_bfloat16(settings.precision, encoder.device),
    }


def _encode_each_way(_: Turns, *, part: Benchmark, settings: EncoderSettings) -> dict[str, Any]:
    """Return embeddings as the settings say, in float32, and by sentence-transformers in batches of two sizes."""
    from stages.hybrid.encoding.model import load_encoder, load_for_encoding

    encoder = load_encoder(BASE)
    exact = replace(settings, precision="float32", max_length=encoder.max_seq_length or settings.max_length)
    exact = replace(exact, tokens_per_batch=max(exact.max_length, settings.tokens_per_batch))
    encoders = {
        "ours": encode_ours(load_for_encoding(BASE, settings.precision), settings),
        "exact": encode_ours(encoder, exact),
        "peer": encode_theirs(encoder),
        "peer, other batches": encode_theirs(encoder, batch_size=OTHER_BATCH),
    }
    return {kind: encode_both(part, encode) for kind, encode in encoders.items()}


def _time_evaluations(
    _: Turns, *, part: Benchmark, settings: EncoderSettings, lang: str, rounds: int
) -> dict[str, list[float]]:
    """Return the seconds of our evaluation of all settings, and of the loop's for the queries in ``lang``."""
    from stages.hybrid.encoding.model import load_encoder, load_for_encoding

    encoder, our_encoder = load_encoder(BASE), load_for_encoding(BASE, settings.precision)

    def evaluate() -> None:
        embedded = encode_both(part, encode_ours(our_encoder, settings))
        average_settings(measure_queries(exact_ranks(part, queries=embedded[0], passages=embedded[1]), [10]))

    theirs = timed(lambda: evaluate_by_loop(part, encode_theirs(encoder), lang=lang))
    return alternate({"ours": timed(evaluate), "peer": theirs}, rounds=rounds)
