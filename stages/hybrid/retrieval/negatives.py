"""Hard negatives: passages that the base encoder puts near a query though they do not answer it.

Source: arXiv 2007.00808 (mined negatives), arXiv 2010.08191 (near-positives are no fair negatives).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Negative
from stages.hybrid.retrieval.search import IndexSettings, build_index, search_passages

LANGUAGES = ("same", "any")
TYPES = {name: "float32" if name == "score" else "str" for name in Negative._fields}


@dataclass(frozen=True)
class NegativesSettings:
    """Which hard negatives are mined.

    ``per_query``: how many at most; 0 mines none. ``language``: ``same`` looks among passages of the query's language,
    ``any`` among all. ``margin``: how much below the positive's score, a cosine, a negative's is at least. ``depth``:
    how many of the nearest passages are looked at; where these hold fewer fair negatives, the query has fewer.
    """

    per_query: int
    language: str
    margin: float
    depth: int

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise UserError(f"language is {self.language!r}, expected one of {', '.join(LANGUAGES)}")
        if not 0 <= self.per_query <= self.depth:
            raise UserError(
                f"per_query is {self.per_query} and depth {self.depth}, expected 0 or more, and no less depth than that"
            )
        if not -2 <= self.margin <= 2:
            raise UserError(f"margin is {self.margin}, expected a difference of cosines, from -2 (no margin) to 2")


def mine_negatives(
    pairs: pd.DataFrame, queries: np.ndarray, passages: np.ndarray, settings: NegativesSettings
) -> pd.DataFrame:
    """Return the hard negatives of every query, with the columns of `Negative`.

    Never of the query's own group, page or twins, nor two of one group; in the order of the queries, then best first,
    equal scores by group id and language. ``score`` is the cosine of query and negative.

    Args:
        pairs: group_id, page_id, lang and twin_id, sorted by (group_id, lang).
        queries: L2-normalised embeddings of the pairs' queries, float32, shape (pairs, dim).
        passages: the same of their passages; row i is the positive of query i.
        settings: what is mined.
    """
    if not settings.per_query or pairs.empty:
        return no_negatives()
    whole = np.zeros(len(pairs), dtype=np.int64)
    pools = pairs["lang"].to_numpy() if settings.language == "same" else whole
    found = []
    for rows in pd.Series(np.arange(len(pairs))).groupby(pools):
        pool = rows[1].to_numpy()
        index = build_index(passages[pool], IndexSettings("exact", approximate_from=1))
        near, scores = search_passages(index, queries[pool], k=settings.depth, passage_ids=pool)
        found.append(_list_candidates(pool, near, scores))
    candidates = pd.concat(found, ignore_index=True)
    candidates = candidates[_is_fair(candidates, pairs, queries, passages, margin=settings.margin)]
    return _name(_best(candidates, pairs, settings.per_query), pairs)


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
    for column in ("group_id", "page_id", "twin_id"):
        codes = pd.factorize(pairs[column])[0]
        fair &= codes[asked] != codes[near]
    return fair


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
