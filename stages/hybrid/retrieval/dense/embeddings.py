"""What index, ranks and centring share: how many embeddings are converted at a time, and a check of embeddings."""

from collections.abc import Sequence

import numpy as np

from stages.hybrid.ground.errors import UserError

ROWS_AT_ONCE = 1 << 14  # embeddings that are converted to float32 or float64 at a time, to limit memory


def check_embeddings(embeddings: np.ndarray, ids: Sequence[object] | np.ndarray, *, kind: str) -> None:
    """Check that ``embeddings`` has one finite row for each of ``ids``, and at least one row.

    Args:
        embeddings: Shape (ids, dim).
        ids: Ids of the rows, which an error names.
        kind: What the rows are, query or passage.

    Raises:
        UserError: A row is missing, left over or not finite.
    """
    if embeddings.ndim != 2 or not len(ids) or len(embeddings) != len(ids):
        raise UserError(
            f"{kind} embeddings have the shape {embeddings.shape}, expected {len(ids) or 'at least 1'} rows; run the "
            "stage encode again"
        )
    with np.errstate(invalid="ignore"):  # infinities of both signs sum to NaN, which is not finite either
        finite = np.isfinite(embeddings.sum(axis=1, dtype=np.float32))
    if not finite.all():
        raise UserError(
            f"the embedding of {kind} {ids[int(np.argmin(finite))]} is not finite, expected numbers; the model is "
            "broken: train or fetch it again"
        )
