"""Encoding beside `SentenceTransformer.encode`: texts per second, and quality."""

import statistics
import tempfile
from functools import partial
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
from stages.hybrid.evaluation.quality.measures import average_benchmark, measure_queries
from stages.hybrid.ground.layout import BASE
from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.ranking.ranks import exact_ranks

if TYPE_CHECKING:
    from stages.hybrid.encoding.corpus import Encode
    from stages.hybrid.encoding.engine import Engine

TIMED = {"questions": 20, "others": 25}  # the part of the benchmark that is encoded again and again
JUDGED = {"questions": 60, "others": 80}  # the part whose mAP and ranks are compared
LOST_MAP = 0.002
OTHER_BATCH = 64  # texts; sentence-transformers takes 32
PEER = "SentenceTransformer.encode"
ST = f"{PEER} with defaults"
TRIED, OTHER = f"{PEER}, ", "ours in "  # how the names of runs begin
ATTENTIONS, SIZES = ("sdpa", "eager"), (32, 128)  # what a competent user of sentence-transformers tries


def compare_encoding(params: BenchParams) -> list[Row]:
    """Return texts per second beside sentence-transformers, and the share of the machine's rate that ours reaches.

    Sentence-transformers runs with its defaults, and with every one of `ATTENTIONS` and `SIZES`, of which the fastest
    is its best. Both sides tokenise the texts in the time that is measured.

    Raises:
        UserError: No benchmark is found.
    """
    name, whole = find_benchmark(params.fetch.mirror_folder)
    part = take_part(whole, **TIMED)
    found = run_apart(_time_encoders, part=part, params=params.encoder, rounds=ROUNDS).value
    number, seconds = texts_encoded(part), found["seconds"]
    speed = {key: rates(taken, number) for key, taken in seconds.items()}
    tried, others = (
        {key: statistics.median(speed[key]) for key in speed if key.startswith(kind)} for kind in (TRIED, OTHER)
    )
    best, other = (max(found, key=lambda key: found[key]) for found in (tried, others))
    ours = f"ours: {found['settings']}, cut to {params.encoder.max_length} tokens, by length"
    of = f"{number} queries and passages of {name}, tokenised in the time that is measured"
    listed, precisions = (", ".join(f"{key} {value:.4g}" for key, value in found.items()) for found in (tried, others))
    reached = rates(seconds["ours"], forward_flops(found["lengths"], found["shape"]) / 1e9)
    machine = {"shape": found["shape"], "bfloat16": found["bfloat16"]}
    unit = "texts per second"
    return [
        make_row(
            "encode_vs_st",
            (speed["ours"], speed[ST]),
            unit=unit,
            peer_name=ST,
            note=f"{ours}; peer: float32, attention sdpa, 32 texts a batch, cut to {found['peer_length']} tokens, by "
            f"length; {of}",
        ),
        make_row(
            "encode_vs_best_st",
            (speed["ours"], speed[best]),
            unit=unit,
            peer_name=best,
            note=f"{ours}; peer: {best}, cut as ours, by length; the fastest of: {listed} texts per second; {of}",
        ),
        make_row(
            "encode_vs_other_precisions",
            (speed["ours"], speed[other]),
            unit=unit,
            peer_name=other,
            note=f"{ours}; the fastest of: {precisions} texts per second; {of}",
        ),
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


def texts_encoded(benchmark: Benchmark) -> int:
    """Return how many texts one encoding takes."""
    return len(benchmark.queries) + len(benchmark.passages)


def mean_maps(ranks: pd.DataFrame, cutoffs: list[int]) -> pd.Series:
    """Return a benchmark's mAP by setting, from the table of `exact_ranks`."""
    means = average_benchmark(measure_queries(ranks, cutoffs))
    return means[means["measure"] == "map"].set_index("setting")["value"]


def _moves(ranks: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    """Return by how many places each relevant passage's ranks differ, shape (passages, 2)."""
    places = ["rank_pool", "rank_lang"]
    return (ranks[places] - others[places]).abs().to_numpy()


def encode_ours(engine: "Engine", params: EncoderParams) -> "Encode":
    """Return our encoding; each call saves its blocks in a folder of its own."""
    from stages.hybrid.encoding.corpus import encode_texts

    def encode(texts: list[str], *, prompt: str) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            return encode_texts(engine, texts, prompt=prompt, params=params, blocks=Path(folder))

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


def _time_encoders(_: Turns, *, part: Benchmark, params: EncoderParams, rounds: int) -> dict[str, Any]:
    """Return the seconds of our encoding and theirs in turns, with what the share of the machine's rate needs."""
    from stages.hybrid.encoding.engine import load_engine
    from stages.hybrid.encoding.model import load_encoder, tokenize, use_bfloat16

    encoder, engine = load_encoder(BASE), load_engine(BASE, params.precision)
    runs = {
        "ours": timed(lambda: encode_both(part, encode_ours(engine, params))),
        ST: timed(lambda: encode_both(part, encode_theirs(encoder))),
    }
    bfloat16 = use_bfloat16(params.precision, encoder.device)
    for attention in ATTENTIONS:
        tried = set_up_best(attention, bfloat16=bfloat16, max_length=params.max_length)
        for size in SIZES:
            name = f"{TRIED}{'bfloat16' if bfloat16 else 'float32'}, attention {attention}, {size} texts a batch"
            runs[name] = timed(partial(encode_both, part, encode_theirs(tried, batch_size=size)))
    for precision in other_precisions(engine):
        runs[f"{OTHER}{precision}"] = timed(
            partial(encode_both, part, encode_ours(load_engine(BASE, precision), params))
        )
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
        "bfloat16": bfloat16,
        "settings": engine.precision,
        "peer_length": encoder.max_seq_length,
    }


def other_precisions(engine: "Engine") -> list[str]:
    """Return the precisions, beside that of ``engine``, in which its encoder may be fast here; at least one."""
    from stages.hybrid.encoding.model import use_bfloat16
    from stages.hybrid.encoding.packed import can_pack

    possible = {"int8": can_pack(engine.encoder), "bfloat16": use_bfloat16("auto", engine.encoder.device)}
    return [name for name, known in possible.items() if known and name != engine.precision] or ["float32"]


def set_up_best(attention: str, *, bfloat16: bool, max_length: int) -> Any:
    """Return the base as a competent user of sentence-transformers would load it: in bfloat16 where that is fast."""
    from stages.hybrid.encoding.model import load_encoder

    encoder: Any = load_encoder(BASE)
    if bfloat16:
        encoder.bfloat16()
    encoder[0].model.set_attn_implementation(attention)
    encoder.max_seq_length = min(max_length, encoder.max_seq_length or max_length)
    return encoder


def _encode_each_way(_: Turns, *, part: Benchmark, params: EncoderParams) -> dict[str, Any]:
    """Return embeddings as ``params`` say, in float32, and by sentence-transformers in batches of two sizes."""
    from stages.hybrid.encoding.engine import load_engine
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
        "ours": encode_ours(load_engine(BASE, params.precision), params),
        "exact": encode_ours(load_engine(BASE, "float32"), exact),
        "peer": encode_theirs(encoder),
        "peer, other batches": encode_theirs(encoder, batch_size=OTHER_BATCH),
    }
    return {kind: encode_both(part, encode) for kind, encode in encoders.items()}
