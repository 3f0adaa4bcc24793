"""Removing language offsets: examples by hand, and what is true of any embeddings."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.retrieval.baselines import ADJUSTMENTS
from stages.hybrid.retrieval.dense.centring import (
    adjust,
    centre,
    language_directions,
    language_means,
    read_means,
    remove_language_directions,
    spread_rows,
    write_means,
)
from stages.hybrid.retrieval.params import BaselinesParams

LANGS = np.array(["de", "en", "de", "en", "en"])


def random_unit(rows: int, dim: int, seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(rows, dim)).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_a_language_is_centred_by_its_own_mean_and_made_unit_length() -> None:
    embeddings = np.array([[1, 0], [0, 3], [0, 1]], dtype=np.float32)
    langs = np.array(["de", "en", "de"])
    means = language_means(embeddings, langs)
    assert means["de"].tolist() == [0.5, 0.5]
    # de: (1, 0) - (.5, .5) = (.5, -.5), of length sqrt(.5); en: its only text is its mean, and nothing is left
    expected = [[0.5**0.5, -(0.5**0.5)], [0, 0], [-(0.5**0.5), 0.5**0.5]]
    assert centre(embeddings, langs, means=means) == pytest.approx(np.array(expected))


def test_a_language_without_a_mean_is_centred_by_the_mean_of_all_means() -> None:
    means = {"de": np.array([1.0, 0.0]), "en": np.array([0.0, 1.0])}
    found = centre(np.array([[0.5, 2.5]], dtype=np.float32), np.array(["th"]), means=means)
    assert found.tolist() == [[0.0, 1.0]]  # (.5, 2.5) - (.5, .5)


def test_minus_their_mean_the_embeddings_of_a_language_sum_to_zero() -> None:
    embeddings = random_unit(5, 8, seed=0)
    means = language_means(embeddings, LANGS)
    for lang, mean in means.items():
        left = embeddings[lang == LANGS] - mean
        assert np.abs(left.sum(axis=0)).max() < 1e-6
        centred = centre(embeddings, LANGS, means=means)[lang == LANGS]
        assert centred == pytest.approx(left / np.linalg.norm(left, axis=1, keepdims=True), abs=1e-6)


def test_centring_removes_a_constant_offset() -> None:
    embeddings = random_unit(5, 8, seed=1).astype(np.float64)
    moved = embeddings + np.where(LANGS == "de", 3.0, -2.0)[:, None]
    one, other = (centre(values, LANGS, means=language_means(values, LANGS)) for values in (embeddings, moved))
    assert one == pytest.approx(other, abs=1e-6)


def test_the_first_direction_of_embeddings_on_a_line_is_that_line_and_removing_it_leaves_the_rest() -> None:
    embeddings = np.array([[3, 0, 0], [4, 0, 0], [-1, 0, 0]], dtype=np.float32)
    directions = language_directions(embeddings, np.array(["de"] * 3), number=1)
    assert np.abs(directions["de"]).tolist() == [[1, 0, 0]]
    found = remove_language_directions(np.array([[7, 0.3, 0.4]]), np.array(["de"]), directions=directions)
    assert found == pytest.approx(np.array([[0, 0.6, 0.8]]))


@pytest.mark.parametrize("number", [1, 3])
def test_what_is_left_is_orthogonal_to_the_directions_removed(number: int) -> None:
    embeddings, langs = random_unit(20, 8, seed=2), np.array(["de", "en"] * 10)
    directions = language_directions(embeddings, langs, number=number)
    left = remove_language_directions(embeddings, langs, directions=directions)
    assert np.linalg.norm(left, axis=1) == pytest.approx(1.0, abs=1e-6)
    for lang, vectors in directions.items():
        assert vectors @ vectors.T == pytest.approx(np.eye(number), abs=1e-9)
        assert np.abs(left[langs == lang] @ vectors.T).max() < 1e-6


def test_computed_in_blocks_they_are_the_plain_mean_and_the_singular_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stages.hybrid.retrieval.dense.centring.ROWS_AT_ONCE", 3)
    embeddings, langs = random_unit(20, 6, seed=5), np.array(["de", "en"] * 10)
    means, directions = language_means(embeddings, langs), language_directions(embeddings, langs, number=2)
    for lang in ("de", "en"):
        rows = embeddings[langs == lang].astype(np.float64)
        assert means[lang] == pytest.approx(rows.mean(axis=0))
        projector = np.linalg.svd(rows)[2][:2].T @ np.linalg.svd(rows)[2][:2]  # a direction's sign is free
        assert directions[lang].T @ directions[lang] == pytest.approx(projector)
        centred = rows - rows.mean(axis=0)
        expected = centred / np.linalg.norm(centred, axis=1, keepdims=True)
        assert centre(embeddings, langs, means=means)[langs == lang] == pytest.approx(expected, abs=1e-6)


def test_a_language_of_one_text_has_one_direction_and_nothing_left() -> None:
    embeddings, langs = random_unit(1, 4, seed=3), np.array(["de"])
    directions = language_directions(embeddings, langs, number=3)
    assert directions["de"].shape == (1, 4)
    assert remove_language_directions(embeddings, langs, directions=directions).tolist() == [[0, 0, 0, 0]]


def test_rows_are_spread_over_each_language_and_all_are_taken_if_there_are_few() -> None:
    langs = np.array(["de"] * 9 + ["en"] * 2)
    assert spread_rows(langs, 3).tolist() == [0, 4, 8, 9, 10]
    assert spread_rows(np.array([], dtype=str), 3).tolist() == []


def test_means_are_read_as_they_were_written_and_missing_ones_are_refused(tmp_path: Path) -> None:
    means = language_means(random_unit(5, 8, seed=4), LANGS)
    write_means(tmp_path, "queries", means)
    found = read_means(tmp_path, "queries")
    assert {lang: mean.tolist() for lang, mean in found.items()} == {
        lang: mean.tolist() for lang, mean in means.items()
    }
    with pytest.raises(UserError, match=r"passages\.parquet: not found"):
        read_means(tmp_path, "passages")


def test_queries_and_passages_are_each_adjusted_by_their_own_means_and_directions(tmp_path: Path) -> None:
    queries = pd.DataFrame(
        [(f"q{i}", f"q{i}", lang, "", f"q{i}") for i, lang in enumerate(LANGS)], columns=Query._fields
    )
    passages = pd.DataFrame([(f"p{i}", lang, "") for i, lang in enumerate(LANGS[::-1])], columns=Passage._fields)
    benchmark = Benchmark(queries, passages, pd.DataFrame(columns=Qrel._fields))
    langs = {"queries": LANGS, "passages": LANGS[::-1]}
    embeddings = {side: random_unit(5, 8, seed=seed) for seed, side in enumerate(langs, start=5)}
    trained = {side: language_means(random_unit(5, 8, seed=seed), LANGS) for seed, side in enumerate(langs, start=7)}
    for side, means in trained.items():
        write_means(tmp_path, side, means)
    params = BaselinesParams(names=[], training_texts=1, lir_directions=2)
    both = embeddings["queries"], embeddings["passages"]
    adjusted = {
        adjustment: adjust(adjustment, benchmark, embeddings=both, params=params, means=tmp_path)
        for adjustment in ADJUSTMENTS
    }
    found = {adjustment: dict(zip(langs, sides, strict=True)) for adjustment, sides in adjusted.items()}
    for side, rows in embeddings.items():
        own = language_means(rows, langs[side])
        directions = language_directions(rows, langs[side], number=2)
        assert np.array_equal(found["centred"][side], centre(rows, langs[side], means=own))
        assert np.array_equal(found["centred_training"][side], centre(rows, langs[side], means=trained[side]))
        removed = remove_language_directions(rows, langs[side], directions=directions)
        assert np.array_equal(found["lir"][side], removed)
