"""Fine-tuning with the trainer of transformers: each step trains on one row of the plan."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from stages.hybrid.encoding.progress import Progress
from stages.hybrid.training.checkpoints import MarkComplete, newest_checkpoint
from stages.hybrid.training.dual_encoder import DualEncoder, fast_attention, training_loss
from stages.hybrid.training.params import TrainingParams
from stages.hybrid.training.plan_batches import PlanBatches, TrainingBatch
from stages.hybrid.training.processes import first_before_the_rest, join_processes, on_cpu, sum_gradients, wait_for_all
from stages.hybrid.training.trainable import trained_parts
from stages.hybrid.training.validation import BEST, Validation, load_trained

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

CURVE_COLUMNS = ["step", "loss", "learning_rate", "grad_norm"]  # of what the trainer logs


class OneDevice(TrainingArguments):
    """The trainer's arguments with one device per process. A batch is never divided over the devices of one process."""

    @property
    def n_gpu(self) -> int:
        """Return 1 if there is a GPU, else 0."""
        return min(super().n_gpu, 1)


class PlanTrainer(Trainer):
    """Trains on the plan's batches in their order, one per step."""

    def __init__(self, *args: Any, params: TrainingParams, **kwargs: Any) -> None:
        """Take the arguments of ``Trainer``, and the params of the loss."""
        super().__init__(*args, **kwargs)
        self.params = params

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return the plan's batches in their order. Every process gets the whole batches."""
        dataset: Any = self.train_dataset
        return DataLoader(dataset, batch_size=1, shuffle=False, collate_fn=_alone)

    def compute_loss(self, model: nn.Module, inputs: Any, *args: Any, **kwargs: Any) -> Tensor:
        """Return the batch's loss."""
        # unwrapped, because the wrapper for several processes would average the gradients, which must be summed
        return training_loss(self.accelerator.unwrap_model(model), inputs["batch"], self.params)

    def training_step(self, model: nn.Module, *args: Any, **kwargs: Any) -> Tensor:
        """Compute a batch's gradients and return its loss."""
        loss = super().training_step(model, *args, **kwargs)
        sum_gradients(model)
        return loss


class _ShowProgress(TrainerCallback):
    """Shows how far the training is, with the newest loss."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._progress = Progress("training", state.max_steps, "steps", done=state.global_step)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        if logs and "loss" in logs and state.is_world_process_zero:
            self._progress.advance(note=f"loss {float(logs['loss']):.3f}")


def finetune(
    encoder: "SentenceTransformer",
    batches: PlanBatches,
    *,
    validation: PlanBatches | None = None,
    params: TrainingParams,
    checkpoints: Path,
    seed: int,
) -> pd.DataFrame:
    """Train ``encoder`` in place on the plan's batches. A run that was stopped resumes from its newest checkpoint.

    If a launcher started several processes, each calls this with the same arguments and ends with the same weights.

    Args:
        encoder: a sentence-transformers model.
        batches: one per step.
        validation: the batches of the validation loss; None if it is not measured.
        params: how to train.
        checkpoints: the folder of this run's checkpoints.
        seed: dropout and the adapters' first weights are drawn from it.

    Returns:
        The training curve, with the columns step (from 1), loss, learning_rate, grad_norm (L2, before it is clipped)
        and validation_loss (NaN if not measured at this step).

    Raises:
        UserError: The encoder has too few layers to freeze, or its attention does not fit adapters.
    """
    join_processes()
    with first_before_the_rest():
        resume = newest_checkpoint(checkpoints)
    base = keep_weights(encoder, params)
    with trained_parts(encoder, params, tokens=batches.token_ids(), seed=seed), fast_attention(encoder):
        dual = DualEncoder(encoder, params)
        arguments = _arguments(params, steps=len(batches), checkpoints=checkpoints, seed=seed)
        trainer = _make_trainer(dual, batches, params=params, arguments=arguments)
        if validation is not None:
            trainer.add_callback(Validation(dual, validation, params, checkpoints))
        trainer.train(resume_from_checkpoint=str(resume) if resume else None)
        wait_for_all()
        if validation is not None and params.patience:
            load_trained(dual, checkpoints / BEST)
    mix_weights(encoder, base, params.base_share)
    wait_for_all()  # the caller may delete the checkpoints
    return _curve(trainer.state.log_history)


def _make_trainer(
    dual: DualEncoder, batches: PlanBatches, *, params: TrainingParams, arguments: TrainingArguments
) -> PlanTrainer:
    """Return a trainer that marks complete checkpoints, and shows its progress."""
    trainer = PlanTrainer(model=dual, args=arguments, train_dataset=batches, params=params, callbacks=[MarkComplete()])
    trainer.remove_callback(PrinterCallback)  # it prints a line per step
    trainer.add_callback(_ShowProgress)
    return trainer


def _arguments(params: TrainingParams, *, steps: int, checkpoints: Path, seed: int) -> TrainingArguments:
    return OneDevice(
        output_dir=str(checkpoints),
        max_steps=steps,
        per_device_train_batch_size=1,
        learning_rate=params.learning_rate,
        weight_decay=params.weight_decay,
        warmup_steps=round(params.warmup_share * steps),
        lr_scheduler_type="linear",
        max_grad_norm=params.max_grad_norm,  # if it is 0, the trainer clips nothing, but still logs the norm
        optim="adamw_torch_fused",
        logging_steps=1,
        save_steps=params.checkpoint_steps,
        report_to=[],
        use_cpu=on_cpu(),
        seed=seed,
        remove_unused_columns=False,
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )


def keep_weights(encoder: nn.Sequential, params: TrainingParams) -> dict[str, Tensor]:
    """Return a copy of the weights that `mix_weights` changes; empty if ``params.base_share`` is 0.

    Frozen word embeddings are left out, because training does not change them. They are most of the memory.
    """
    if not params.base_share:
        return {}
    words: Any = encoder[0].model
    frozen = words.get_input_embeddings().weight.data_ptr() if params.word_embeddings == "frozen" else None
    weights = {name: value for name, value in encoder.state_dict().items() if value.is_floating_point()}
    return {name: value.clone() for name, value in weights.items() if value.data_ptr() != frozen}


def mix_weights(encoder: nn.Module, base: dict[str, Tensor], share: float) -> None:
    """Set each weight that ``base`` has to share * base + (1 - share) * its own value.

    Source: arXiv 2109.01903.
    """
    if share:
        with torch.no_grad():
            for name, value in encoder.state_dict().items():
                if name in base:
                    value.lerp_(base[name].to(value), share)


def _curve(history: list[dict[str, float]]) -> pd.DataFrame:
    """Return the training curve from the trainer's log."""
    validation = {row["step"]: row["validation_loss"] for row in history if "validation_loss" in row}
    curve = pd.DataFrame([row for row in history if "loss" in row], columns=CURVE_COLUMNS)
    return curve.assign(validation_loss=curve["step"].map(validation).astype(float))


def _alone(batches: list[TrainingBatch]) -> dict[str, TrainingBatch]:
    return {"batch": batches[0]}
