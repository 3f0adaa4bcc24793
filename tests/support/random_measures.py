"""Random measures and rank distances of queries in three languages."""

import itertools

import numpy as np
import pandas as pd

LANGS = ["de", "en", "vi"]


def random_queries(seed: int, *, questions: int = 30, missing: float = 0.3) -> pd.DataFrame:
    """Return mAP in three settings and three languages. A share ``missing`` of the translations does not exist."""
    generator = np.random.default_rng(seed)
    asked = np.random.default_rng(0).random((questions, len(LANGS))) >= missing  # the same for every seed
    rows = []
    for question, i in itertools.product(range(questions), range(len(LANGS))):
        if asked[question, i]:
            for other in [*LANGS, "all"]:
                setting = "multilingual" if other == "all" else "monolingual" if other == LANGS[i] else "cross_lingual"
                value = generator.random()
                rows.append((setting, LANGS[i], other, f"q{question}:{LANGS[i]}", f"q{question}", value))
    return pd.DataFrame(
        rows, columns=["setting", "query_lang", "passage_lang", "query_id", "question_id", "map"]
    ).sort_values(["setting", "query_lang", "passage_lang"], ignore_index=True)


def random_bias(queries: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return rank distances of the queries. Every seventh query has none."""
    table = queries.loc[queries["setting"] == "multilingual", ["query_id", "question_id", "query_lang"]].copy()
    table["rank_distance"] = np.random.default_rng(seed).integers(1, 100, len(table)).astype(float)
    table.loc[table.index[::7], "rank_distance"] = np.nan
    return table
