"""Sections ``index``, ``negatives`` and ``baselines`` of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stages.hybrid.ground.params import Section


class IndexParams(Section):
    """How the passages are indexed.

    Attributes:
        kind: exact (a query is compared with every passage), approximate (with those of near cells), auto (by size)
        approximate_from: number of passages from which auto is approximate; from 1
    """

    kind: Literal["auto", "exact", "approximate"]
    approximate_from: Annotated[int, Field(ge=1)]


class NegativesParams(Section):
    """Which hard negatives are mined.

    Attributes:
        per_query: hard negatives of a query at most; 0 mines none
        language: same (among passages of the query's language) or any (among all)
        margin: how far a negative's cosine is below the positive's, at least; -2 (no margin) to 2
        depth: nearest passages that are looked at; at least per_query
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
        names: random and bm25 rank without a model; centred, centred_training and lir adjust each model's embeddings
        training_texts: training queries, and passages, of each language that centred_training averages; from 1
        lir_directions: main directions of each language that lir removes; from 1
    """

    names: list[Literal["random", "bm25", "centred", "centred_training", "lir"]]
    training_texts: Annotated[int, Field(ge=1)]
    lir_directions: Annotated[int, Field(ge=1)]
