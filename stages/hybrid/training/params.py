"""Section ``training`` of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stages.hybrid.ground.params import Precision, Section


class TrainingParams(Section):
    """How the encoder is fine-tuned.

    Word embeddings are most of a multilingual encoder's weights. Adapters (LoRA, arXiv 2106.09685) are merged into the
    weights at the end. The average with the base (``base_share``) is that of arXiv 2109.01903.

    Attributes:
        learning_rate: AdamW's highest learning rate; above 0
        weight_decay: AdamW's weight decay; from 0
        warmup_share: share of the steps in which the learning rate rises, before it falls linearly; range: 0 to
            below 1
        max_grad_norm: gradients of a larger L2 norm are scaled down to this norm; 0 leaves them as they are
        dropout: share of the activations that is set to 0 at random; 0 to below 1
        temperature: what cosines are divided by in the loss; above 0
        symmetric: whether the loss also runs from passages to queries
        query_length: tokens of a query that are read, its prompt included; from 8
        passage_length: tokens of a passage that are read, its prompt included; from 8
        word_embeddings: frozen, trained, or trimmed (trained for the tokens in the plan's texts only, in less memory)
        frozen_layers: how many of the lowest layers are not trained, nor are word embeddings then; 0 to layers - 1
        lora_rank: rank of adapters on the attention's queries and values, trained instead of the layers; from 0 (none)
        validation_steps: steps between two measurements of the validation loss; 0 measures none
        patience: measurements without a new best validation loss after which training stops; 0 never stops
        base_share: weight of the base in the average of base and fine-tuned weights that is saved; 0 to below 1
        precision: auto (bfloat16 if the processor or GPU supports it, else float32), bfloat16 or float32
        tokens_per_micro_batch: tokens in one forward and backward pass, padding included; from 1
        tokens_in_memory: tokens whose activations a process keeps; the rest of a batch is run twice; from 1
        checkpoint_steps: steps between two checkpoints; from 1
    """

    learning_rate: Annotated[float, Field(gt=0)]
    weight_decay: Annotated[float, Field(ge=0)]
    warmup_share: Annotated[float, Field(ge=0, lt=1)]
    max_grad_norm: Annotated[float, Field(ge=0)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    temperature: Annotated[float, Field(gt=0)]
    symmetric: bool
    query_length: Annotated[int, Field(ge=8)]
    passage_length: Annotated[int, Field(ge=8)]
    word_embeddings: Literal["frozen", "trained", "trimmed"]
    frozen_layers: Annotated[int, Field(ge=0)]
    lora_rank: Annotated[int, Field(ge=0)]
    validation_steps: Annotated[int, Field(ge=0)]
    patience: Annotated[int, Field(ge=0)]
    base_share: Annotated[float, Field(ge=0, lt=1)]
    precision: Precision
    tokens_per_micro_batch: Annotated[int, Field(ge=1)]
    tokens_in_memory: Annotated[int, Field(ge=1)]
    checkpoint_steps: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.frozen_layers and self.word_embeddings != "frozen":
            raise ValueError(
                f"frozen_layers is {self.frozen_layers} with word_embeddings {self.word_embeddings!r}, expected frozen "
                "word embeddings beneath frozen layers; set word_embeddings to frozen, or frozen_layers to 0"
            )
        if self.patience and not self.validation_steps:
            raise ValueError(
                f"patience is {self.patience} without validation; set validation_steps above 0, or patience to 0"
            )
        return self
