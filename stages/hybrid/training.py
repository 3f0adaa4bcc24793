"""Fine-tuning along a plan: transformers' trainer, one row of the plan a step, from checkpoints that survive a kill."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import ProgressCallback

from stages.hybrid.encoder import PRECISIONS, embed_tokens, length_batches, tokenize, use_bfloat16
from stages.hybrid.errors import UserError
from stages.hybrid.loss import in_batch_infonce, known_positives, symmetric_infonce

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

COMPLETE = "complete"  # written last into a checkpoint; one without it was cut off


@dataclass(frozen=True)
class TrainingSettings:
    """How the encoder is fine-tuned.

    ``warmup_share``: share of the steps in which the learning rate rises from 0; it falls linearly to 0 afterwards.
    ``temperature``: what cosines are divided by in the loss. ``symmetric``: the loss also runs from passages to
    queries.
    ``query_length``, ``passage_length``: tokens that are read, prompt included.
    ``train_word_embeddings``: false leaves the word embeddings as they are, most of a multilingual encoder's weights.
    ``base_share``: in [0, 1); the saved weights are this share of the base's and the rest of the fine-tuned ones'.
    ``tokens_in_memory``: a batch of more tokens, padding included, is run twice with cached gradients instead of kept
    whole.
    """

    learning_rate: float
    weight_decay: float
    warmup_share: float
    temperature: float
    symmetric: bool
    query_length: int
    passage_length: int
    train_word_embeddings: bool
    base_share: float
    precision: str
    tokens_per_micro_batch: int
    tokens_in_memory: int
    checkpoint_steps: int

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise UserError(f"precision is {self.precision!r}, expected one of {', '.join(PRECISIONS)}")
        for name in ("learning_rate", "temperature", "checkpoint_steps", "tokens_per_micro_batch", "tokens_in_memory"):
            if getattr(self, name) <= 0:
                raise UserError(f"{name} is {getattr(self, name)}, expected a number above 0")
        for name in ("warmup_share", "base_share"):
            if not 0 <= getattr(self, name) < 1:
                raise UserError(f"{name} is {getattr(self, name)}, expected a share of at least 0 and below 1")
        if min(self.query_length, self.passage_length) < 8:
            raise UserError(
                f"query_length is {self.query_length}, passage_length {self.passage_length}, expected at least 8"
            )


@dataclass(frozen=True)
class TrainingBatch:
    """A row of the plan with its tokens; every field has an entry a pair."""

    queries: list[list[int]]
    passages: list[list[int]]
    masked: Tensor  # (pairs, pairs), bool; True: no fair negative


class PlanBatches(Dataset[TrainingBatch]):
    """The plan's batches, tokenised; item i is the whole batch of step i."""

    def __init__(
        self, plan: pd.DataFrame, pairs: pd.DataFrame, encoder: "SentenceTransformer", settings: TrainingSettings
    ):
        """Tokenise each text that the plan uses, once.

        Args:
            plan: the columns of `sampler.Batch`.
            pairs: the columns of `records.Pair`, ``twin_id`` and ``dataset``.
            encoder: whose tokenizer and prompts are used.
            settings: the texts' lengths.
        """
        self._plan = plan
        self._rows = {
            key: row for row, key in enumerate(zip(pairs["dataset"], pairs["group_id"], pairs["lang"], strict=True))
        }
        self._codes = [torch.from_numpy(pd.factorize(pairs[c])[0]) for c in ("group_id", "page_id", "twin_id")]
        used = sorted({row for step in range(len(plan)) for side in self._rows_of(step) for row in side})
        texts = pairs.iloc[used]
        queries = tokenize(encoder, texts["query"].tolist(), prompt="query", max_length=settings.query_length)
        passages = tokenize(encoder, texts["passage"].tolist(), prompt="passage", max_length=settings.passage_length)
        self._queries = dict(zip(used, queries, strict=True))
        self._passages = dict(zip(used, passages, strict=True))

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self._plan)

    def __getitem__(self, step: int) -> TrainingBatch:
        """Return the batch of ``step``."""
        queries, passages = self._rows_of(step)
        masked = known_positives(*(codes[torch.tensor(passages)] for codes in self._codes))
        return TrainingBatch([self._queries[r] for r in queries], [self._passages[r] for r in passages], masked)

    def _rows_of(self, step: int) -> tuple[list[int], list[int]]:
        """Return the rows of ``pairs`` that give the queries and the passages."""
        batch = self._plan.iloc[step]
        sides = []
        for langs in (batch["query_langs"], batch["passage_langs"]):
            keys = [(batch["dataset"], group, lang) for group, lang in zip(batch["group_ids"], langs, strict=True)]
            missing = next((key for key in keys if key not in self._rows), None)
            if missing:
                raise UserError(
                    f"the plan's step {step} asks for {missing}, which the pairs do not hold; run the batch stage again"
                )
            sides.append([self._rows[key] for key in keys])
        return sides[0], sides[1]


class DualEncoder(nn.Module):
    """One encoder for queries and passages, called on lists of token ids."""

    def __init__(self, encoder: "SentenceTransformer", settings: TrainingSettings) -> None:
        """Take ``encoder`` and set what of it is trained."""
        super().__init__()
        self.encoder = encoder
        self.tokens_per_micro_batch = settings.tokens_per_micro_batch
        self.in_bfloat16 = use_bfloat16(settings.precision, encoder.device)
        words: Any = encoder[0].model
        if encoder.device.type == "cpu":
            words.set_attn_implementation(
                "eager"
            )  # the fused attention's backward pass is several times slower on a CPU
        words.get_input_embeddings().weight.requires_grad_(settings.train_word_embeddings)
        if getattr(words, "pooler", None) is not None:
            words.pooler.requires_grad_(False)  # not part of the sentence embedding

    def micro_batches(self, tokens: list[list[int]]) -> list[list[int]]:
        """Return positions of ``tokens`` in batches of like length."""
        return list(length_batches([len(text) for text in tokens], self.tokens_per_micro_batch))

    def forward(self, tokens: list[list[int]]) -> Tensor:
        """Return L2-normalised embeddings, shape (texts, dim), float32."""
        return embed_tokens(self.encoder, tokens, bfloat16=self.in_bfloat16)

    def embed_all(self, tokens: list[list[int]]) -> Tensor:
        """Return the embeddings of any number of texts, micro-batch by micro-batch, in the order of ``tokens``."""
        batches = self.micro_batches(tokens)
        found = torch.cat([self([tokens[i] for i in batch]) for batch in batches])
        order = torch.tensor([i for batch in batches for i in batch], device=found.device)
        return torch.empty_like(found).index_copy(0, order, found)


class PlanTrainer(Trainer):
    """Follows the plan in order, one row a step."""

    def __init__(self, *args: Any, settings: TrainingSettings, **kwargs: Any) -> None:
        """Take the trainer's arguments and the loss's settings."""
        super().__init__(*args, **kwargs)
        self.settings = settings

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return the plan in its own order: neither shuffled nor dealt out over processes."""
        dataset: Any = self.train_dataset
        return DataLoader(dataset, batch_size=1, shuffle=False, collate_fn=_alone)

    def compute_loss(self, model: nn.Module, inputs: Any, *args: Any, **kwargs: Any) -> Tensor:
        """Return the batch's loss; a batch of too many tokens is run twice, with cached gradients."""
        batch: TrainingBatch = inputs["batch"]
        dual = self.accelerator.unwrap_model(model)
        tokens = batch.queries + batch.passages
        if (
            sum(len(b) * max(len(tokens[i]) for i in b) for b in dual.micro_batches(tokens))
            > self.settings.tokens_in_memory
        ):
            return cached_loss(dual, batch, self.settings)
        return batch_loss(dual.embed_all(tokens), batch, self.settings)


def batch_loss(embeddings: Tensor, batch: TrainingBatch, settings: TrainingSettings) -> Tensor:
    """Return the loss of a batch from its embeddings, queries first, shape (2 * pairs, dim)."""
    queries, passages = embeddings.chunk(2)
    loss = symmetric_infonce if settings.symmetric else in_batch_infonce
    masked = batch.masked.to(embeddings.device) if batch.masked.any() else None
    return loss(queries, passages, temperature=settings.temperature, masked=masked)


def cached_loss(dual: DualEncoder, batch: TrainingBatch, settings: TrainingSettings) -> Tensor:
    """Return the loss of `batch_loss`, in memory that does not grow with the batch, for a second forward pass.

    The gradients of the embeddings are computed first, then carried into the weights one micro-batch at a time, when
    the returned loss is run backward. Source: arXiv 2101.06983 (GradCache).
    """
    tokens = batch.queries + batch.passages
    with torch.no_grad():
        embeddings = dual.embed_all(tokens)
    embeddings.requires_grad_()
    loss = batch_loss(embeddings, batch, settings)
    (cache,) = torch.autograd.grad(loss, embeddings)
    result = loss.detach().requires_grad_()

    def carry_gradients(scale: Tensor) -> None:
        with torch.enable_grad():
            for part in dual.micro_batches(tokens):
                (dual([tokens[i] for i in part]) * cache[part] * scale).sum().backward()

    result.register_hook(carry_gradients)
    return result


class _MarkComplete(TrainerCallback):
    """Marks a checkpoint as whole once all of it is written."""

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        Path(args.output_dir or ".", f"checkpoint-{state.global_step}", COMPLETE).touch()


class _LossOnBar(ProgressCallback):
    """Shows the newest loss on the progress bar, in place of a line a step."""

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        bar: Any = self.training_bar
        if bar is not None and logs and "loss" in logs:
            bar.set_postfix_str(f"loss {float(logs['loss']):.3f}", refresh=False)


def newest_checkpoint(folder: Path) -> Path | None:
    """Return the newest whole checkpoint in ``folder``; deletes those that a kill cut off."""
    whole = []
    for path in folder.glob("checkpoint-*"):
        if (path / COMPLETE).exists():
            whole.append(path)
        else:
            shutil.rmtree(path)
    return max(whole, key=lambda path: int(path.name.split("-")[1]), default=None)


def finetune(
    encoder: "SentenceTransformer", batches: PlanBatches, *, settings: TrainingSettings, checkpoints: Path, seed: int
) -> pd.DataFrame:
    """Train ``encoder`` in place along the plan; goes on from the newest whole checkpoint.

    Returns:
        The training curve: step (from 1), loss, learning_rate, grad_norm.
    """
    resume = newest_checkpoint(checkpoints)
    base = {name: value.clone() for name, value in encoder.state_dict().items()} if settings.base_share else {}
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        max_steps=len(batches),
        per_device_train_batch_size=1,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warmup_steps=round(settings.warmup_share * len(batches)),
        lr_scheduler_type="linear",
        optim="adamw_torch_fused",
        logging_steps=1,
        save_steps=settings.checkpoint_steps,
        save_total_limit=1,
        report_to=[],
        seed=seed,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )
    trainer = PlanTrainer(
        model=DualEncoder(encoder, settings),
        args=arguments,
        train_dataset=batches,
        settings=settings,
        callbacks=[_MarkComplete()],
    )
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(_LossOnBar)
    turn_off_dropout(encoder)
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    mix_weights(encoder, base, settings.base_share)
    return pd.DataFrame(_curve(trainer.state.log_history))


def turn_off_dropout(module: nn.Module) -> None:
    """Set every dropout's rate to 0."""
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0


def mix_weights(encoder: nn.Module, base: dict[str, Tensor], share: float) -> None:
    """Set the weights to ``share`` of the base's and the rest of their own (arXiv 2109.01903)."""
    if share:
        with torch.no_grad():
            for name, value in encoder.state_dict().items():
                if value.is_floating_point():
                    value.lerp_(base[name].to(value), share)


def _curve(history: list[dict[str, float]]) -> Iterator[dict[str, float]]:
    for row in history:
        if "loss" in row:
            yield {key: row[key] for key in ("step", "loss", "learning_rate", "grad_norm")}


def _alone(batches: list[TrainingBatch]) -> dict[str, TrainingBatch]:
    return {"batch": batches[0]}
