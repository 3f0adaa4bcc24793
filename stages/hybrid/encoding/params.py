"""Section ``encoder`` of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stages.hybrid.ground.params import Section


class EncoderParams(Section):
    """How texts are encoded, except in training. Embeddings are saved in float16, unless precision is float32.

    Attributes:
        max_length: tokens of a text that are read, its prompt included; from 8
        precision: auto (bfloat16 if the processor or GPU supports it, else float32), int8, bfloat16 or float32
        tokens_per_batch: tokens in one forward pass, padding included; at least max_length
    """

    max_length: Annotated[int, Field(ge=8)]
    precision: Literal["auto", "int8", "bfloat16", "float32"]
    tokens_per_batch: int

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.tokens_per_batch < self.max_length:
            raise ValueError(
                f"tokens_per_batch is {self.tokens_per_batch}, expected at least max_length, {self.max_length}, for "
                "a batch of one text; raise it, or lower max_length"
            )
        return self
