"""Section ``prepare`` of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from stages.hybrid.ground.params import Section


class PrepareParams(Section):
    """How training pairs are prepared.

    Attributes:
        held_out_share: share of the pages that is kept out of training, for validation; 0 to below 1
        leaks: if a training pair has a text of a benchmark: stop ends the run, drop leaves its whole group out, in all
            languages, allow keeps it
    """

    held_out_share: Annotated[float, Field(ge=0, lt=1)]
    leaks: Literal["stop", "drop", "allow"]
