"""Training on several processes, as accelerate's or torch's launcher starts them: a plan row is the batch of all.

Each process embeds its slice of the pairs and computes the loss of the whole batch from everyone's embeddings; its
gradients are those that flow through its own slice, so their sum over the processes is the gradient of one process.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import torch
from torch import Tensor, distributed, nn

from stages.hybrid.ground.errors import UserError


def process_count() -> int:
    """Return how many processes the launcher started; 1 without a launcher."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def process_number() -> int:
    """Return this process's number, from 0."""
    return int(os.environ.get("RANK", "0"))


def check_divisible(plan: pd.DataFrame, processes: int) -> None:
    """Check that every batch of ``plan`` can be dealt out evenly.

    Raises:
        UserError: a batch's size is no multiple of ``processes``.
    """
    for step, groups in zip(plan["step"], plan["group_ids"], strict=True):
        if len(groups) % processes:
            raise UserError(
                f"the plan's step {step} has {len(groups)} pairs for {processes} processes, expected a multiple; "
                "change sampler.batch_size or the number of processes"
            )


def on_cpu() -> bool:
    """Return whether there is nothing but the processor to compute on; accelerate's processes must be told."""
    return not torch.accelerator.is_available()


def join_processes() -> None:
    """Connect with the other processes, where there are any."""
    from accelerate import PartialState

    PartialState(cpu=on_cpu())


def wait_for_all() -> None:
    """Return once every process has come so far."""
    if distributed.is_initialized():
        distributed.barrier()


@contextmanager
def first_before_the_rest() -> Iterator[None]:
    """Run the block on the first process, then on the others."""
    if process_number() != 0:
        wait_for_all()
    yield
    if process_number() == 0:
        wait_for_all()


def own_slice(pairs: int) -> slice:
    """Return which of a batch's pairs are this process's."""
    size = pairs // process_count()
    return slice(process_number() * size, (process_number() + 1) * size)


def gather_embeddings(own: Tensor, *, pairs: int) -> Tensor:
    """Return the embeddings of the whole batch: queries, passages, hard negatives, each in the plan's order.

    Args:
        own: this process's, in the same order, shape (2 * own pairs + own negatives, dim); gradients flow to
            these only.
        pairs: in the whole batch.
    """
    if process_count() == 1:
        return own
    parts = [torch.empty_like(own) for _ in range(process_count())]
    distributed.all_gather(parts, own.detach().contiguous())
    parts[process_number()] = own
    size = pairs // process_count()
    sides = zip(*(part.split([size, size, len(part) - 2 * size]) for part in parts), strict=True)
    return torch.cat([embeddings for side in sides for embeddings in side])


def sum_over_processes(value: Tensor) -> Tensor:
    """Return the sum of every process's ``value``, the same bits on each."""
    total = value.detach().clone()
    if process_count() > 1:
        distributed.all_reduce(total)
    return total


def sum_gradients(model: nn.Module) -> None:
    """Replace the gradients by their sums over the processes."""
    if process_count() > 1:
        for weights in model.parameters():
            if weights.grad is not None:
                distributed.all_reduce(weights.grad)
