"""The loss on validation pairs while training, and stopping once it does not fall any more."""

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
from stages.hybrid.records import Batch
from stages.hybrid.training.dual_encoder import DualEncoder, batch_loss
from stages.hybrid.training.params import TrainingParams
from stages.hybrid.training.plan_batches import PlanBatches
from stages.hybrid.training.processes import process_count, process_number, sum_over_processes

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCHES_A_KIND = 8  # at most, of each data set
BEST = "best.safetensors"


def validation_batches(
    held_out: pd.DataFrame, plan: pd.DataFrame, encoder: "SentenceTransformer", params: TrainingParams, *, seed: int
) -> PlanBatches:
    """Return the batches of `draw_validation`, of the size of the plan's, tokenised.

    Raises:
        UserError: as for `draw_validation`.
    """
    drawn = draw_validation(held_out, len(plan["group_ids"].iloc[0]), seed=seed)
    return PlanBatches(drawn, held_out, encoder, params)


def draw_validation(pairs: pd.DataFrame, batch_size: int, *, seed: int) -> pd.DataFrame:
    """Return validation batches with the columns of `records.Batch`, the same for the same arguments.

    A data set gives at most `BATCHES_A_KIND` monolingual batches, one for each language before a second one for any,
    and as many cross-lingual ones, or as many as there are languages; parallel text gives only these. No pair is in
    two batches of a language. A batch has ``batch_size`` pairs, or as many as there are.

    Args:
        pairs: those to validate on, with the columns of `records.Pair` and ``dataset``.
        batch_size: pairs in a batch, at most.
        seed: what groups and languages are drawn with.

    Raises:
        UserError: no two groups share a language, and none has two.
    """
    rng = np.random.Generator(np.random.Philox(key=[seed, 0]))
    batches: list[tuple[Any, ...]] = []
    for dataset, table in pairs.groupby("dataset", sort=True):
        langs_of = table.groupby("group_id", sort=True)["lang"].agg(sorted)
        languages = sorted(table["lang"].unique())
        chosen = rng.permutation(len(languages))[:BATCHES_A_KIND]
        parallel_text = (table["query"] == table["passage"]).all()  # whose monolingual pairs say nothing
        whole = [] if parallel_text else [_draw_monolingual(rng, langs_of, languages[i]) for i in chosen]
        places = range(0, len(langs_of), batch_size)
        parts = [(kind, rows[place : place + batch_size]) for place in places for kind, rows in whole]
        drawn = [(kind, rows) for kind, rows in parts if len(rows) > 1][:BATCHES_A_KIND]
        drawn += [_draw_cross_lingual(rng, langs_of, batch_size) for _ in range(max(len(drawn), len(chosen)))]
        for kind, rows in drawn:
            if len(rows) > 1:
                columns = [list(column) for column in zip(*rows, strict=True)]
                batches.append((len(batches), kind, str(dataset), *columns))
    if not batches:
        raise UserError(
            f"training.validation_steps needs two groups to validate on that share a language, found none among "
            f"{len(pairs)} pairs; raise prepare.held_out_share, name a validation_set, or set validation_steps to 0"
        )
    return pd.DataFrame(batches, columns=Batch._fields)


def _draw_monolingual(
    rng: np.random.Generator, langs_of: pd.Series, language: str
) -> tuple[str, list[tuple[str, str, str]]]:
    """Return the kind, and (group, query language, passage language) of every group that has ``language``."""
    groups = [group for group, langs in langs_of.items() if language in langs]
    return "monolingual", [(groups[i], language, language) for i in rng.permutation(len(groups))]


def _draw_cross_lingual(
    rng: np.random.Generator, langs_of: pd.Series, batch_size: int
) -> tuple[str, list[tuple[str, str, str]]]:
    """Return the kind, and (group, query language, passage language) of groups that have two languages."""
    groups = [group for group, langs in langs_of.items() if len(langs) > 1]
    rows = []
    for i in rng.permutation(len(groups))[:batch_size]:
        first, second = rng.permutation(len(langs_of[groups[i]]))[:2]
        rows.append((groups[i], langs_of[groups[i]][first], langs_of[groups[i]][second]))
    return "cross_lingual", rows


class Validation(TrainerCallback):
    """Measures the validation loss, keeps the best weights, and stops the training.

    It has no state but the trainer's log: a run that goes on from a checkpoint decides as one that was never stopped.
    """

    def __init__(self, dual: DualEncoder, batches: PlanBatches, params: TrainingParams, folder: Path) -> None:
        """Take what is measured on ``batches``; the best weights are kept in ``folder``."""
        self.dual, self.batches, self.params, self.best = dual, batches, params, folder / BEST

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Measure where it is time, and decide."""
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
            control.should_save = False  # a run that went on from there would not know that it is over


def validation_loss(dual: DualEncoder, batches: PlanBatches, params: TrainingParams) -> float:
    """Return the mean loss of the batches, each counted once, dealt out over the processes."""
    total = torch.zeros((), device=dual.encoder.device)
    with torch.no_grad(), without_dropout(dual):
        for step in range(process_number(), len(batches), process_count()):
            batch = batches[step]
            total += batch_loss(dual.embed_all(batch.queries + batch.passages + batch.negatives), batch, params)
    return sum_over_processes(total).item() / len(batches)


@contextmanager
def without_dropout(model: nn.Module) -> Iterator[None]:
    """Compute without dropout within the block."""
    training = model.training
    model.eval()
    yield
    model.train(training)


def validations_since_best(losses: list[float]) -> int:
    """Return how many validations followed the lowest one; an equal loss is no better."""
    return len(losses) - 1 - losses.index(min(losses))


def save_trained(model: nn.Module, path: Path) -> None:
    """Write the weights that are trained."""
    weights = {name: value.detach().contiguous() for name, value in model.named_parameters() if value.requires_grad}
    with whole_file(path) as partial:
        save_file(weights, partial)


def load_trained(model: nn.Module, path: Path) -> None:
    """Set the weights that are trained to those of `save_trained`."""
    model.load_state_dict(load_file(path), strict=False)
