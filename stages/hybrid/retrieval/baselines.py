"""The systems that models are compared with, and where their figures lie."""

from pathlib import Path

LEXICAL = ("random", "bm25")  # systems without a model
ADJUSTMENTS = ("centred", "centred_training", "lir")  # of a model's embeddings
WITHOUT_MODEL = "baseline"  # stands in a model's place in the folders of LEXICAL


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
