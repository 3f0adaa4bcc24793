"""The contrastive loss: worked examples, its formula, masks, and both directions."""

import math

import pytest
import torch

from stages.hybrid.training.loss import in_batch_infonce, symmetric_infonce

EYE = torch.eye(2)


def slow_infonce(queries: torch.Tensor, passages: torch.Tensor, temperature: float, masked: torch.Tensor) -> float:
    """Return the loss, computed query by query as the formula says."""
    total = 0.0
    for i, query in enumerate(queries):
        fair = [j for j in range(len(passages)) if not masked[i, j]]
        exponentials = {j: math.exp(float(query @ passages[j]) / temperature) for j in fair}
        total -= math.log(exponentials[i] / sum(exponentials.values()))
    return total / len(queries)


def unit(rows: int, seed: int) -> torch.Tensor:
    """Return random embeddings of length 1, shape (rows, 8)."""
    drawn = torch.randn(rows, 8, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(drawn, dim=1)


def test_two_orthogonal_pairs_have_a_loss_of_log_of_one_plus_e_to_minus_one() -> None:
    # the cosine of each query is 1 with its own passage and 0 with the other
    assert in_batch_infonce(EYE, EYE, temperature=1.0).item() == pytest.approx(math.log(1 + math.exp(-1)))


def test_temperature_divides_the_cosine() -> None:
    assert in_batch_infonce(EYE, EYE, temperature=0.5).item() == pytest.approx(math.log(1 + math.exp(-2)))


def test_the_loss_equals_its_formula_with_more_passages_than_queries_and_a_mask() -> None:
    queries, passages = unit(5, 1), unit(7, 2)
    masked = torch.zeros(5, 7, dtype=torch.bool)
    masked[0, 3] = masked[4, 6] = True
    found = in_batch_infonce(queries, passages, temperature=0.05, masked=masked).item()
    assert found == pytest.approx(slow_infonce(queries, passages, 0.05, masked), rel=1e-5)


def test_a_batch_whose_other_passages_are_all_masked_has_loss_0() -> None:
    masked = ~torch.eye(2, dtype=torch.bool)
    assert in_batch_infonce(EYE, EYE, temperature=1.0, masked=masked).item() == 0


def test_the_symmetric_loss_is_the_mean_of_both_directions() -> None:
    queries, passages = unit(4, 3), unit(4, 4)
    none = torch.zeros(4, 4, dtype=torch.bool)
    expected = (slow_infonce(queries, passages, 0.1, none) + slow_infonce(passages, queries, 0.1, none)) / 2
    assert symmetric_infonce(queries, passages, temperature=0.1).item() == pytest.approx(expected, rel=1e-5)


def test_hard_negatives_count_in_the_first_direction_of_the_symmetric_loss_only() -> None:
    queries, passages = unit(4, 5), unit(6, 6)
    masked = torch.zeros(4, 6, dtype=torch.bool)
    masked[0, 2] = masked[3, 5] = True
    forward = slow_infonce(queries, passages, 0.1, masked)
    backward = slow_infonce(passages[:4], queries, 0.1, masked[:, :4].T)
    found = symmetric_infonce(queries, passages, temperature=0.1, masked=masked).item()
    assert found == pytest.approx((forward + backward) / 2, rel=1e-5)
