"""Training beside sentence-transformers: pairs a second, losses, memory; and memory against the batch's size."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from stages.hybrid.bench.apart import Apart, Outcome, Turns, run_apart, started
from stages.hybrid.bench.inputs import BASE, PLAN, Inputs, read_pairs
from stages.hybrid.bench.roofline import EncoderShape, forward_flops, product_rate
from stages.hybrid.bench.rows import Row, limit_row, make_row
from stages.hybrid.bench.timing import alternate, rates
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_table

if TYPE_CHECKING:
    from stages.hybrid.training.settings import TrainingSettings

WARM_UPS = 2  # steps before those that are timed
CACHED_ROUNDS = 5
BATCHES = (32, 256, 1024, 4096)
GROWTH_LIMIT = 1.2
PEAK_LIMIT_GIB = 4.0
LOSS_LIMIT = 0.05  # nats; the losses are in bfloat16 on one side


class Peer(NamedTuple):
    """A sentence-transformers training script."""

    loss: str  # the loss's class
    bf16: bool
    frozen: bool  # the word embeddings, as ours by default
    rounds: int  # timed steps

    def told(self) -> str:
        """Return the peer in a few words."""
        words = "word embeddings frozen" if self.frozen else "all weights trained"
        return f"sentence-transformers, {self.loss}, {'bf16=True' if self.bf16 else 'float32'}, {words}"


PEERS = {
    "st_fp32": Peer("MultipleNegativesRankingLoss", bf16=False, frozen=False, rounds=6),
    "st_bf16": Peer("MultipleNegativesRankingLoss", bf16=True, frozen=False, rounds=6),
    "st_cached_fp32": Peer("CachedMultipleNegativesRankingLoss", bf16=False, frozen=False, rounds=3),
    "st_fp32_frozen": Peer("MultipleNegativesRankingLoss", bf16=False, frozen=True, rounds=3),
    "st_bf16_frozen": Peer("MultipleNegativesRankingLoss", bf16=True, frozen=True, rounds=3),
}


def compare_training(inputs: Inputs, *, peer_name: str) -> list[Row]:
    """Return pairs a second, the losses' largest difference and the peaks of memory, ours and a peer's.

    Both train on the same rows of the plan, each in a process of its own, a step in turn. Texts are cut alike, so
    queries too to ``passage_length``. What a plain script does not do is left to it: it pads a batch's texts to the
    longest, and its optimiser goes over all word embeddings unless ``frozen``. Its dropout is off, as ours is.
    """
    peer = PEERS[peer_name]
    plan = read_table(PLAN).head(WARM_UPS + peer.rounds)
    check_plan(plan, steps=WARM_UPS + peer.rounds)
    pairs = pairs_of(plan, read_pairs(inputs.datasets))
    settings = replace(steps_only(inputs.training), query_length=inputs.training.passage_length)
    common = {"plan": plan, "pairs": pairs, "settings": settings, "seed": inputs.seed}
    with started(train_ours, **common) as ours, started(train_peer, **common, peer=peer) as theirs:
        seconds = step_in_turns({"ours": ours, "peer": theirs}, rounds=peer.rounds)
        done = [apart.outcome() for apart in (ours, theirs)]
    rows = _rows(peer_name, seconds, done, size=len(plan["group_ids"].iloc[0]))
    return rows + (_default_rows(done[0], seconds["ours"]) if peer_name == "st_fp32" else [])


def steps_only(settings: "TrainingSettings") -> "TrainingSettings":
    """Return the settings without validation."""
    return replace(settings, validation_steps=0, patience=0)


def check_plan(plan: pd.DataFrame, *, steps: int) -> None:
    """Raise `UserError` where the plan has not so many batches, or none of equal size."""
    if len(plan) < steps or plan["group_ids"].map(len).nunique() != 1:
        raise UserError(f"{PLAN} has {len(plan)} batches, expected {steps} of one size; raise sampler.batches")


def pairs_of(plan: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of the groups that the plan uses."""
    keys = {(row.dataset, group) for row in plan.itertuples() for group in row.group_ids}
    used = [key in keys for key in zip(pairs["dataset"], pairs["group_id"], strict=True)]
    return pairs[used].reset_index(drop=True)


def step_in_turns(aparts: dict[str, Apart], *, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each process's training steps, the warm-ups left out; the first is made in any case."""
    for apart in aparts.values():
        apart.ready()
    runs = {name: apart.piece for name, apart in aparts.items()}
    return alternate(runs, rounds=rounds, warm_ups=WARM_UPS - 1)


def _rows(peer_name: str, seconds: dict[str, list[float]], done: list[Outcome], *, size: int) -> list[Row]:
    told = PEERS[peer_name].told()
    losses = [np.array(outcome.value["losses"]) for outcome in done]
    speed = (rates(seconds["ours"], size), rates(seconds["peer"], size))
    peaks = ([done[0].peak_gib], [done[1].peak_gib])
    compared = f"largest of {len(losses[0])} steps; {told}; loss at first {losses[0][0]:.3f}, {losses[1][0]:.3f}"
    difference = float(np.abs(losses[0] - losses[1]).max())
    return [
        make_row(f"train_vs_{peer_name}", speed, unit="pairs a second", peer_name=told),
        limit_row(f"train_loss_difference_{peer_name}", [difference], LOSS_LIMIT, unit="nats", note=compared),
        make_row(f"train_memory_vs_{peer_name}", peaks, unit="GiB", peer_name=told),
    ]


def _default_rows(ours: Outcome, seconds: list[float]) -> list[Row]:
    """Return the peak of memory of our training, and its share of the machine's rate of matrix products."""
    shape, lengths = ours.value["shape"], ours.value["lengths"][WARM_UPS:]
    worked = [3 * forward_flops(step, shape) / taken / 1e9 for step, taken in zip(lengths, seconds, strict=True)]
    best = run_apart(product_rate, shape=shape, bfloat16=ours.value["bfloat16"]).value
    name = f"torch's matrix products, best of the model's shapes, {'bfloat16' if ours.value['bfloat16'] else 'float32'}"
    note = "real tokens only; backward counted as twice forward"
    return [
        limit_row(
            "train_peak_memory", [ours.peak_gib], PEAK_LIMIT_GIB, unit="GiB", note="a few steps of the run's own"
        ),
        make_row("train_roofline", (worked, best), unit="GFLOP a second", peer_name=name, note=note),
    ]


def train_ours(
    turns: Turns, *, plan: pd.DataFrame, pairs: pd.DataFrame, settings: "TrainingSettings", seed: int
) -> Any:
    """Train the base along ``plan``, a turn a step; return losses, token counts, the encoder's shape and precision."""
    from stages.hybrid.encoding.model import load_encoder, use_bfloat16
    from stages.hybrid.training.plan_batches import PlanBatches
    from stages.hybrid.training.trainer import finetune

    encoder = load_encoder(BASE)
    batches = PlanBatches(plan, pairs, encoder, settings)
    taken = [batches[step] for step in range(len(plan))]
    lengths = [[len(text) for text in batch.queries + batch.passages] for batch in taken]
    _give_turns(turns)
    with tempfile.TemporaryDirectory() as folder:
        curve = finetune(encoder, batches, settings=settings, checkpoints=Path(folder), seed=seed)
    return {
        "losses": curve["loss"].tolist(),
        "lengths": lengths,
        "shape": EncoderShape.of(encoder),
        "bfloat16": use_bfloat16(settings.precision, encoder.device),
    }


def train_peer(
    turns: Turns, *, plan: pd.DataFrame, pairs: pd.DataFrame, settings: "TrainingSettings", seed: int, peer: Peer
) -> Any:
    """Train the base as a sentence-transformers script does, a turn a step; return the losses."""
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
    from sentence_transformers.sentence_transformer import losses

    encoder = SentenceTransformer(str(BASE), model_kwargs={"use_safetensors": True})
    encoder.max_seq_length = settings.passage_length
    for part in encoder.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    words: Any = encoder[0].model
    words.get_input_embeddings().requires_grad_(not peer.frozen)
    sides = texts_of(plan, pairs).items()
    texts = {side: [f"{encoder.prompts[side]}{text}" for text in texts] for side, texts in sides}
    loss = getattr(losses, peer.loss)(encoder, scale=1 / settings.temperature)
    with tempfile.TemporaryDirectory() as folder:
        trainer = SentenceTransformerTrainer(
            model=encoder,
            args=_peer_arguments(peer, plan, settings, seed=seed, folder=folder),
            train_dataset=Dataset.from_dict(texts),
            loss=loss,
        )
        _give_turns(turns)
        trainer.train()
    return {"losses": [row["loss"] for row in trainer.state.log_history if "loss" in row]}


def _peer_arguments(peer: Peer, plan: pd.DataFrame, settings: "TrainingSettings", *, seed: int, folder: str) -> Any:
    from sentence_transformers import SentenceTransformerTrainingArguments
    from torch.utils.data import BatchSampler, SequentialSampler

    from stages.hybrid.training.processes import on_cpu

    def in_order(dataset: Any, batch_size: int, drop_last: bool, **_: Any) -> Any:
        return BatchSampler(SequentialSampler(dataset), batch_size, drop_last)

    return SentenceTransformerTrainingArguments(
        output_dir=folder,
        max_steps=len(plan),
        per_device_train_batch_size=len(plan["group_ids"].iloc[0]),
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warmup_steps=round(settings.warmup_share * len(plan)),
        batch_sampler=in_order,
        bf16=peer.bf16,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        use_cpu=on_cpu(),
        seed=seed,
    )


def texts_of(plan: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, list[str]]:
    """Return the texts of the plan's queries and passages, batch after batch."""
    keyed = pairs.set_index(["dataset", "group_id", "lang"])
    found: dict[str, list[str]] = {"query": [], "passage": []}
    for row in plan.itertuples():
        for side, langs in (("query", row.query_langs), ("passage", row.passage_langs)):
            keys = [(row.dataset, group, lang) for group, lang in zip(row.group_ids, langs, strict=True)]
            found[side] += keyed[side].loc[keys].tolist()
    return found


def _give_turns(turns: Turns) -> None:
    """Make every optimiser's step of this process end a piece of work: so a piece is a whole training step."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    register_optimizer_step_post_hook(lambda *_: turns.next_piece())


def compare_cached(inputs: Inputs) -> list[Row]:
    """Return the seconds of a training step with cached gradients beside one that keeps every activation."""
    plan = read_table(PLAN).head(WARM_UPS + CACHED_ROUNDS)
    check_plan(plan, steps=WARM_UPS + CACHED_ROUNDS)
    pairs = pairs_of(plan, read_pairs(inputs.datasets))
    common = {"plan": plan, "pairs": pairs, "seed": inputs.seed}
    cached, plain = (replace(steps_only(inputs.training), tokens_in_memory=tokens) for tokens in (1, 10**9))
    with started(train_ours, **common, settings=cached) as ours, started(train_ours, **common, settings=plain) as peer:
        seconds = step_in_turns({"ours": ours, "peer": peer}, rounds=CACHED_ROUNDS)
    runs = (seconds["ours"], seconds["peer"])
    note = "a second forward pass for memory that does not grow with the batch; at most 1.5 is meant"
    return [make_row("train_cached_vs_plain", runs, unit="seconds", peer_name="our plain step", note=note)]


def measure_memory_growth(inputs: Inputs) -> list[Row]:
    """Return how the peak of a training step's memory grows with the batch, gradients cached for all of them."""
    settings = replace(steps_only(inputs.training), tokens_in_memory=inputs.training.tokens_per_micro_batch)
    pairs = read_pairs(inputs.datasets[:1])
    peaks = {}
    for size in [size for size in BATCHES if size <= len(pairs)]:
        drawn = pairs.sample(size, random_state=inputs.seed)
        arguments = {"plan": one_batch(drawn), "pairs": drawn, "settings": settings, "seed": inputs.seed}
        peaks[size] = run_apart(train_ours, **arguments).peak_gib
    told = ", ".join(f"{size}: {peak:.2f} GiB" for size, peak in peaks.items())
    growth = max(peaks.values()) / min(peaks.values())
    note = f"largest peak over smallest, one step a batch size, tokens_in_memory {settings.tokens_in_memory}; {told}"
    return [limit_row("peak_memory_growth", [growth], GROWTH_LIMIT, unit="times", note=note)]


def one_batch(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the plan of one step with all of ``pairs``."""
    langs = pairs["lang"].tolist()
    row = {"step": 0, "kind": "any", "dataset": pairs["dataset"].iloc[0], "group_ids": pairs["group_id"].tolist()}
    return pd.DataFrame([{**row, "query_langs": langs, "passage_langs": langs}])
