"""Groups that say the same: twins are false negatives when they meet in a batch."""

import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from stages.hybrid.languages import comparison_key


def twin_ids(pairs: pd.DataFrame) -> pd.Series:
    """Return, for each row of ``pairs``, the group id that stands for all groups that say the same.

    Two groups are twins if, in some language, their queries or their passages are equal but for case, punctuation and
    spacing, or if a third group is a twin of both.
    """
    groups, names = pd.factorize(pairs["group_id"], sort=True)
    texts = pd.concat([pairs["lang"] + "\tquery\t" + pairs["query"].map(comparison_key),
                       pairs["lang"] + "\tpassage\t" + pairs["passage"].map(comparison_key)])  # fmt: skip
    keys, distinct = pd.factorize(texts)
    rows = [*groups, *groups]
    # a graph whose nodes are groups and texts; groups that a text connects are twins
    size = len(names) + len(distinct)
    graph = coo_matrix(([True] * len(rows), (rows, keys + len(names))), shape=(size, size))
    _, components = connected_components(graph, directed=False)
    first = pd.Series(names).groupby(components[: len(names)]).transform("first")
    return pd.Series(first.to_numpy()[groups], index=pairs.index)
