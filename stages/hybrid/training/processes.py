"""Training on several processes, as the launcher of accelerate or torch starts them.

A row of the plan is one batch for all processes together. Each process embeds its own slice of the pairs. It computes
the loss of the whole batch from the embeddings of all processes. Gradients flow through its own slice only. So their
sum over the processes equals the gradient that a single process would compute.
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
    """Check that every batch of ``plan`` can be divided evenly over the processes.

    Raises:
        UserError: The size of a batch is not a multiple of ``processes``.
    """
    for step, groups in zip(plan["step"], plan["group_ids"], strict=True):
        if len(groups) % processes:
            raise UserError(
                f"the plan's step {step} has {len(groups)} pairs for {processes} processes, expected a multiple "
                f"of {processes}; change sampler.batch_size or the number of processes"
            )


def on_cpu() -> bool:
    """Return whether there is no accelerator, such as a GPU. The accelerate library must be given this explicitly."""
    return not torch.accelerator.is_available()


def join_processes() -> None:
    """Connect with the other processes, if there are any."""
    from accelerate import PartialState

    PartialState(cpu=on_cpu())


def wait_for_all() -> None:
    """Wait until every process has reached this call."""
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
    """Return which of a batch's pairs this process embeds; ``pairs`` is a multiple of the number of processes."""
    size = pairs // process_count()
    return slice(process_number() * size, (process_number() + 1) * size)


def gather_embeddings(own: Tensor, *, pairs: int) -> Tensor:
    """Return the embeddings of the whole batch: queries, then passages, then hard negatives, in the plan's order.

    Args:
        own: this process's embeddings, in the same order, shape (2 * own pairs + own negatives, dim). Gradients flow
            to these only.
        pairs: number of pairs in the whole batch.
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
    """Return the sum of ``value`` over the processes, without gradients. Every process gets the same bits."""
    total = value.detach().clone()
    if process_count() > 1:
        distributed.all_reduce(total)
    return total


def sum_gradients(model: nn.Module) -> None:
    """Replace the gradients of ``model`` by their sums over the processes."""
    if process_count() > 1:
        for weights in model.parameters():
            if weights.grad is not None:
                distributed.all_reduce(weights.grad)
