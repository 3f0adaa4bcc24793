"""Fine-tune the base encoder along the plan; a run that was stopped goes on from its last checkpoint."""

import hashlib
import shutil
from pathlib import Path

import click

from stages.hybrid.costs import measured
from stages.hybrid.errors import one_line_errors

BASE = Path("models/base")
OUT = Path("models/finetuned")
PAIRS = Path("data/pairs")
PLAN = Path("data/batches.parquet")
CURVE = Path("data/training.csv")
CHECKPOINTS = Path("models/checkpoints")  # no output of the stage: DVC would delete it before the run that needs it


@click.command(help=__doc__)
@one_line_errors
@measured
def main() -> None:
    import pandas as pd

    from stages.hybrid.encoder import load_encoder
    from stages.hybrid.files import read_table, whole_folder, write_table
    from stages.hybrid.params import read_settings, read_value
    from stages.hybrid.training import PlanBatches, TrainingSettings, finetune

    settings = read_settings("training", TrainingSettings)
    seed = read_value("seed", int)
    datasets = read_value("datasets", list[str])
    tables = [read_table(PAIRS / f"{name}.parquet").assign(dataset=name) for name in datasets]
    encoder = load_encoder(BASE)
    batches = PlanBatches(read_table(PLAN), pd.concat(tables, ignore_index=True), encoder, settings)
    checkpoints = own_checkpoints(f"{settings} {seed}", [PAIRS / f"{name}.parquet" for name in datasets])
    curve = finetune(encoder, batches, settings=settings, checkpoints=checkpoints, seed=seed)
    with whole_folder(OUT) as partial:
        encoder.save_pretrained(str(partial), safe_serialization=True, create_model_card=False)
    write_table(CURVE, curve)
    shutil.rmtree(CHECKPOINTS, ignore_errors=True)
    click.echo(
        f"{OUT}: {len(curve)} steps, loss {curve['loss'].iloc[0]:.3f} at first, {curve['loss'].iloc[-1]:.3f} at last"
    )


def own_checkpoints(told: str, pairs: list[Path]) -> Path:
    """Return the folder for this very run's checkpoints; those of runs from other inputs are deleted."""
    from stages.hybrid.files import sha256_of

    inputs = [*sorted(BASE.rglob("*.safetensors")), PLAN, *pairs]
    key = "\n".join([told, *(sha256_of(path) for path in inputs)])
    folder = CHECKPOINTS / hashlib.sha256(key.encode()).hexdigest()[:16]
    for other in CHECKPOINTS.glob("*"):
        if other != folder:
            shutil.rmtree(other)
    return folder


if __name__ == "__main__":
    main()
