"""What every model is held against, and where their figures lie."""

from dataclasses import dataclass
from pathlib import Path

from stages.hybrid.ground.errors import UserError

LEXICAL = ("random", "bm25")  # systems without a model
ADJUSTMENTS = ("centred", "centred_training", "lir")  # of a model's embeddings
WITHOUT_MODEL = "baseline"  # stands in a model's place in the folders of LEXICAL


@dataclass(frozen=True)
class BaselinesSettings:
    """What every model is held against.

    Attributes:
        names: The baselines. ``random`` and ``bm25`` rank each benchmark; the others are of every model: ``centred``
            takes each language's mean from the benchmark's own unlabelled text, ``centred_training`` from training
            text, and ``lir`` removes each language's main directions, found in the benchmark's own unlabelled text.
        training_texts: Number of training queries, and of passages, of each language that ``centred_training`` takes.
        lir_directions: Number of directions of each language that ``lir`` removes.
    """

    names: list[str]
    training_texts: int
    lir_directions: int

    def __post_init__(self) -> None:
        unknown = set(self.names) - {*LEXICAL, *ADJUSTMENTS}
        if unknown:
            raise UserError(f"names holds {min(unknown)!r}, expected some of {', '.join((*LEXICAL, *ADJUSTMENTS))}")
        if min(self.training_texts, self.lir_directions) < 1:
            raise UserError(
                f"training_texts is {self.training_texts} and lir_directions {self.lir_directions}, expected 1 or more"
            )


def adjusted_name(model: str, adjustment: str) -> str:
    """Return the name of a model's system with an adjustment: ``base+centred``."""
    return f"{model}+{adjustment}"


def find_systems(scores: Path, models: list[str], *, benchmark: str) -> dict[str, Path]:
    """Return, by name, the folder of each system that was scored on ``benchmark``, in the order in which it is shown.

    Folders are relative to ``scores``, and the same below the folder of bias measures. A model comes before its
    adjusted systems; `WITHOUT_MODEL` among the models stands for ``random`` and ``bm25``.
    """
    found: dict[str, Path] = {}
    for model in models:
        own = Path(model, benchmark)
        below = {adjusted_name(model, kind): own / kind for kind in ADJUSTMENTS}
        if model == WITHOUT_MODEL:
            below = {name: own / name for name in LEXICAL}
        else:
            found[model] = own
        found |= {name: path for name, path in below.items() if (scores / path).is_dir()}
    return found
