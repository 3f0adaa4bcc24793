"""Section ``training`` of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stages.hybrid.encoding.params import Precision
from stages.hybrid.ground.params import Section


class TrainingParams(Section):
    """How the encoder is fine-tuned.

    Word embeddings are most of a multilingual encoder's weights. Adapters (LoRA, arXiv 2106.09685) are merged into
    plain weights at the end. Mixing with the base is that of arXiv 2109.01903.

    Attributes:
        learning_rate: of AdamW, at its highest; above 0
        weight_decay: of AdamW; from 0
        warmup_share: share of the steps in which the learning rate rises from 0, to fall linearly to 0 later; 0 to 1
        max_grad_norm: longer gradients are scaled down to this L2 norm; 0 leaves them as they are
        dropout: share of the activations that is set to 0 at random; 0 to 1
        temperature: what cosines are divided by in the loss; above 0
        symmetric: whether the loss also runs from passages to queries
        query_length: tokens of a query that are read, its prompt included; from 8
        passage_length: tokens of a passage that are read, its prompt included; from 8
        word_embeddings: frozen, trained, or trimmed (only those of tokens in the plan's texts are trained and held)
        frozen_layers: number of lowest layers that are not trained, nor what is beneath them; from 0
        lora_rank: rank of adapters on the attention's queries and values, trained in place of the layers; 0 for none
        validation_steps: steps between two measurements of the loss on data/validation.parquet; 0 for none
        patience: validations without a new best before training stops and the best weights are kept; 0 for no stop
        base_share: share of the base's weights in the saved weights, the rest are the fine-tuned ones; 0 to 1
        precision: auto (bfloat16 if the processor multiplies in it, else float32), bfloat16 or float32
        tokens_per_micro_batch: tokens in one forward and backward pass, padding included; from 1
        tokens_in_memory: larger batches, in tokens of one process, are run twice with cached gradients; from 1
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
                f"frozen_layers is {self.frozen_layers} with word_embeddings {self.word_embeddings!r}, which lie "
                "beneath the layers; expected word_embeddings: frozen, or frozen_layers: 0"
            )
        if self.patience and not self.validation_steps:
            raise ValueError(
                f"patience is {self.patience} without validation; set validation_steps above 0, or patience to 0"
            )
        return self
