"""BM25 over subwords: its formula by hand, its edge cases, and texts without spaces."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.retrieval.model_free import bm25_scores, load_tokenizer, subwords
from stages.hybrid.retrieval.ranking.ranks import rank_passages

PASSAGES = [["red", "hat"], ["red", "red", "shoe", "lace"], ["shoe"]]


def test_the_score_is_that_of_the_formula_by_hand() -> None:
    found = bm25_scores([["red", "shoe"]], PASSAGES)(slice(0, 1))
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))  # each of the two words is in two of three passages
    mean = (2 + 4 + 1) / 3

    def part(times: int, length: int) -> float:
        return idf * times / (times + 1.5 * (1 - 0.75 + 0.75 * length / mean))

    assert found[0] == pytest.approx([part(1, 2), part(2, 4) + part(1, 4), part(1, 1)], rel=1e-6)


def test_a_query_that_shares_no_token_scores_zero_and_is_ranked_by_passage_id() -> None:
    score = bm25_scores([["blue"], []], PASSAGES)
    assert score(slice(0, 2)).tolist() == [[0, 0, 0], [0, 0, 0]]
    benchmark = Benchmark(
        pd.DataFrame([Query("q1", "q1", "en", "", "q1"), Query("q2", "q2", "en", "", "q2")]),
        pd.DataFrame([Passage("c", "de", ""), Passage("a", "en", ""), Passage("b", "en", "")]),
        pd.DataFrame([Qrel("q1", "b", 1)]),
    )
    ranking = rank_passages(benchmark, score, depth=2)
    assert ranking.rows.tolist() == [[1, 2], [1, 2]]
    assert ranking.ranks["rank_pool"].tolist() == [2]


def test_blocks_of_queries_have_the_scores_of_all_queries_at_once() -> None:
    score = bm25_scores([["red"], ["shoe", "lace"], ["hat"]], PASSAGES)
    assert np.array_equal(np.concatenate([score(slice(0, 2)), score(slice(2, 9))]), score(slice(0, 3)))


def test_subwords_are_in_lower_case_and_split_text_without_spaces(base: Path) -> None:
    tokenizer = load_tokenizer(base / "tokenizer.json")
    assert subwords(tokenizer, ["The", "the"]) == [["the"]] * 2
    assert len(subwords(tokenizer, ["如何保存文件"])[0]) > 1
    assert subwords(tokenizer, [""]) == [[]]


def test_a_broken_tokenizer_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        @staticmethod
        def from_buffer(content: bytes) -> None:
            raise ValueError("expected value\n  at column 1")

    monkeypatch.setattr("stages.hybrid.retrieval.model_free.Tokenizer", Broken)
    (tmp_path / "tokenizer.json").write_bytes(b"-")
    with pytest.raises(UserError, match=r"json: not a tokenizer \(expected value\); run `dvc repro -f base`$"):
        load_tokenizer(tmp_path / "tokenizer.json")


def test_a_missing_tokenizer_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tokenizer\.json: not found, expected the base encoder's tokenizer"):
        load_tokenizer(tmp_path / "tokenizer.json")
