"""The names of the systems that models are compared with, and the folders of their scores."""

from pathlib import Path

FAIR = "fair"  # ranks by the judgements and prefers no language: the yardstick of bias measures, not of quality
MODEL_FREE = ("random", "bm25", FAIR)  # systems that rank without a model
ADJUSTMENTS = ("centred", "centred_training", "lir")  # what can be done with a model's embeddings
WITHOUT_MODEL = "baseline"  # folder of the systems in MODEL_FREE, in place of a model's name


def adjusted_name(model: str, adjustment: str) -> str:
    """Return the name of the system that is a model with an adjustment, such as ``base+centred``.

    Without an adjustment (``""``), it is the model's name.
    """
    return f"{model}+{adjustment}" if adjustment else model


def split_name(system: str) -> tuple[str, str]:
    """Return the model and the adjustment of a system; the adjustment is ``""`` if it has none. See `adjusted_name`."""
    model, _, adjustment = system.partition("+")
    return model, adjustment


def centred_name(model: str) -> str:
    """Return the name of a model's centred system: ``base+centred``."""
    return adjusted_name(model, "centred")


def find_systems(scores: Path, models: list[str], *, benchmark: str) -> dict[str, Path]:
    """Return the folder of each system on ``benchmark``, by the system's name, in the order of tables.

    A model is followed by its adjusted systems. A system that is not a model is left out if ``scores`` does not have
    its folder. Folders are relative to ``scores``. The same folders below data/bias hold the bias measures.

    Args:
        scores: The folder data/scores.
        models: Names of models; `WITHOUT_MODEL` stands for the systems in `MODEL_FREE`.
        benchmark: Name of the benchmark.
    """
    found: dict[str, Path] = {}
    for model in models:
        own = Path(model, benchmark)
        below = {adjusted_name(model, adjustment): own / adjustment for adjustment in ADJUSTMENTS}
        if model == WITHOUT_MODEL:
            below = {name: own / name for name in MODEL_FREE}
        else:
            found[model] = own
        found |= {name: path for name, path in below.items() if (scores / path).is_dir()}
    return found
