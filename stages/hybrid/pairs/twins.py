"""Twins: groups that say the same, and so are false negatives of each other if they meet in a batch."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from stages.hybrid.languages import comparison_key
from stages.hybrid.pairs.near_duplicates import near_duplicates


def twin_ids(pairs: pd.DataFrame) -> pd.Series:
    """Return the family of twins of each row of ``pairs``, named by the first group id in the family.

    Two groups are twins if one of these is true:

    - Their queries or their passages in some language differ only in case, punctuation and spacing.
    - Their passages in some language are nearly equal (`near_duplicates`).
    - A third group is a twin of both.

    Texts without letters or digits are not compared.
    """
    groups, names = pd.factorize(pairs["group_id"], sort=True)
    keys = {side: pairs[side].map(comparison_key).to_numpy() for side in ("query", "passage")}
    equal = [_equal_texts(pairs["lang"].to_numpy(), texts) for texts in keys.values()]
    links = np.concatenate([*equal, _near_passages(pairs["lang"].to_numpy(), keys["passage"])])
    left, right = groups[links].T
    graph = coo_matrix((np.ones(len(links), dtype=bool), (left, right)), shape=(len(names), len(names)))
    _, families = connected_components(graph, directed=False)
    first = pd.Series(names).groupby(families).transform("first")
    return pd.Series(first.to_numpy()[groups], index=pairs.index)


def _equal_texts(langs: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return links (row, first row of the same language and key), shape (links, 2); an empty key has no link."""
    table = pd.DataFrame({"lang": langs, "key": keys, "row": np.arange(len(keys))})
    table = table[table["key"] != ""]
    table["first"] = table.groupby(["lang", "key"])["row"].transform("first")
    return table[["row", "first"]].to_numpy(dtype=np.int64)


def _near_passages(langs: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return links between rows whose passages are near-duplicates in one language, shape (links, 2)."""
    table = pd.DataFrame({"lang": langs, "key": keys})
    distinct = table[table["key"] != ""].drop_duplicates()
    found = [np.empty((0, 2), dtype=np.int64)]
    for _, rows in distinct.groupby("lang"):
        found.append(rows.index.to_numpy()[near_duplicates(rows["key"].tolist())])
    return np.concatenate(found)
