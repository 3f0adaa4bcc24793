"""Rankings without a model: by chance, by BM25 over the subwords of the base encoder's tokenizer, and a fair one.

The tokenizer also splits text without spaces, such as Thai and Chinese.
"""

from pathlib import Path

import bm25s
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from tokenizers import Tokenizer

from stages.hybrid.ground.errors import UserError, first_line
from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.baselines import FAIR
from stages.hybrid.retrieval.ranking.ranks import Scorer


def scorer_of(name: str, benchmark: Benchmark, *, seed: int, tokenizer: Path) -> Scorer:
    """Return the scorer of the baseline ``name`` for ``benchmark``.

    Args:
        name: One of `MODEL_FREE`.
        benchmark: The benchmark.
        seed: Seed of the random scores, for random and fair.
        tokenizer: The base encoder's tokenizer.json, for BM25.

    Raises:
        UserError: The tokenizer is missing.
    """
    if name == "random":
        return random_scores(benchmark, seed=seed)
    if name == FAIR:
        return fair_scores(benchmark, seed=seed)
    loaded = load_tokenizer(tokenizer)
    return bm25_scores(*(subwords(loaded, table["text"].tolist()) for table in (benchmark.queries, benchmark.passages)))


def random_scores(benchmark: Benchmark, *, seed: int) -> Scorer:
    """Return a scorer by chance: scores are drawn uniformly from [0, 1).

    A query's scores depend only on the seed and on the query's row.
    """
    return _draw_scores(np.arange(len(benchmark.queries)), len(benchmark.passages), seed=seed)


def fair_scores(benchmark: Benchmark, *, seed: int) -> Scorer:
    """Return a scorer that ranks perfectly and prefers no language, by the benchmark's own judgements.

    A score is a number drawn uniformly from [0, 1), plus the passage's grade: 0 if it is not relevant, else the place
    of its relevance among those of the benchmark, from 1. So the passages of a grade are in random order. The numbers
    depend only on the seed and on the question's place among the sorted question ids. All translations of a question
    have the same, because without language bias their rankings would be equal.
    """
    queries, passages, qrels = benchmark.queries, benchmark.passages, benchmark.qrels.query("relevance > 0")
    rows = pd.Index(queries["query_id"]).get_indexer(qrels["query_id"])
    columns = pd.Index(passages["passage_id"]).get_indexer(qrels["passage_id"])
    places = qrels["relevance"].rank(method="dense").to_numpy(np.float32)
    grades = csr_array((places, (rows, columns)), shape=(len(queries), len(passages)))
    draw = _draw_scores(queries["question_id"].factorize(sort=True)[0], len(passages), seed=seed)
    return lambda block: draw(block) + grades[block].toarray()


def _draw_scores(numbers: np.ndarray, passages: int, *, seed: int) -> Scorer:
    """Return a scorer by chance. A query's scores depend only on the seed and its number, shape (queries,)."""

    def draw(rows: slice) -> np.ndarray:
        generators = [np.random.default_rng([seed, number]) for number in numbers[rows]]
        return np.stack([generator.random(passages, dtype=np.float32) for generator in generators])

    return draw


def load_tokenizer(path: Path) -> Tokenizer:
    """Return the tokenizer in a ``tokenizer.json``.

    Raises:
        UserError: The file is missing or is not a tokenizer.
    """
    try:
        tokenizer = Tokenizer.from_buffer(path.read_bytes())
    except FileNotFoundError:
        raise UserError(
            f"{path}: not found, expected the base encoder's tokenizer; run the stage base, or `dvc repro`"
        ) from None
    except Exception as error:  # the library raises no narrower kind
        raise UserError(f"{path}: not a tokenizer ({first_line(error)}); run `dvc repro -f base`") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def subwords(tokenizer: Tokenizer, texts: list[str]) -> list[list[str]]:
    """Return the subwords of each text, in lower case, without special tokens.

    Source: Ogundepo, Zhang and Lin 2022, arXiv 2210.05481. There, BM25 over a multilingual encoder's subwords is better
    than BM25 over words between white space, in most of the eleven languages of Mr. TyDi.
    """
    encoded = tokenizer.encode_batch([text.lower() for text in texts], add_special_tokens=False)
    return [text.tokens for text in encoded]


def bm25_scores(queries: list[list[str]], passages: list[list[str]]) -> Scorer:
    """Return a scorer by BM25 for tokenised queries and passages, with k1 = 1.5 and b = 0.75.

    One index holds the passages of all languages, so frequencies and the mean length are those of the pool. Ranks among
    one language's passages come from the same scores, because scores must be comparable within the pool. A passage
    that shares no token with the query scores 0.

    Source: bm25s, arXiv 2407.03618, in Lucene's variant. The score is a sum over the tokens t of the query:
    ln(1 + (N - n_t + 0.5) / (n_t + 0.5)) * f / (f + k1 (1 - b + b * length / mean length)). Of the N passages, n_t
    contain t; this passage contains it f times.
    """
    index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    index.index(passages, show_progress=False)
    return lambda rows: np.stack([index.get_scores_from_ids(index.get_tokens_ids(tokens)) for tokens in queries[rows]])
