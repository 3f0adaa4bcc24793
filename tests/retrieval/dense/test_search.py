"""The index: compared with a slow search, and its ties, size and files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_array
from stages.hybrid.retrieval.dense import search as search_module
from stages.hybrid.retrieval.dense.search import build_index, load_index, save_index, search_passages
from stages.hybrid.retrieval.params import IndexParams

EXACT = IndexParams(kind="exact", approximate_from=1)


def random_unit(rows: int, dim: int, seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(rows, dim)).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def tied_vectors(rows: int, seed: int) -> np.ndarray:
    """Return small whole numbers. Their products are exact in float32, so ties do not depend on the order of sums."""
    return np.random.default_rng(seed).integers(-1, 2, size=(rows, 4)).astype(np.float32)


def slow_search(queries: np.ndarray, passages: np.ndarray, k: int, ids: np.ndarray) -> np.ndarray:
    scores = queries @ passages.T
    return np.array([sorted(range(len(ids)), key=lambda row: (-line[row], ids[row]))[:k] for line in scores])


@pytest.mark.parametrize("k", [1, 5, 40, 1000])
def test_the_exact_index_finds_the_passages_that_sorting_all_scores_finds(k: int) -> None:
    passages, queries = random_unit(200, 16, 0), random_unit(30, 16, 1)
    ids = np.array([f"p{i:03d}" for i in range(200)])
    rows, scores = search_passages(build_index(passages, EXACT), queries, k=k, passage_ids=ids)
    expected = slow_search(queries, passages, k, ids)
    assert (rows == expected).all()
    assert np.allclose(scores, np.take_along_axis(queries @ passages.T, expected, axis=1), atol=1e-6)


@pytest.mark.parametrize("k", [1, 3, 10, 50])
def test_equal_scores_are_ordered_by_passage_id_even_if_only_some_are_returned(k: int) -> None:
    passages, queries = tied_vectors(300, 2), tied_vectors(20, 3)
    ids = np.random.default_rng(4).permutation([f"p{i:03d}" for i in range(300)])
    rows, _ = search_passages(build_index(passages, EXACT), queries, k=k, passage_ids=ids)
    assert (rows == slow_search(queries, passages, k, ids)).all()


@pytest.mark.parametrize("block", [64, 1 << 14])
def test_half_precision_passages_are_found_as_in_float32(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(search_module, "ROWS_AT_ONCE", block)
    passages, queries = random_unit(200, 16, 0).astype(np.float16), random_unit(30, 16, 1).astype(np.float16)
    ids = np.array([f"p{i:03d}" for i in range(200)])
    rows, scores = search_passages(build_index(passages, EXACT), queries, k=5, passage_ids=ids)
    whole = passages.astype(np.float32), queries.astype(np.float32)
    expected = slow_search(whole[1], whole[0], 5, ids)
    assert (rows == expected).all()
    assert np.allclose(scores, np.take_along_axis(whole[1] @ whole[0].T, expected, axis=1), atol=1e-6)


def test_half_precision_passages_take_half_the_memory_in_an_approximate_index(tmp_path: Path) -> None:
    passages = random_unit(2000, 64, 0)
    for name, array in (("whole", passages), ("half", passages.astype(np.float16))):
        save_index(tmp_path / name, build_index(array, IndexParams(kind="approximate", approximate_from=1)))
    saved = (tmp_path / "whole").stat().st_size - (tmp_path / "half").stat().st_size
    assert saved == pytest.approx(2000 * 64 * 2, rel=0.05)  # two bytes for each number


def test_memory_mapped_passages_give_the_same_index_as_passages_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "ROWS_AT_ONCE", 64)
    passages = random_unit(200, 8, 0).astype(np.float16)
    np.save(tmp_path / "passages.npy", passages)
    for kind in ("exact", "approximate"):
        params = IndexParams.model_validate({"kind": kind, "approximate_from": 1})
        save_index(tmp_path / "mapped", build_index(read_array(tmp_path / "passages.npy"), params))
        save_index(tmp_path / "held", build_index(passages, params))
        assert (tmp_path / "mapped").read_bytes() == (tmp_path / "held").read_bytes()


def test_when_every_passage_is_the_same_the_first_ids_win() -> None:
    index = build_index(np.ones((100, 2), dtype=np.float32), EXACT)
    ids = np.array([f"p{99 - i:02d}" for i in range(100)])
    rows, _ = search_passages(index, np.ones((1, 2), dtype=np.float32), k=3, passage_ids=ids)
    assert rows.tolist() == [[99, 98, 97]]


def test_auto_is_exact_below_the_threshold_and_approximate_from_it() -> None:
    passages = random_unit(100, 8, 0)
    kinds = [
        type(build_index(passages, IndexParams(kind="auto", approximate_from=limit))).__name__ for limit in (101, 100)
    ]
    assert kinds == ["IndexFlatIP", "IndexIVFFlat"]


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_an_approximate_index_finds_most_of_the_true_neighbours_and_is_the_same_each_time(
    tmp_path: Path, kind: Any
) -> None:
    centres = random_unit(20, 16, 0)
    passages = (np.repeat(centres, 100, axis=0) + 0.1 * random_unit(2000, 16, 1)).astype(kind)
    ids = np.array([f"p{i:04d}" for i in range(2000)])
    params = IndexParams(kind="approximate", approximate_from=1)
    for name in ("one", "two"):
        save_index(tmp_path / name, build_index(passages, params))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    rows, _ = search_passages(load_index(tmp_path / "one"), centres, k=10, passage_ids=ids)
    expected = slow_search(centres, passages, 10, ids)
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(rows, expected, strict=True)]) > 0.8


def test_a_saved_index_gives_the_same_answers(tmp_path: Path) -> None:
    passages, queries = random_unit(50, 8, 0), random_unit(5, 8, 1)
    ids = np.array([f"p{i:02d}" for i in range(50)])
    index = build_index(passages, EXACT)
    save_index(tmp_path / "deep" / "passages.faiss", index)
    again = search_passages(load_index(tmp_path / "deep" / "passages.faiss"), queries, k=5, passage_ids=ids)
    assert (again[0] == search_passages(index, queries, k=5, passage_ids=ids)[0]).all()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["passages.faiss"]


def test_embeddings_that_are_not_finite_are_refused_with_their_row() -> None:
    passages = random_unit(5, 4, 0)
    passages[3, 1] = np.nan
    with pytest.raises(UserError, match="the embedding of passage 3 is not finite, expected numbers;"):
        build_index(passages, EXACT)


def test_an_index_without_passages_is_refused() -> None:
    with pytest.raises(UserError, match=r"shape \(0, 4\)"):
        build_index(np.empty((0, 4), dtype=np.float32), EXACT)


def test_an_index_of_another_benchmark_is_refused() -> None:
    index = build_index(random_unit(5, 4, 0), EXACT)
    with pytest.raises(
        UserError, match=r"has 5 passages of dimension 4, expected 6 passages \(the benchmark's\) of dimen"
    ):
        search_passages(index, random_unit(1, 4, 0), k=1, passage_ids=np.array(list("abcdef")))


def test_missing_or_broken_files_say_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("not an index")
    with pytest.raises(UserError, match=r"missing: not found, expected a FAISS index; run the stage index"):
        load_index(tmp_path / "missing")
    with pytest.raises(UserError, match="broken: is not a whole FAISS index; delete it and run the stage index"):
        load_index(tmp_path / "broken")
