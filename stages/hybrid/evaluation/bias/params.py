"""Section ``bias`` of params.yaml."""

from typing import Annotated

from pydantic import Field

from stages.hybrid.ground.params import Section


class BiasParams(Section):
    """How deep language bias is looked for.

    Attributes:
        top_k: passages at the top of the pool whose languages are counted; from 1
    """

    top_k: Annotated[int, Field(ge=1)]
