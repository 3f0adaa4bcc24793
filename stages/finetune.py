"""Fine-tune the base encoder along the plan; a run that was stopped goes on from its last checkpoint.

On several processes: torchrun --nproc-per-node 2 -m stages.finetune, or on GPUs accelerate launch -m stages.finetune.
"""

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.hybrid.ground.costs import measured
from stages.hybrid.ground.errors import one_line_errors

if TYPE_CHECKING:
    import pandas as pd
    from sentence_transformers import SentenceTransformer

    from stages.hybrid.training.settings import TrainingSettings

BASE = Path("models/base")
OUT = Path("models/finetuned")
PAIRS = Path("data/pairs")
NEGATIVES = Path("data/negatives")
VALIDATION = Path("data/validation.parquet")
PLAN = Path("data/batches.parquet")
CURVE = Path("data/training.csv")
CHECKPOINTS = Path("models/checkpoints")  # no output of the stage: DVC would delete it before the run that needs it


@click.command(help=__doc__)
@one_line_errors
@measured
def main() -> None:
    import pandas as pd

    from stages.hybrid.ground.files import read_table, whole_folder, write_table
    from stages.hybrid.ground.params import read_settings, read_value
    from stages.hybrid.training.processes import check_divisible, process_count, process_number
    from stages.hybrid.training.settings import TrainingSettings

    settings = read_settings("training", TrainingSettings)
    seed = read_value("seed", int)
    datasets = read_value("datasets", list[str])
    plan = read_table(PLAN)
    check_divisible(plan, process_count())
    pairs, negatives = (
        pd.concat([read_table(folder / f"{name}.parquet").assign(dataset=name) for name in datasets], ignore_index=True)
        for folder in (PAIRS, NEGATIVES)
    )
    encoder, curve = train(plan, pairs, negatives=negatives, settings=settings, seed=seed)
    if process_number() != 0:
        return
    with whole_folder(OUT) as partial:
        encoder.save_pretrained(str(partial), safe_serialization=True, create_model_card=False)
    write_table(CURVE, curve)
    shutil.rmtree(CHECKPOINTS, ignore_errors=True)
    click.echo(
        f"{OUT}: {len(curve)} steps, loss {curve['loss'].iloc[0]:.3f} at first, {curve['loss'].iloc[-1]:.3f} at last"
    )


def train(
    plan: "pd.DataFrame",
    pairs: "pd.DataFrame",
    *,
    negatives: "pd.DataFrame",
    settings: "TrainingSettings",
    seed: int,
) -> "tuple[SentenceTransformer, pd.DataFrame]":
    """Return the fine-tuned encoder and its training curve."""
    from stages.hybrid.encoding.model import load_encoder
    from stages.hybrid.ground.files import read_table
    from stages.hybrid.training.plan_batches import PlanBatches
    from stages.hybrid.training.processes import first_before_the_rest, join_processes, process_count
    from stages.hybrid.training.trainer import finetune
    from stages.hybrid.training.validation import draw_validation

    join_processes()
    encoder = load_encoder(BASE)
    validation = None
    if settings.validation_steps:
        held_out = read_table(VALIDATION)
        drawn = draw_validation(held_out, len(plan["group_ids"].iloc[0]), seed=seed)
        validation = PlanBatches(drawn, held_out, encoder, settings)
    batches = PlanBatches(plan, pairs, encoder, settings, negatives)
    with first_before_the_rest():
        checkpoints = own_checkpoints(f"{settings} {seed} {process_count()}", sorted(set(pairs["dataset"])))
    curve = finetune(encoder, batches, validation=validation, settings=settings, checkpoints=checkpoints, seed=seed)
    return encoder, curve


def own_checkpoints(told: str, datasets: list[str]) -> Path:
    """Return the folder for this very run's checkpoints; those of runs from other inputs are deleted."""
    from stages.hybrid.ground.files import sha256_of

    inputs = [
        *sorted(BASE.rglob("*.safetensors")),
        PLAN,
        VALIDATION,
        *(folder / f"{name}.parquet" for name in datasets for folder in (PAIRS, NEGATIVES)),
    ]
    key = "\n".join([told, *(sha256_of(path) for path in inputs)])
    folder = CHECKPOINTS / hashlib.sha256(key.encode()).hexdigest()[:16]
    for other in CHECKPOINTS.glob("*"):
        if other != folder:
            shutil.rmtree(other)
    return folder


if __name__ == "__main__":
    main()
