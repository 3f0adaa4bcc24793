"""Hard negatives: passages that the base encoder puts near a query though they do not answer it.

Source: arXiv 2007.00808 (mined negatives), arXiv 2010.08191 (near-positives are no fair negatives).
"""

import numpy as np
import pandas as pd

from stages.hybrid.fair_negatives import is_fair, pair_codes
from stages.hybrid.records import Negative
from stages.hybrid.retrieval.params import IndexParams, NegativesParams
from stages.hybrid.retrieval.search import build_index, search_passages

TYPES = {name: "float32" if name == "score" else "str" for name in Negative._fields}


def mine_negatives(
    pairs: pd.DataFrame, queries: np.ndarray, passages: np.ndarray, params: NegativesParams
) -> pd.DataFrame:
    """Return the hard negatives of every query, with the columns of `Negative`.

    Never of the query's own group, page or twins, nor two of one group; in the order of the queries, then best first,
    equal scores by group id and language. ``score`` is the cosine of query and negative.

    Args:
        pairs: group_id, page_id, lang and twin_id, sorted by (group_id, lang).
        queries: L2-normalised embeddings of the pairs' queries, float32, shape (pairs, dim).
        passages: the same of their passages; row i is the positive of query i.
        params: what is mined.
    """
    if not params.per_query or pairs.empty:
        return no_negatives()
    whole = np.zeros(len(pairs), dtype=np.int64)
    pools = pairs["lang"].to_numpy() if params.language == "same" else whole
    found = []
    for rows in pd.Series(np.arange(len(pairs))).groupby(pools):
        pool = rows[1].to_numpy()
        index = build_index(passages[pool], IndexParams(kind="exact", approximate_from=1))
        near, scores = search_passages(index, queries[pool], k=params.depth, passage_ids=pool)
        found.append(_list_candidates(pool, near, scores))
    candidates = pd.concat(found, ignore_index=True)
    candidates = candidates[_is_fair(candidates, pairs, queries, passages, margin=params.margin)]
    return _name(_best(candidates, pairs, params.per_query), pairs)


def no_negatives() -> pd.DataFrame:
    """Return an empty table with the columns of `Negative`."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in TYPES.items()})


def _list_candidates(pool: np.ndarray, near: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
    """Return a row a query and near passage: query, passage (rows of the pairs) and score, best first."""
    asked = np.repeat(pool, near.shape[1])
    return pd.DataFrame({"query": asked, "passage": pool[near.ravel()], "score": scores.ravel()})


def _is_fair(
    candidates: pd.DataFrame, pairs: pd.DataFrame, queries: np.ndarray, passages: np.ndarray, *, margin: float
) -> np.ndarray:
    """Return which candidates are neither of the query's group, page or meaning nor too near, shape (candidates,)."""
    positives = np.einsum("ij,ij->i", queries, passages)  # (pairs,)
    asked, near = candidates["query"].to_numpy(), candidates["passage"].to_numpy()
    fair = candidates["score"].to_numpy() <= positives[asked] - margin
    codes = pair_codes(pairs)
    return fair & is_fair(codes[asked], codes[near])


def _best(candidates: pd.DataFrame, pairs: pd.DataFrame, number: int) -> pd.DataFrame:
    """Return the first ``number`` candidates of each query, each group once."""
    groups = pd.factorize(pairs["group_id"])[0][candidates["passage"]]
    once = candidates[~candidates.assign(group=groups).duplicated(["query", "group"])]
    return once[once.groupby("query").cumcount() < number].sort_values("query", kind="stable")


def _name(chosen: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the chosen rows with the names of their groups and languages."""
    asked, near = pairs.iloc[chosen["query"]], pairs.iloc[chosen["passage"]]
    columns = [
        asked["group_id"], asked["lang"], near["group_id"], near["lang"], chosen["score"]
    ]  # fmt: skip
    named = dict(zip(TYPES, (column.to_numpy() for column in columns), strict=True))
    return pd.DataFrame(named).astype(TYPES)
