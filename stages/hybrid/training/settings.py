"""How the encoder is fine-tuned, as params.yaml says it."""

from dataclasses import dataclass

from stages.hybrid.encoding.model import PRECISIONS
from stages.hybrid.ground.errors import UserError

WORD_EMBEDDINGS = ("frozen", "trained", "trimmed")
ABOVE_ZERO = ("learning_rate", "temperature", "checkpoint_steps", "tokens_per_micro_batch", "tokens_in_memory")
AT_LEAST_ZERO = ("weight_decay", "frozen_layers", "lora_rank", "validation_steps", "patience")


@dataclass(frozen=True)
class TrainingSettings:
    """How the encoder is fine-tuned.

    ``warmup_share``: share of the steps in which the learning rate rises from 0; it falls linearly to 0 afterwards.
    ``temperature``: what cosines are divided by in the loss. ``symmetric``: the loss also runs from passages to
    queries.
    ``query_length``, ``passage_length``: tokens that are read, prompt included.
    ``word_embeddings``, most of a multilingual encoder's weights: ``frozen`` leaves them as they are; ``trained``
    trains them; ``trimmed`` trains those of the tokens in the plan's texts, in memory for these only.
    ``frozen_layers``: so many of the lowest layers stay as they are, and all that is beneath them.
    ``lora_rank``: above 0, the layers are trained through LoRA adapters of that rank on the attention's queries and
    values, which are merged into plain weights at the end.
    ``validation_steps``: above 0, the loss on data/validation.parquet (the pairs held out, or those of the benchmark
    that ``validation_set`` names) is measured every so many steps, and after the last.
    ``patience``: above 0, training stops after so many validations without a new best, and the best weights are kept.
    ``base_share``: in [0, 1); the saved weights are this share of the base's and the rest of the fine-tuned ones'.
    ``tokens_in_memory``: a batch of more tokens on a process, padding included, is run twice with cached gradients
    instead of kept whole.
    """

    learning_rate: float
    weight_decay: float
    warmup_share: float
    temperature: float
    symmetric: bool
    query_length: int
    passage_length: int
    word_embeddings: str
    frozen_layers: int
    lora_rank: int
    validation_steps: int
    patience: int
    base_share: float
    precision: str
    tokens_per_micro_batch: int
    tokens_in_memory: int
    checkpoint_steps: int

    def __post_init__(self) -> None:
        for name, known in (("precision", PRECISIONS), ("word_embeddings", WORD_EMBEDDINGS)):
            if getattr(self, name) not in known:
                raise UserError(f"{name} is {getattr(self, name)!r}, expected one of {', '.join(known)}")
        for name in ABOVE_ZERO:
            if getattr(self, name) <= 0:
                raise UserError(f"{name} is {getattr(self, name)}, expected a number above 0")
        for name in AT_LEAST_ZERO:
            if getattr(self, name) < 0:
                raise UserError(f"{name} is {getattr(self, name)}, expected at least 0")
        for name in ("warmup_share", "base_share"):
            if not 0 <= getattr(self, name) < 1:
                raise UserError(f"{name} is {getattr(self, name)}, expected a share of at least 0 and below 1")
        if min(self.query_length, self.passage_length) < 8:
            raise UserError(
                f"query_length is {self.query_length}, passage_length {self.passage_length}, expected at least 8"
            )
        self._check_combinations()

    def _check_combinations(self) -> None:
        if self.frozen_layers and self.word_embeddings != "frozen":
            raise UserError(
                f"frozen_layers is {self.frozen_layers} with word_embeddings {self.word_embeddings!r}, which lie "
                "beneath them; expected word_embeddings: frozen, or frozen_layers: 0"
            )
        if self.patience and not self.validation_steps:
            raise UserError(
                f"patience is {self.patience} without a validation; set validation_steps above 0, or patience to 0"
            )
