"""Fine-tune the base encoder along the plan. A stopped run resumes from its last checkpoint.

With several processes: torchrun --nproc-per-node 2 -m stages.finetune, or on GPUs accelerate launch -m stages.finetune.
"""

import shutil

import click

from stages.hybrid.ground.layout import BASE, CHECKPOINTS, CURVE, FINETUNED, NEGATIVES, PAIRS, PLAN, VALIDATION
from stages.hybrid.ground.params import Names, Params, Seed
from stages.hybrid.ground.stage import stage
from stages.hybrid.training.params import TrainingParams


class Reads(Params):
    """What this stage reads of params.yaml."""

    datasets: Names
    seed: Seed
    training: TrainingParams


@stage
def main(params: Reads) -> None:
    from stages.hybrid.encoding.model import load_encoder
    from stages.hybrid.ground.files import read_table, whole_folder, write_table
    from stages.hybrid.records import read_data_sets
    from stages.hybrid.training.checkpoints import own_checkpoints, training_inputs
    from stages.hybrid.training.plan_batches import PlanBatches
    from stages.hybrid.training.processes import check_divisible, join_processes, process_count, process_number
    from stages.hybrid.training.trainer import finetune
    from stages.hybrid.training.validation import validation_batches

    plan = read_table(PLAN)
    check_divisible(plan, process_count())
    pairs, negatives = (read_data_sets(folder, params.datasets) for folder in (PAIRS, NEGATIVES))
    join_processes()
    encoder = load_encoder(BASE)
    batches = PlanBatches(plan, pairs, encoder=encoder, params=params.training, negatives=negatives)
    validation = None
    if params.training.validation_steps:
        validation = validation_batches(
            read_table(VALIDATION), plan=plan, encoder=encoder, params=params.training, seed=params.seed
        )
    checkpoints = own_checkpoints(CHECKPOINTS, training_inputs(params.datasets), [params.training, params.seed])
    curve = finetune(
        encoder, batches, validation=validation, params=params.training, checkpoints=checkpoints, seed=params.seed
    )
    if process_number() != 0:
        return
    with whole_folder(FINETUNED) as partial:
        encoder.save_pretrained(str(partial), safe_serialization=True, create_model_card=False)
    write_table(CURVE, curve)
    shutil.rmtree(CHECKPOINTS, ignore_errors=True)
    first, last = curve["loss"].iloc[0], curve["loss"].iloc[-1]
    click.echo(f"{FINETUNED}: {len(curve)} steps, loss {first:.3f} at the first, {last:.3f} at the last")


if __name__ == "__main__":
    main()
