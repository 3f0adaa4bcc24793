"""Sections ``index``, ``negatives`` and ``baselines`` of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stages.hybrid.ground.params import Section

# MODEL_FREE and ADJUSTMENTS, by a test
Baseline = Literal["random", "bm25", "fair", "centred", "centred_training", "lir"]


class IndexParams(Section):
    """How the passages are indexed.

    Attributes:
        kind: exact (a query is compared with every passage), approximate (with those in clusters near it) or auto
            (exact below approximate_from passages)
        approximate_from: number of passages from which auto is approximate; from 1
    """

    kind: Literal["auto", "exact", "approximate"]
    approximate_from: Annotated[int, Field(ge=1)]


class NegativesParams(Section):
    """Which hard negatives are mined, and how many.

    Attributes:
        per_query: greatest number of hard negatives per query; 0 mines none
        language: which passages can be hard negatives: same (those in the query's language) or any (all)
        margin: by how much a negative's cosine must be below the positive's; -2 (allows every cosine) to 2
        depth: how many of the passages nearest to a query can be its negatives; at least per_query
    """

    per_query: Annotated[int, Field(ge=0)]
    language: Literal["same", "any"]
    margin: Annotated[float, Field(ge=-2, le=2)]
    depth: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.per_query > self.depth:
            raise ValueError(f"depth is {self.depth}, expected at least per_query, {self.per_query}")
        return self


class BaselinesParams(Section):
    """Which systems the models are compared with.

    Attributes:
        names: random, bm25 and fair rank without a model (fair is perfect and prefers no language: the yardstick of
            bias measures); centred, centred_training and lir adjust each model's embeddings
        training_texts: number of training queries per language, and of passages, that centred_training averages; from 1
        lir_directions: number of main directions per language that lir removes; from 1
    """

    names: list[Baseline]
    training_texts: Annotated[int, Field(ge=1)]
    lir_directions: Annotated[int, Field(ge=1)]
