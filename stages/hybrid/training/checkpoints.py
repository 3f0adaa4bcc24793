"""Checkpoints that survive a kill: only a checkpoint that was written completely counts."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from stages.hybrid.ground.files import sha256_of
from stages.hybrid.ground.layout import BASE, NEGATIVES, PAIRS, PLAN, VALIDATION
from stages.hybrid.training.processes import first_before_the_rest, process_count, process_number, wait_for_all

COMPLETE = "complete"  # a file that is written last into a checkpoint; without it the checkpoint was cut off


class MarkComplete(TrainerCallback):
    """Marks a checkpoint as complete after all of it is written, and only then deletes the earlier ones."""

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Mark the checkpoint of this step, and delete the others."""
        wait_for_all()
        if process_number() == 0:
            folder = Path(args.output_dir or ".")
            newest = folder / f"checkpoint-{state.global_step}"
            (newest / COMPLETE).touch()
            for path in folder.glob("checkpoint-*"):
                if path != newest:
                    shutil.rmtree(path)


def training_inputs(datasets: Sequence[str]) -> list[Path]:
    """Return the files that a training on ``datasets`` depends on, in an order that is always the same."""
    tables = [folder / f"{name}.parquet" for name in datasets for folder in (PAIRS, NEGATIVES)]
    return [*sorted(BASE.rglob("*.safetensors")), PLAN, VALIDATION, *tables]


def own_checkpoints(root: Path, inputs: Sequence[Path], words: Sequence[object]) -> Path:
    """Return the folder below ``root`` for the checkpoints of this run, and delete those of other runs.

    Its name is a hash of all that the training depends on, so a run with other inputs never resumes from it.

    Args:
        root: the folder of the checkpoints of all runs.
        inputs: files that the training depends on.
        words: what else it depends on, such as its params. The number of processes is added.
    """
    with first_before_the_rest():
        key = "\n".join([*map(str, words), str(process_count()), *map(sha256_of, inputs)])
        folder = root / hashlib.sha256(key.encode()).hexdigest()[:16]
        for other in root.glob("*"):
            if other != folder:
                shutil.rmtree(other)
    return folder


def newest_checkpoint(folder: Path) -> Path | None:
    """Return the newest complete checkpoint in ``folder``, or None. Those that a kill cut off are deleted."""
    complete = []
    for path in folder.glob("checkpoint-*"):
        if (path / COMPLETE).exists():
            complete.append(path)
        else:
            shutil.rmtree(path)
    return max(complete, key=lambda path: int(path.name.split("-")[1]), default=None)
