"""The validation loss, which is measured during training, and stopping when it no longer falls."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import whole_file
from stages.hybrid.records import Batch, is_parallel_text
from stages.hybrid.training.dual_encoder import DualEncoder, batch_loss
from stages.hybrid.training.params import TrainingParams
from stages.hybrid.training.plan_batches import PlanBatches
from stages.hybrid.training.processes import process_count, process_number, sum_over_processes

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCHES_PER_KIND = 8  # at most, from the pairs of one training set or benchmark
BEST = "best.safetensors"

Rows = list[tuple[str, str, str]]  # of one batch: group, query language and passage language of each pair


def validation_batches(
    held_out: pd.DataFrame, *, plan: pd.DataFrame, encoder: "SentenceTransformer", params: TrainingParams, seed: int
) -> PlanBatches:
    """Return the batches of `draw_validation`, tokenised. Their size is that of the plan's first batch.

    Raises:
        UserError: The held-out pairs make no batch, or the encoder has no prompt for queries or passages.
    """
    drawn = draw_validation(held_out, len(plan["group_ids"].iloc[0]), seed=seed)
    return PlanBatches(drawn, held_out, encoder=encoder, params=params)


def draw_validation(pairs: pd.DataFrame, batch_size: int, *, seed: int) -> pd.DataFrame:
    """Return validation batches with the columns of `records.Batch`. The same arguments give the same batches.

    Each training set or benchmark among the pairs gives:

    - monolingual batches of at most `BATCHES_PER_KIND` languages, and at most as many batches. Each language has its
      first before any has a second. No pair is in two of them. Parallel text, in which every query is its passage,
      gives none.
    - as many cross-lingual batches as monolingual ones, and at least as many as these languages. A pair may be in
      several of them.

    A batch has from 2 to ``batch_size`` pairs.

    Args:
        pairs: the pairs to validate on, with the columns of `records.Pair` and ``dataset``.
        batch_size: pairs in a batch, at most.
        seed: groups and languages are drawn from it.

    Raises:
        UserError: The pairs make no batch.
    """
    rng = np.random.Generator(np.random.Philox(key=[seed, 0]))
    drawn = [
        (kind, str(dataset), rows)
        for dataset, table in pairs.groupby("dataset", sort=True)
        for kind, rows in _draw_batches(rng, table, batch_size)
        if len(rows) > 1  # a pair alone has no negative
    ]
    if not drawn:
        raise UserError(
            f"training.validation_steps is set, but {len(pairs)} pairs to validate on make no batch, expected two "
            "groups with a language in common; raise prepare.held_out_share, name a validation_set, or set "
            "validation_steps to 0"
        )
    batches = [
        (step, kind, dataset, *(list(column) for column in zip(*rows, strict=True)))
        for step, (kind, dataset, rows) in enumerate(drawn)
    ]
    return pd.DataFrame(batches, columns=Batch._fields)


def _draw_batches(rng: np.random.Generator, table: pd.DataFrame, batch_size: int) -> list[tuple[str, Rows]]:
    """Return kind and rows of each batch from one training set or benchmark. Cross-lingual ones may be too small."""
    langs_of = table.groupby("group_id", sort=True)["lang"].agg(sorted)
    languages = sorted(table["lang"].unique())
    chosen = rng.permutation(len(languages))[:BATCHES_PER_KIND]
    # The monolingual loss of parallel text would say nothing.
    whole = [] if is_parallel_text(table) else [_draw_monolingual(rng, langs_of, languages[i]) for i in chosen]
    parts = [rows[place : place + batch_size] for place in range(0, len(langs_of), batch_size) for rows in whole]
    monolingual = [rows for rows in parts if len(rows) > 1][:BATCHES_PER_KIND]
    number = max(len(monolingual), len(chosen))
    cross_lingual = [_draw_cross_lingual(rng, langs_of, batch_size) for _ in range(number)]
    return [*(("monolingual", rows) for rows in monolingual), *(("cross_lingual", rows) for rows in cross_lingual)]


def _draw_monolingual(rng: np.random.Generator, langs_of: pd.Series, language: str) -> Rows:
    """Return all groups that have ``language``, in random order."""
    groups = [group for group, langs in langs_of.items() if language in langs]
    return [(groups[i], language, language) for i in rng.permutation(len(groups))]


def _draw_cross_lingual(rng: np.random.Generator, langs_of: pd.Series, batch_size: int) -> Rows:
    """Return at most ``batch_size`` of the groups that have two languages, each with two of its languages."""
    groups = [group for group, langs in langs_of.items() if len(langs) > 1]
    rows = []
    for i in rng.permutation(len(groups))[:batch_size]:
        first, second = rng.permutation(len(langs_of[groups[i]]))[:2]
        rows.append((groups[i], langs_of[groups[i]][first], langs_of[groups[i]][second]))
    return rows


class Validation(TrainerCallback):
    """Measures the validation loss, saves the best weights, and stops the training.

    Its only state is the trainer's log. So a run that resumes from a checkpoint decides as an uninterrupted run would.
    """

    def __init__(self, dual: DualEncoder, batches: PlanBatches, params: TrainingParams, folder: Path) -> None:
        """Measure ``dual`` on ``batches``, and save its best weights in ``folder``."""
        self.dual, self.batches, self.params, self.best = dual, batches, params, folder / BEST

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """After every ``validation_steps`` steps, and after the last step, measure the loss and decide."""
        if state.global_step % self.params.validation_steps and state.global_step != state.max_steps:
            return
        loss = validation_loss(self.dual, self.batches, self.params)
        state.log_history.append({"step": state.global_step, "validation_loss": loss})
        if not self.params.patience:
            return
        losses = [row["validation_loss"] for row in state.log_history if "validation_loss" in row]
        waited = validations_since_best(losses)
        if waited == 0 and process_number() == 0:
            save_trained(self.dual, self.best)
        if waited >= self.params.patience:
            control.should_training_stop = True
            control.should_save = False  # a run that resumed from this checkpoint would train on


def validation_loss(dual: DualEncoder, batches: PlanBatches, params: TrainingParams) -> float:
    """Return the mean loss of the batches, without dropout. The batches are divided over the processes."""
    total = torch.zeros((), device=dual.encoder.device)
    with torch.no_grad(), without_dropout(dual):
        for step in range(process_number(), len(batches), process_count()):
            batch = batches[step]
            total += batch_loss(dual.embed_all(batch.queries + batch.passages + batch.negatives), batch, params)
    return sum_over_processes(total).item() / len(batches)


@contextmanager
def without_dropout(model: nn.Module) -> Iterator[None]:
    """Switch dropout off within the block."""
    training = model.training
    model.eval()
    yield
    model.train(training)


def validations_since_best(losses: list[float]) -> int:
    """Return how many validations followed the one with the lowest loss. An equal loss is not an improvement."""
    return len(losses) - 1 - losses.index(min(losses))


def save_trained(model: nn.Module, path: Path) -> None:
    """Write the weights that are trained to ``path``."""
    weights = {name: value.detach().contiguous() for name, value in model.named_parameters() if value.requires_grad}
    with whole_file(path) as partial:
        save_file(weights, partial)


def load_trained(model: nn.Module, path: Path) -> None:
    """Set the weights that are trained to those that `save_trained` wrote to ``path``."""
    model.load_state_dict(load_file(path), strict=False)
