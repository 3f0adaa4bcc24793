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
