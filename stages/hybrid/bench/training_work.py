"""The two trainings that are compared, ours and a sentence-transformers script: each runs in a process of its own."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from stages.hybrid.bench.apart import Turns
from stages.hybrid.bench.roofline import EncoderShape
from stages.hybrid.ground.layout import BASE
from stages.hybrid.training.params import TrainingParams

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True)
class Task:
    """What is trained on, and how.

    Attributes:
        plan: The batches, columns of `records.Batch`.
        pairs: The pairs that the plan uses, columns of `records.Pair` and ``dataset``.
        params: How our trainer trains; the peer follows them as far as it can.
        seed: The seed of the run.
    """

    plan: pd.DataFrame
    pairs: pd.DataFrame
    params: TrainingParams
    seed: int


class Peer(NamedTuple):
    """A sentence-transformers training script."""

    loss: str  # the loss's class
    bf16: bool
    frozen: bool  # the word embeddings, as ours by default
    attention: str  # as transformers names its implementations
    rounds: int  # timed steps

    def describe(self) -> str:
        """Return the peer in a few words."""
        words = "word embeddings frozen" if self.frozen else "all weights trained"
        precision = "bf16=True" if self.bf16 else "float32"
        return f"sentence-transformers, {self.loss}, {precision}, {words}, attention {self.attention}"


PLAIN, CACHED = "MultipleNegativesRankingLoss", "CachedMultipleNegativesRankingLoss"
DEFAULT = "sdpa"  # the attention that sentence-transformers takes
PEERS = {
    "st_fp32": Peer(PLAIN, bf16=False, frozen=False, attention=DEFAULT, rounds=6),
    "st_bf16": Peer(PLAIN, bf16=True, frozen=False, attention=DEFAULT, rounds=6),
    "st_cached_fp32": Peer(CACHED, bf16=False, frozen=False, attention=DEFAULT, rounds=3),
    "st_fp32_frozen": Peer(PLAIN, bf16=False, frozen=True, attention=DEFAULT, rounds=3),
    "st_bf16_frozen": Peer(PLAIN, bf16=True, frozen=True, attention=DEFAULT, rounds=3),
}
# What a competent user tries on a processor: the faster one is the best.
CANDIDATES = {name: Peer(PLAIN, bf16=True, frozen=True, attention=name, rounds=6) for name in (DEFAULT, "eager")}


def train_ours(turns: Turns, *, task: Task) -> dict[str, Any]:
    """Train the base along the plan, one turn per step; return losses, token counts, the encoder's shape, precision."""
    from stages.hybrid.bench.tokenised import TokenisedInTurn
    from stages.hybrid.encoding.model import load_encoder, use_bfloat16
    from stages.hybrid.training.trainer import finetune

    encoder = load_encoder(BASE)
    batches = TokenisedInTurn(task, encoder)
    taken = [batches[step] for step in range(len(task.plan))]
    lengths = [[len(text) for text in batch.queries + batch.passages] for batch in taken]
    _give_turns(turns)
    with tempfile.TemporaryDirectory() as folder:
        curve = finetune(encoder, batches, params=task.params, checkpoints=Path(folder), seed=task.seed)
    return {
        "losses": curve["loss"].tolist(),
        "lengths": lengths,
        "shape": EncoderShape.of(encoder),
        "bfloat16": use_bfloat16(task.params.precision, encoder.device),
        "settings": describe_ours(task.params, encoder),
    }


def describe_ours(params: TrainingParams, encoder: "SentenceTransformer") -> str:
    """Return how ``encoder`` was trained by us, in a few words."""
    from stages.hybrid.encoding.model import use_bfloat16
    from stages.hybrid.training.dual_encoder import fast_attention

    precision = "bfloat16" if use_bfloat16(params.precision, encoder.device) else "float32"
    frozen = f", {params.frozen_layers} lowest layers frozen" if params.frozen_layers else ""
    words: Any = encoder[0].model
    with fast_attention(encoder):
        attention = words.config._attn_implementation
    return f"{precision}, word embeddings {params.word_embeddings}{frozen}, attention {attention}"


def train_peer(turns: Turns, *, task: Task, peer: Peer) -> dict[str, Any]:
    """Train the base as a sentence-transformers script does, one turn per step; return the losses."""
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
    from sentence_transformers.sentence_transformer import losses

    encoder = SentenceTransformer(str(BASE), model_kwargs={"use_safetensors": True})
    encoder.max_seq_length = task.params.passage_length
    for part in encoder.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = task.params.dropout
    words: Any = encoder[0].model
    words.set_attn_implementation(peer.attention)
    words.get_input_embeddings().requires_grad_(not peer.frozen)
    sides = texts_of(task.plan, task.pairs).items()
    texts = {side: [f"{encoder.prompts[side]}{text}" for text in texts] for side, texts in sides}
    loss = getattr(losses, peer.loss)(encoder, scale=1 / task.params.temperature)
    with tempfile.TemporaryDirectory() as folder:
        trainer = SentenceTransformerTrainer(
            model=encoder,
            args=_peer_arguments(peer, task, folder=folder),
            train_dataset=Dataset.from_dict(texts),
            loss=loss,
        )
        _give_turns(turns)
        trainer.train()
    return {"losses": [row["loss"] for row in trainer.state.log_history if "loss" in row]}


def _peer_arguments(peer: Peer, task: Task, *, folder: str) -> Any:
    from sentence_transformers import SentenceTransformerTrainingArguments
    from torch.utils.data import BatchSampler, SequentialSampler

    from stages.hybrid.training.processes import on_cpu

    def in_order(dataset: Any, batch_size: int, drop_last: bool, **_: Any) -> Any:
        return BatchSampler(SequentialSampler(dataset), batch_size, drop_last)

    steps = len(task.plan)
    return SentenceTransformerTrainingArguments(
        output_dir=folder,
        max_steps=steps,
        per_device_train_batch_size=len(task.plan["group_ids"].iloc[0]),
        learning_rate=task.params.learning_rate,
        weight_decay=task.params.weight_decay,
        max_grad_norm=task.params.max_grad_norm,
        warmup_steps=round(task.params.warmup_share * steps),
        batch_sampler=in_order,
        bf16=peer.bf16,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        use_cpu=on_cpu(),
        seed=task.seed,
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
