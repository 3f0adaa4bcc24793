"""Section ``base`` of params.yaml."""

from typing import Literal, NamedTuple, Self

from pydantic import model_validator

from stages.hybrid.ground.params import Section

PACKAGED = "multilingual-e5-small"
WEIGHTS = {  # where an encoder's weights come from, by source
    "packaged": "Its 4-bit weights come from a Python package and are restored to float32. What this costs in quality "
    "was not measured, because the original weights were not available.",
    "hub": "Its weights are those on the Hugging Face hub.",
    "folder": "Its weights come from a folder of the user's.",
}


class Labelled(NamedTuple):
    """The labelled data that an encoder was trained on before this project trains it."""

    datasets: str
    words: str  # where this is written, and what follows from it


# What known encoders have seen, by the last part of their name.
# Of multilingual-e5-small, a summary of table 2 of arXiv 2402.05672 was read, not the paper itself. The benchmark MTEB
# also lists MS MARCO, NQ, SQuAD, FEVER, HotpotQA, MIRACL and Mr. TyDi (its pull requests 2065, 2552).
LABELLED = {
    PACKAGED: Labelled(
        "MS MARCO, NQ, TriviaQA, SQuAD, NLI, ELI5, NLLB, DuReader, FEVER, HotpotQA, Quora, Mr. TyDi, MIRACL",
        "The data of its second stage of training, by table 2 of arXiv 2402.05672. We read this in a summary and, in "
        "part, in MTEB's list, not in the paper. XQuAD-R's questions are translations from SQuAD's development set. So "
        "the base has seen SQuAD's training part.",
    )
}


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

    @property
    def short_name(self) -> str:
        """The last part of the name. The path of a folder would mean nothing to a reader."""
        return self.name.rstrip("/").split("/")[-1]

    @property
    def title(self) -> str:
        """The name as it is shown, with the source and the revision."""
        origin = f"{self.source}, revision {self.revision}" if self.revision else self.source
        return f"{self.short_name} ({origin})"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.source == "packaged" and self.name != PACKAGED:
            raise ValueError(f"name is {self.name!r}, but only {PACKAGED} is packaged; set source to hub or folder")
        if self.source == "hub" and not self.revision:
            raise ValueError("revision is empty; give the commit of the hub's model, so that a run can be repeated")
        return self
