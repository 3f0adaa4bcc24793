"""Rankings without a model: by chance, and by BM25 over the subwords of the base encoder's tokenizer.

The tokenizer cuts Thai and Chinese as it cuts English.
"""

from pathlib import Path

import bm25s
import numpy as np
from tokenizers import Tokenizer

from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.ranks import Scorer, random_scores


def scorer_of(name: str, data: Benchmark, *, seed: int, tokenizer: Path) -> Scorer:
    """Return the scores by which the baseline ``name``, random or bm25, ranks ``data``.

    Raises:
        UserError: the tokenizer is missing.
    """
    if name == "random":
        return random_scores(data, seed=seed)
    loaded = load_tokenizer(tokenizer)
    return bm25_scores(*(subwords(loaded, table["text"].tolist()) for table in (data.queries, data.passages)))


def load_tokenizer(path: Path) -> Tokenizer:
    """Return the tokenizer in a ``tokenizer.json``.

    Raises:
        UserError: the file is missing.
    """
    if not path.exists():
        raise UserError(f"{path}: not found, expected the base encoder's tokenizer; run `dvc repro base`")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def subwords(tokenizer: Tokenizer, texts: list[str]) -> list[list[str]]:
    """Return the subwords of each text, in lower case, without special tokens.

    Source: Ogundepo, Zhang and Lin 2022, arXiv 2210.05481, where BM25 over a multilingual encoder's subwords beats
    BM25 over white space in most of the eleven languages of Mr. TyDi.
    """
    encoded = tokenizer.encode_batch([text.lower() for text in texts], add_special_tokens=False)
    return [text.tokens for text in encoded]


def bm25_scores(queries: list[list[str]], passages: list[list[str]]) -> Scorer:
    """Return the BM25 scores of tokenised queries against tokenised passages, with k1 = 1.5 and b = 0.75.

    There is one index over the passages of all languages: frequencies and the mean length are those of the pool, and
    the ranks among one language's passages come from the same scores, for the pool needs scores that can be compared.
    A query that shares no token with a passage scores 0 there.

    Source: bm25s, arXiv 2407.03618, in Lucene's variant: over the tokens t of the query, the sum of
    ln(1 + (N - n_t + 0.5) / (n_t + 0.5)) * f / (f + k1 (1 - b + b * length / mean length)), where n_t of the N
    passages hold t and this one holds it f times.
    """
    index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    index.index(passages, show_progress=False)
    return lambda rows: np.stack([index.get_scores_from_ids(index.get_tokens_ids(tokens)) for tokens in queries[rows]])
