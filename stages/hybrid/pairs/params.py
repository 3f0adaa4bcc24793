"""Section ``prepare`` of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from stages.hybrid.ground.params import Section


class PrepareParams(Section):
    """How training pairs are prepared.

    Attributes:
        held_out_share: share of the pages that is kept out of training for validation; at least 0, below 1
        leaks: training pairs that hold a text of a benchmark: stop (end the run), drop (leave out) or allow (keep)
    """

    held_out_share: Annotated[float, Field(ge=0, lt=1)]
    leaks: Literal["stop", "drop", "allow"]
