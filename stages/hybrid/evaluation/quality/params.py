"""Section ``measures`` of params.yaml."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from stages.hybrid.ground.params import Section


class MeasuresParams(Section):
    """Which measures are computed.

    Attributes:
        cutoffs: the k of recall@k and success@k, in ascending order; must have 10, because the report shows recall@10
        run_depth: number of passages per query in the TREC run; from 1
    """

    cutoffs: list[int]
    run_depth: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if 10 not in self.cutoffs or min(self.cutoffs) < 1 or sorted(set(self.cutoffs)) != self.cutoffs:
            raise ValueError(f"cutoffs is {self.cutoffs}, expected ranks from 1 in ascending order, with 10")
        return self
