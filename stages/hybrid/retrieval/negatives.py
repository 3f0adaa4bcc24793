"""Hard negatives: passages that the base encoder ranks near a query but that do not answer it.

Source: arXiv 2007.00808 for mined negatives; arXiv 2010.08191 for leaving out passages that are too near.
"""

import numpy as np
import pandas as pd

from stages.hybrid.fair_negatives import is_fair, pair_codes
from stages.hybrid.records import Negative
from stages.hybrid.retrieval.dense.search import build_index, search_passages
from stages.hybrid.retrieval.params import IndexParams, NegativesParams

TYPES = {name: "float32" if name == "score" else "str" for name in Negative._fields}  # of the columns


def mine_negatives(
    pairs: pd.DataFrame, params: NegativesParams, *, queries: np.ndarray, passages: np.ndarray
) -> pd.DataFrame:
    """Return the hard negatives of every query, with the columns of `Negative`.

    A negative is never from the query's own group, page or twins, and a query never has two negatives from one group.
    Rows are in the order of the queries, and for each query by falling score. Equal scores are ordered by group id and
    language. ``score`` is the cosine of query and negative, in [-1, 1].

    Args:
        pairs: Columns group_id, page_id, lang and twin_id, sorted by (group_id, lang).
        params: Which negatives to mine, and how many.
        queries: L2-normalised embeddings of the pairs' queries, float32, shape (pairs, dim).
        passages: Those of the pairs' passages, float32, shape (pairs, dim). Row i is the positive of query i.

    Raises:
        UserError: An embedding of a passage is not finite.
    """
    if not params.per_query or pairs.empty:
        return no_negatives()
    pools = pairs["lang"].to_numpy() if params.language == "same" else np.zeros(len(pairs))
    found = []
    for _, rows in pd.Series(np.arange(len(pairs))).groupby(pools):
        pool = rows.to_numpy()
        index = build_index(passages[pool], IndexParams(kind="exact", approximate_from=1))
        rows_found, scores = search_passages(index, queries[pool], k=params.depth, passage_ids=pool)
        found.append(_list_near(pool, rows_found, scores))
    near = pd.concat(found, ignore_index=True)
    near = near[_is_eligible(near, pairs, queries=queries, passages=passages, margin=params.margin)]
    return _name(_best(near, pairs, params.per_query), pairs)


def no_negatives() -> pd.DataFrame:
    """Return an empty table with the columns of `Negative`."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in TYPES.items()})


def _list_near(pool: np.ndarray, rows: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
    """Return one row for each query and near passage, best first: query, passage (rows of the pairs) and score."""
    queries = np.repeat(pool, rows.shape[1])
    return pd.DataFrame({"query": queries, "passage": pool[rows.ravel()], "score": scores.ravel()})


def _is_eligible(
    near: pd.DataFrame, pairs: pd.DataFrame, *, queries: np.ndarray, passages: np.ndarray, margin: float
) -> np.ndarray:
    """Return which rows of ``near`` are fair negatives and at least ``margin`` below the positive, shape (rows,)."""
    positives = np.einsum("ij,ij->i", queries, passages)  # (pairs,)
    query_rows, passage_rows = near["query"].to_numpy(), near["passage"].to_numpy()
    below = near["score"].to_numpy() <= positives[query_rows] - margin
    codes = pair_codes(pairs)
    return below & is_fair(codes[query_rows], codes[passage_rows])


def _best(near: pd.DataFrame, pairs: pd.DataFrame, number: int) -> pd.DataFrame:
    """Return the first ``number`` passages of each query, with each group once."""
    groups = pd.factorize(pairs["group_id"])[0][near["passage"]]
    once = near[~near.assign(group=groups).duplicated(["query", "group"])]
    return once[once.groupby("query").cumcount() < number].sort_values("query", kind="stable")


def _name(chosen: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the chosen passages with the columns of `Negative`."""
    queries, passages = pairs.iloc[chosen["query"]], pairs.iloc[chosen["passage"]]
    columns = [queries["group_id"], queries["lang"], passages["group_id"], passages["lang"], chosen["score"]]
    named = dict(zip(TYPES, (column.to_numpy() for column in columns), strict=True))
    return pd.DataFrame(named).astype(TYPES)
