"""The plan's batches as the trainer takes them: their texts, hard negatives and masks."""

from pathlib import Path

import pytest
from sentence_transformers import SentenceTransformer

from stages.hybrid.encoding.model import load_encoder
from stages.hybrid.ground.errors import UserError
from stages.hybrid.training.plan_batches import PlanBatches, TrainingBatch
from support.toy_training import TEXTS, make_negatives, make_pairs, make_params, make_plan


@pytest.fixture(scope="module")
def encoder(base: Path) -> SentenceTransformer:
    return load_encoder(base)


@pytest.fixture(scope="module")
def mined(encoder: SentenceTransformer) -> TrainingBatch:
    """Return the first batch of the plan with its hard negatives; its groups are g0, g1, g3 and g4."""
    return PlanBatches(make_plan(1), make_pairs(), encoder=encoder, params=make_params(), negatives=make_negatives())[0]


def tokens_of(encoder: SentenceTransformer, text: str) -> list[int]:
    return encoder.tokenizer(text, truncation=True, max_length=16)["input_ids"]


def test_the_plan_s_pairs_are_the_ones_that_are_trained_on(encoder: SentenceTransformer) -> None:
    batch = PlanBatches(make_plan(1), make_pairs(), encoder=encoder, params=make_params())[0]
    assert batch.queries[1] == tokens_of(encoder, f"query: {TEXTS[1]} de")
    assert batch.passages[1] == tokens_of(encoder, f"passage: en {TEXTS[1]}")
    assert batch.negatives == []
    assert batch.masked.shape == (4, 4) and not batch.masked.any()


def test_pairs_of_one_page_are_not_negatives_of_each_other(encoder: SentenceTransformer) -> None:
    pairs = make_pairs()
    pairs.loc[pairs["group_id"] == "g3", "page_id"] = "p0"
    masked = PlanBatches(make_plan(1), pairs, encoder=encoder, params=make_params())[0].masked
    assert masked.nonzero().tolist() == [[0, 2], [2, 0]]  # g0 and g3


def test_a_plan_of_other_pairs_is_refused(encoder: SentenceTransformer) -> None:
    pairs = make_pairs()
    with pytest.raises(UserError, match=r"step 0 names the pair .'toy', 'g4', 'de'., .* run the stage batch again"):
        PlanBatches(make_plan(1), pairs[pairs["group_id"] != "g4"], encoder=encoder, params=make_params())


def test_hard_negatives_are_added_to_the_passages(mined: TrainingBatch, encoder: SentenceTransformer) -> None:
    expected = [f"passage: de {TEXTS[2]}", f"passage: en {TEXTS[1]}"]
    assert mined.negatives == [tokens_of(encoder, text) for text in expected]


def test_a_hard_negative_is_masked_for_a_query_of_its_own_group(mined: TrainingBatch) -> None:
    assert mined.masked.shape == (4, 6)
    assert mined.masked.nonzero().tolist() == [[1, 5]]  # the second negative is g1's passage in another language


def test_hard_negatives_are_those_of_the_language_of_the_positive(encoder: SentenceTransformer) -> None:
    other = make_negatives().assign(lang="en")  # g0 and g3 are queries in English, but their passages are German
    batches = PlanBatches(make_plan(1), make_pairs(), encoder=encoder, params=make_params(), negatives=other)
    assert batches[0].negatives == []


def test_each_process_gets_as_many_hard_negatives_and_those_added_for_it_are_masked(
    encoder: SentenceTransformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    mined = make_negatives()
    batch = PlanBatches(make_plan(1), make_pairs(), encoder=encoder, params=make_params(), negatives=mined)[0]
    assert batch.negatives[2:] == batch.negatives[:1] * 2
    assert batch.masked.shape == (4, 8) and batch.masked[:, 6:].all()
