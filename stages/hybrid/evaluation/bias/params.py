"""Section ``bias`` of params.yaml."""

from typing import Annotated

from pydantic import Field

from stages.hybrid.ground.params import Section


class BiasParams(Section):
    """How language bias is measured.

    Attributes:
        top_k: number of top passages per query whose languages are counted; from 1
    """

    top_k: Annotated[int, Field(ge=1)]

    def check_run_depth(self, run_depth: int) -> None:
        """Check that runs of ``run_depth`` passages per query have the passages that are counted.

        Raises:
            ValueError: They are too short.
        """
        if self.top_k > run_depth:
            raise ValueError(
                f"bias.top_k is {self.top_k}, expected at most measures.run_depth, {run_depth}; lower it, or raise "
                "run_depth"
            )
