"""Five texts in two languages to train the tiny encoder on, and a run of the training."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from sentence_transformers import SentenceTransformer

from stages.hybrid.encoding.model import load_encoder
from stages.hybrid.records import Batch, Negative
from stages.hybrid.training.params import TrainingParams
from stages.hybrid.training.plan_batches import PlanBatches, TrainingBatch
from stages.hybrid.training.trainer import finetune

TEXTS = [
    "water boils",
    "the sea is deep and cold and very wide",
    "bread",
    "a river runs to the sea",
    "the old town wall",
]


def make_params(**changed: object) -> TrainingParams:
    """Return params that suit the tiny encoder, with these changes."""
    values: dict[str, object] = {
        "learning_rate": 1e-3,
        "weight_decay": 0.01,
        "warmup_share": 0.1,
        "max_grad_norm": 1.0,
        "dropout": 0.0,
        "temperature": 0.05,
        "symmetric": False,
        "query_length": 16,
        "passage_length": 16,
        "word_embeddings": "frozen",
        "frozen_layers": 0,
        "lora_rank": 0,
        "validation_steps": 0,
        "patience": 0,
        "base_share": 0.0,
        "precision": "float32",
        "tokens_per_micro_batch": 64,
        "tokens_in_memory": 10_000,
        "checkpoint_steps": 2,
    }
    return TrainingParams(**(values | changed))  # type: ignore[arg-type]


def make_pairs() -> pd.DataFrame:
    """Return the pairs of five groups, g0 to g4, each in English and German and on a page of its own."""
    rows = [
        (f"g{i}", f"p{i}", lang, f"{text} {lang}", f"{lang} {text}")
        for i, text in enumerate(TEXTS)
        for lang in ("en", "de")
    ]
    pairs = pd.DataFrame(rows, columns=["group_id", "page_id", "lang", "query", "passage"])
    return pairs.assign(twin_id=pairs["group_id"], dataset="toy")


def make_plan(steps: int = 6) -> pd.DataFrame:
    """Return a plan of cross-lingual batches with four pairs each, in which two batches alternate."""
    rows = [
        (step, "cross_lingual", "toy", ["g0", f"g{1 + step % 2}", "g3", "g4"], ["en", "de"] * 2, ["de", "en"] * 2)
        for step in range(steps)
    ]
    return pd.DataFrame(rows, columns=Batch._fields)


def make_negatives() -> pd.DataFrame:
    """Return a hard negative for each German passage of the plan's batches: of g2 for g0, and of g1 for g3."""
    rows = [("toy", "g0", "de", "g2", "de", 0.5), ("toy", "g3", "de", "g1", "en", 0.4)]
    return pd.DataFrame(rows, columns=["dataset", *Negative._fields])


def make_held_out() -> pd.DataFrame:
    """Return the plan of two validation batches, whose pairs of query and passage no batch of `make_plan` has."""
    rows = [(0, "monolingual", "toy", ["g0", "g3"], ["en"] * 2, ["en"] * 2)]
    rows += [(1, "cross_lingual", "toy", ["g1", "g4", "g0"], ["de"] * 3, ["en"] * 3)]
    return pd.DataFrame(rows, columns=Batch._fields)


def train(
    base: Path, checkpoints: Path, steps: int = 6, negatives: pd.DataFrame | None = None, **changed: object
) -> tuple[dict[str, torch.Tensor], pd.DataFrame]:
    """Return the weights and the curve of a run."""
    encoder, curve = train_encoder(base, checkpoints, steps, negatives, **changed)
    return {name: value.clone() for name, value in encoder.state_dict().items()}, curve


def train_encoder(
    base: Path, checkpoints: Path, steps: int = 6, negatives: pd.DataFrame | None = None, **changed: object
) -> tuple[SentenceTransformer, pd.DataFrame]:
    """Return the encoder and the curve of a run."""
    encoder = load_encoder(base)
    params = make_params(**changed)
    batches = PlanBatches(make_plan(steps), make_pairs(), encoder=encoder, params=params, negatives=negatives)
    validation = None
    if params.validation_steps:
        validation = PlanBatches(make_held_out(), make_pairs(), encoder=encoder, params=params)
    curve = finetune(encoder, batches, validation=validation, params=params, checkpoints=checkpoints, seed=3)
    return encoder, curve


def train_until(stop: int, base: Path, checkpoints: Path, steps: int = 6, **changed: object) -> None:
    """Train, and stop as a kill would when the plan's batch of step ``stop`` is asked for.

    Raises:
        KeyboardInterrupt: always.
    """
    real = PlanBatches.__getitem__

    def cut_off(batches: PlanBatches, step: int) -> TrainingBatch:
        if step == stop and len(batches) == steps:  # the training batches, not those of the validation
            raise KeyboardInterrupt
        return real(batches, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlanBatches, "__getitem__", cut_off)
        train(base, checkpoints, steps, **changed)
