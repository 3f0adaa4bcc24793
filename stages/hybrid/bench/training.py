"""Training beside sentence-transformers: pairs per second, losses, memory; and memory against the batch's size."""

import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np
import pandas as pd

from stages.hybrid.bench.apart import Apart, Outcome, run_apart, started
from stages.hybrid.bench.inputs import BenchParams
from stages.hybrid.bench.roofline import forward_flops, roofline_row
from stages.hybrid.bench.rows import Row, limit_row, make_row
from stages.hybrid.bench.timing import alternate, rates
from stages.hybrid.bench.training_work import CANDIDATES, PEERS, Peer, Task, train_ours, train_peer
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_table
from stages.hybrid.ground.layout import PAIRS, PLAN
from stages.hybrid.records import read_training_pairs
from stages.hybrid.training.params import TrainingParams

WARM_UPS = 2  # steps before those that are timed
CACHED_ROUNDS = 5
BATCHES = (32, 256, 1024, 4096)
GROWTH_LIMIT = 1.2
PEAK_LIMIT_GIB = 4.0
LOSS_LIMIT = 0.05  # nats; the losses are in bfloat16 on one side
OURS = "ours"
WITH_PEAK = "st_fp32"  # the peer beside which our own peak of memory and rate are measured too


def compare_training(params: BenchParams, *, peer_name: str) -> list[Row]:
    """Return pairs per second, the losses' largest difference and the peaks of memory, ours and a peer's.

    Both train on the same rows of the plan, each in a process of its own, with a step in turn. Texts are cut alike, so
    queries are cut to ``passage_length`` too. Both tokenise a batch's texts in its step. The peer does only what a
    plain script does: it pads a batch's texts to the longest. Dropout and gradient clipping are the same for both.

    Raises:
        UserError: The plan or the pairs are missing, or the plan is too short.
    """
    measured = _train_in_turns(params, {peer_name: PEERS[peer_name]})
    rows = _rows(peer_name, PEERS[peer_name], measured, key=peer_name)
    return rows + (_default_rows(measured) if peer_name == WITH_PEAK else [])


def compare_best(params: BenchParams) -> list[Row]:
    """Return the rows of `compare_training` beside the fastest of `CANDIDATES` on this machine.

    Raises:
        UserError: The plan or the pairs are missing, or the plan is too short.
    """
    measured = _train_in_turns(params, CANDIDATES)
    speeds = {key: statistics.median(measured.speed(key)) for key in CANDIDATES}
    best = max(speeds, key=lambda key: speeds[key])
    others = "; ".join(f"attention {key}: {speed:.4g} pairs per second" for key, speed in speeds.items())
    return _rows("best_st", CANDIDATES[best], measured, key=best, more=f"the faster of: {others}")


class _Measured(NamedTuple):
    """What trainings in turns gave, each under its key; ours is `OURS`."""

    seconds: dict[str, list[float]]  # of each timed step
    outcomes: dict[str, Outcome]
    pairs: int  # of a step
    training: TrainingParams

    def speed(self, key: str) -> list[float]:
        """Return pairs per second of each timed step."""
        return rates(self.seconds[key], self.pairs)


def _train_in_turns(params: BenchParams, peers: Mapping[str, Peer]) -> _Measured:
    """Train ours and each of ``peers`` along the plan, a step in turn."""
    (rounds,) = {peer.rounds for peer in peers.values()}
    training = steps_only(params.training)
    training = training.model_copy(update={"query_length": training.passage_length})
    task = make_task(params, training, steps=WARM_UPS + rounds)
    with ExitStack() as stack:
        aparts = {OURS: stack.enter_context(started(train_ours, task=task))}
        for key, peer in peers.items():
            aparts[key] = stack.enter_context(started(train_peer, task=task, peer=peer))
        seconds = step_in_turns(aparts, rounds=rounds)
        outcomes = {key: apart.outcome() for key, apart in aparts.items()}
    return _Measured(seconds, outcomes, len(task.plan["group_ids"].iloc[0]), training)


def steps_only(training: TrainingParams) -> TrainingParams:
    """Return ``training`` without validation."""
    return training.model_copy(update={"validation_steps": 0, "patience": 0})


def make_task(params: BenchParams, training: TrainingParams, *, steps: int) -> Task:
    """Return the task to train along the first ``steps`` batches of the plan.

    Raises:
        UserError: The plan or the pairs are missing, or the plan is too short.
    """
    plan = read_table(PLAN).head(steps)
    check_plan(plan, steps=steps)
    return Task(plan, pairs_of(plan, read_training_pairs(PAIRS, params.datasets)), training, params.seed)


def check_plan(plan: pd.DataFrame, *, steps: int) -> None:
    """Check that the plan has at least ``steps`` batches, all of one size.

    Raises:
        UserError: It does not.
    """
    if len(plan) < steps or plan["group_ids"].map(len).nunique() != 1:
        raise UserError(f"{PLAN} has {len(plan)} batches, expected {steps} of one size; raise sampler.batches")


def pairs_of(plan: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of the groups that the plan uses."""
    keys = {(row.dataset, group) for row in plan.itertuples() for group in row.group_ids}
    used = [key in keys for key in zip(pairs["dataset"], pairs["group_id"], strict=True)]
    return pairs[used].reset_index(drop=True)


def step_in_turns(aparts: Mapping[str, Apart], *, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each process's timed steps. Its start makes the first warm-up in any case."""
    for apart in aparts.values():
        apart.ready()
    runs = {name: apart.piece for name, apart in aparts.items()}
    return alternate(runs, rounds=rounds, warm_ups=WARM_UPS - 1)


def _rows(name: str, peer: Peer, measured: _Measured, *, key: str, more: str = "") -> list[Row]:
    """Return the rows of one peer, whose results have ``key``."""
    ours, theirs = measured.outcomes[OURS], measured.outcomes[key]
    losses = [np.array(outcome.value["losses"]) for outcome in (ours, theirs)]
    length = measured.training.passage_length
    sides = (
        f"ours: {ours.value['settings']}; peer: {peer.describe()}; both: texts cut to {length} tokens, tokenised in "
        f"the step, {measured.pairs} pairs"
    )
    note = "; ".join([sides, *([more] if more else [])])
    first = f"largest of {len(losses[0])} steps; loss at first {losses[0][0]:.3f}, {losses[1][0]:.3f}"
    difference = float(np.abs(losses[0] - losses[1]).max())
    speed = (measured.speed(OURS), measured.speed(key))
    return [
        make_row(f"train_vs_{name}", speed, unit="pairs per second", peer_name=peer.describe(), note=note),
        limit_row(f"train_loss_difference_{name}", [difference], LOSS_LIMIT, unit="nats", note=f"{first}; {note}"),
        make_row(
            f"train_memory_vs_{name}",
            ([ours.peak_gib], [theirs.peak_gib]),
            unit="GiB",
            peer_name=peer.describe(),
            note=note,
        ),
    ]


def _default_rows(measured: _Measured) -> list[Row]:
    """Return the peak of memory of our training, and its share of the machine's rate of matrix products."""
    ours, seconds = measured.outcomes[OURS], measured.seconds[OURS]
    shape, lengths = ours.value["shape"], ours.value["lengths"][WARM_UPS:]
    reached = [3 * forward_flops(step, shape) / taken / 1e9 for step, taken in zip(lengths, seconds, strict=True)]
    peak, note = [ours.peak_gib], "real tokens only; backward counted as twice forward"
    return [
        limit_row("train_peak_memory", peak, PEAK_LIMIT_GIB, unit="GiB", note="a few steps of the run's own"),
        roofline_row("train_roofline", reached, shape=shape, bfloat16=ours.value["bfloat16"], note=note),
    ]


def compare_cached(params: BenchParams) -> list[Row]:
    """Return the seconds of a training step with cached gradients beside one that keeps every activation.

    Raises:
        UserError: The plan or the pairs are missing, or the plan is too short.
    """
    training, steps = steps_only(params.training), WARM_UPS + CACHED_ROUNDS
    cached, plain = (
        make_task(params, training.model_copy(update={"tokens_in_memory": tokens}), steps=steps)
        for tokens in (1, 10**9)
    )
    with started(train_ours, task=cached) as ours, started(train_ours, task=plain) as peer:
        seconds = step_in_turns({"ours": ours, "peer": peer}, rounds=CACHED_ROUNDS)
    runs = (seconds["ours"], seconds["peer"])
    note = "a second forward pass, so that memory does not grow with the batch; the aim is 1.5 at most"
    return [make_row("train_cached_vs_plain", runs, unit="seconds", peer_name="our plain step", note=note)]


def measure_memory_growth(params: BenchParams) -> list[Row]:
    """Return how the peak of a training step's memory grows with the batch; gradients are cached for all sizes.

    Raises:
        UserError: The pairs are missing.
    """
    in_memory = params.training.tokens_per_micro_batch
    training = steps_only(params.training).model_copy(update={"tokens_in_memory": in_memory})
    pairs = read_training_pairs(PAIRS, params.datasets[:1])
    peaks = {}
    for size in [size for size in BATCHES if size <= len(pairs)]:
        drawn = pairs.sample(size, random_state=params.seed)
        peaks[size] = run_apart(train_ours, task=Task(one_batch(drawn), drawn, training, params.seed)).peak_gib
    listed = ", ".join(f"{size}: {peak:.2f} GiB" for size, peak in peaks.items())
    growth = max(peaks.values()) / min(peaks.values())
    note = f"largest peak over smallest, one step per batch size, tokens_in_memory {in_memory}; {listed}"
    return [limit_row("peak_memory_growth", [growth], GROWTH_LIMIT, unit="times", note=note)]


def one_batch(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the plan of one step with all of ``pairs``."""
    langs = pairs["lang"].tolist()
    row = {"step": 0, "kind": "any", "dataset": pairs["dataset"].iloc[0], "group_ids": pairs["group_id"].tolist()}
    return pd.DataFrame([{**row, "query_langs": langs, "passage_langs": langs}])
