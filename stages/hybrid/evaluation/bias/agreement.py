"""How alike the rankings for the translations of a question are. Without language bias they would be equal."""

import numpy as np
import pandas as pd

from stages.hybrid.evaluation.names import QUERY

PAIR = ["query_id", "query_lang", "other_lang", "value"]


def translation_agreement(ranks: pd.DataFrame, top: pd.DataFrame, *, top_k: int) -> dict[str, pd.DataFrame]:
    """Return the tables of `rank_correlations` and `list_correlations`, by the name of the measure."""
    return {"rank_correlation": rank_correlations(ranks), f"mrc@{top_k}": list_correlations(top)}


def rank_correlations(ranks: pd.DataFrame) -> pd.DataFrame:
    """Return how alike two translations of a question rank its relevant passages, for each ordered pair of them.

    ``ranks`` is the table of `exact_ranks`. Columns: query_id, query_lang, other_lang, value. The value is Spearman's
    correlation, in [-1, 1], of the two orders of the n passages that are relevant to all translations of a question:
    1 - 6 * (sum of squared differences of place) / (n (n^2 - 1)). Questions with n < 2 have no rows.

    Source: after the mean rank correlation (MRC) of arXiv 2509.06195, which correlates the ranked lists themselves
    (`list_correlations`). Here only relevant passages are correlated, so that all translations rank the same passages.
    """
    queries = ranks[QUERY].drop_duplicates().sort_values("question_id", ignore_index=True)
    if queries.empty:
        return pd.DataFrame(columns=PAIR).astype({"value": float})
    lines = pd.Index(queries["query_id"]).get_indexer(ranks["query_id"])
    passages = ranks.groupby(["question_id", "passage_id"]).ngroup()  # consecutive numbers within a question
    places = (passages - passages.groupby(ranks["question_id"]).transform("min")).to_numpy()
    pool = np.full((len(queries), places.max() + 1), np.inf)  # (queries, passages of a question)
    pool[lines, places] = ranks["rank_pool"]
    starts = np.flatnonzero(queries["question_id"].ne(queries["question_id"].shift()))
    shared = np.logical_and.reduceat(np.isfinite(pool), starts, axis=0)
    shared = np.repeat(shared, np.diff(starts, append=len(queries)), axis=0)
    order = np.where(shared, pool, np.inf).argsort(axis=1).argsort(axis=1)  # passages that are not shared come last
    n = shared.sum(axis=1)
    pairs = _pairs(queries[n > 1])
    differences = (order[pairs["line"]] - order[pairs["other_line"]]) * shared[pairs["line"]]
    sizes = n[pairs["line"]]
    return pairs.assign(value=1 - 6 * (differences**2).sum(axis=1) / (sizes * (sizes**2 - 1)))[PAIR]


def list_correlations(top: pd.DataFrame) -> pd.DataFrame:
    """Return how alike the k best passages for two translations of a question are, for each ordered pair of them.

    ``top`` has the k best passages of the pool for each query: columns query_id, question_id, query_lang, passage_id,
    rank. Queries with fewer than k are left out. Columns of the result: query_id, query_lang, other_lang, value.

    The value is Spearman's correlation over the passages in at least one of the two lists. If a list lacks some of
    them, they are tied behind its last passage. Equal lists give 1. Lists that share no passage give less than 0
    (for k = 10, -500 / 582.5 = -0.86).

    Source: MRC@k of arXiv 2509.06195, which is Spearman's correlation of the ranked lists of two languages, averaged
    over languages and queries. How to rank the passages that a list lacks is a choice of this project.
    """
    k = int(top["rank"].max()) if len(top) else 0
    full = top[top.groupby("query_id")["rank"].transform("size") == k]
    queries = full[QUERY].drop_duplicates(ignore_index=True)
    places = full.assign(line=pd.Index(queries["query_id"]).get_indexer(full["query_id"]))
    places = places[["question_id", "passage_id", "line", "rank"]]
    common = places.merge(places, on=["question_id", "passage_id"], suffixes=("", "_other"))
    common = common.assign(product=common["rank"] * common["rank_other"], size=1)
    sums = common.groupby(["line", "line_other"])[["size", "rank", "rank_other", "product"]].sum()
    pairs = _pairs(queries)
    keys = pd.MultiIndex.from_frame(pairs[["line", "other_line"]])
    size, one, other, product = sums.reindex(keys, fill_value=0).to_numpy(dtype=float).T
    return pairs.assign(value=_union_correlation(k, size, one=one, other=other, product=product))[PAIR]


def _union_correlation(
    k: int, size: np.ndarray, *, one: np.ndarray, other: np.ndarray, product: np.ndarray
) -> np.ndarray:
    """Return Spearman's correlation of pairs of lists of length ``k``, shape (pairs,).

    ``size`` is the number of passages in both lists. ``one`` and ``other`` are the sums of their ranks in each list.
    ``product`` is the sum of the products of their two ranks. All have the shape (pairs,).
    """
    union = 2 * k - size
    middle, behind = (union + 1) / 2, (k + 1 + union) / 2  # mean rank of all passages, and of those that a list lacks
    all_ranks = k * (k + 1) / 2
    both = product - middle * (one + other) + size * middle**2
    in_one_only = (2 * all_ranks - one - other - 2 * (k - size) * middle) * (behind - middle)
    variance = k * (k + 1) * (2 * k + 1) / 6 - 2 * middle * all_ranks + k * middle**2
    variance = variance + (k - size) * (behind - middle) ** 2
    return np.divide(both + in_one_only, variance, out=np.ones_like(size), where=variance > 0)


def _pairs(queries: pd.DataFrame) -> pd.DataFrame:
    """Return ordered pairs of queries that ask one question in two languages.

    Columns: line, query_id, question_id, query_lang, other_line, other_lang. The lines are row labels of ``queries``.
    """
    lines = queries.rename_axis("line").reset_index()
    others = lines.rename(columns={"line": "other_line", "query_lang": "other_lang"}).drop(columns="query_id")
    pairs = lines.merge(others, on="question_id")
    return pairs[pairs["query_lang"] != pairs["other_lang"]].reset_index(drop=True)
