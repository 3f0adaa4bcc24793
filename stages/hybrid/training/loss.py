"""In-batch InfoNCE over queries and passages.

Source: arXiv 1807.03748 (InfoNCE), arXiv 2004.04906 (in-batch negatives for dense retrieval).
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def in_batch_infonce(queries: Tensor, passages: Tensor, *, temperature: float, masked: Tensor | None = None) -> Tensor:
    """Return the mean over queries of -log softmax(cosine / temperature) at the query's own passage, a scalar.

    Args:
        queries: L2-normalised, shape (queries, dim); query i's positive is passage i.
        passages: L2-normalised, shape (passages, dim), passages >= queries.
        temperature: above 0; what cosines are divided by.
        masked: bool, shape (queries, passages); True leaves a passage out of a query's negatives. It must be False at
            the positives.
    """
    scores = queries @ passages.T / temperature  # (queries, passages)
    if masked is not None:
        scores = scores.masked_fill(masked, float("-inf"))
    return cross_entropy(scores, torch.arange(len(queries), device=scores.device))


def symmetric_infonce(queries: Tensor, passages: Tensor, *, temperature: float, masked: Tensor | None = None) -> Tensor:
    """Return the mean of `in_batch_infonce` from queries to passages and from passages to queries.

    Hard negatives are the passages after the first ``len(queries)``. They count in the first direction only.
    """
    positives = passages[: len(queries)]
    turned = None if masked is None else masked[:, : len(queries)].T
    forward = in_batch_infonce(queries, passages, temperature=temperature, masked=masked)
    return (forward + in_batch_infonce(positives, queries, temperature=temperature, masked=turned)) / 2
