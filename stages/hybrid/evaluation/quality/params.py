"""Section ``measures`` of params.yaml."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from stages.hybrid.ground.params import Section


class MeasuresParams(Section):
    """What is measured.

    Attributes:
        cutoffs: the k of recall@k and success@k, rising; 10 must be among them, because the summary shows recall@10
        run_depth: passages of each query that the TREC run keeps; from 1
    """

    cutoffs: list[int]
    run_depth: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if 10 not in self.cutoffs or min(self.cutoffs) < 1 or sorted(set(self.cutoffs)) != self.cutoffs:
            raise ValueError(f"cutoffs is {self.cutoffs}, expected rising ranks from 1 up, 10 among them")
        return self
