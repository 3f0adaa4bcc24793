"""What our training and a sentence-transformers script are compared on: the plan's texts, in its order."""

import pytest

from stages.hybrid.bench.training import check_plan, one_batch, pairs_of, steps_only
from stages.hybrid.bench.training_work import PEERS, texts_of
from stages.hybrid.ground.errors import UserError
from support.toy_training import make_pairs, make_params, make_plan


def test_a_peer_trains_on_the_plan_s_texts_in_its_order() -> None:
    plan = make_plan(1)  # g0, g1, g3, g4; queries en de en de, passages de en de en
    texts = texts_of(plan, make_pairs())
    assert texts["query"][1:3] == ["the sea is deep and cold and very wide de", "a river runs to the sea en"]
    assert texts["passage"][0] == "de water boils"
    assert len(pairs_of(plan, make_pairs())) == 4 * 2


def test_one_batch_holds_every_pair_in_its_own_language() -> None:
    pairs = make_pairs().head(4)
    texts = texts_of(one_batch(pairs), pairs)
    assert texts == {"query": pairs["query"].tolist(), "passage": pairs["passage"].tolist()}


def test_a_plan_that_is_too_short_is_refused() -> None:
    with pytest.raises(UserError, match="has 3 batches, expected 8 of one size"):
        check_plan(make_plan(3), steps=8)
    check_plan(make_plan(8), steps=8)


def test_a_measured_training_is_never_validated() -> None:
    training = make_params(validation_steps=2, patience=3)
    assert steps_only(training) == make_params(validation_steps=0, patience=0)


def test_a_peer_is_described_by_its_loss_its_precision_and_what_it_trains() -> None:
    loss = "sentence-transformers, MultipleNegativesRankingLoss"
    assert PEERS["st_fp32"].describe() == f"{loss}, float32, all weights trained"
    assert PEERS["st_bf16_frozen"].describe() == f"{loss}, bf16=True, word embeddings frozen"
