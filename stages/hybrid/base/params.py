"""Section ``base`` of params.yaml."""

from typing import Literal, Self

from pydantic import model_validator

from stages.hybrid.ground.params import Section

PACKAGED = "multilingual-e5-small"


class BaseParams(Section):
    """Which encoder to start from.

    Attributes:
        source: packaged (from Python packages, without a hub), hub (Hugging Face) or folder (a model on this machine)
        name: multilingual-e5-small if source is packaged, the name on the hub, or the path of the folder
        revision: commit of the model on the hub, so that a run can be repeated; needed for hub, not used otherwise
    """

    source: Literal["packaged", "hub", "folder"]
    name: str
    revision: str

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.source == "packaged" and self.name != PACKAGED:
            raise ValueError(f"name is {self.name!r}, but only {PACKAGED} is packaged; set source to hub or folder")
        if self.source == "hub" and not self.revision:
            raise ValueError("revision is empty; give the commit of the hub's model, so that a run can be repeated")
        return self
