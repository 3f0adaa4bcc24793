"""What our training and a sentence-transformers script are compared on: the plan's texts, in its order."""

from pathlib import Path

import pytest

from stages.hybrid.bench.tokenised import TokenisedInTurn
from stages.hybrid.bench.training import check_plan, one_batch, pairs_of, steps_only
from stages.hybrid.bench.training_work import CANDIDATES, PEERS, Task, describe_ours, texts_of
from stages.hybrid.encoding.model import load_encoder
from stages.hybrid.ground.errors import UserError
from stages.hybrid.training.plan_batches import PlanBatches
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


def test_a_peer_is_described_by_its_loss_its_precision_what_it_trains_and_its_attention() -> None:
    loss = "sentence-transformers, MultipleNegativesRankingLoss"
    assert PEERS["st_fp32"].describe() == f"{loss}, float32, all weights trained, attention sdpa"
    assert CANDIDATES["eager"].describe() == f"{loss}, bf16=True, word embeddings frozen, attention eager"


def test_texts_that_are_tokenised_in_their_turn_make_the_plan_s_batches(base: Path) -> None:
    encoder, params = load_encoder(base), make_params()
    task = Task(make_plan(2), make_pairs(), params, 13)
    plain = PlanBatches(task.plan, task.pairs, encoder=encoder, params=params)
    in_turn = TokenisedInTurn(task, encoder)
    for step in range(2):
        assert in_turn[step].queries == plain[step].queries
        assert in_turn[step].passages == plain[step].passages


def test_ours_is_described_by_what_it_does(base: Path) -> None:
    encoder = load_encoder(base)
    words = describe_ours(make_params(precision="float32", word_embeddings="frozen"), encoder)
    assert words == "float32, word embeddings frozen, attention packed"
