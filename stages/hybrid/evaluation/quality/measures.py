"""Retrieval quality from exact ranks: measures a query, means a setting, means a benchmark."""

import numpy as np
import pandas as pd

from stages.hybrid.evaluation.names import ALL_LANGUAGES, CELL, SETTINGS

QUERY_COLUMNS = [*CELL, "query_id", "question_id"]
MAP_CUTOFF = 20  # map@20, the figure that LAReQA and XTREME-R report
NDCG_CUTOFF = 10


def measure_queries(ranks: pd.DataFrame, cutoffs: list[int]) -> pd.DataFrame:
    """Return one row for each setting and query, with one column for each measure, from the table of `exact_ranks`.

    Columns: setting, query_lang, passage_lang, query_id, question_id, then the measures. Settings: "monolingual"
    (passages of the query's language), "cross_lingual" (passages of one other language), "multilingual" (passages of
    all languages; passage_lang is "all"). A query without a relevant passage in a setting is no part of it. All
    measures lie in [0, 1].

    Over the R relevant passages of a query, at ranks r_1 < ... < r_R with relevances g_1 ... g_R:

    - map: 1/R * sum of i / r_i over i = 1..R
    - map@20: the same sum over r_i <= 20, still divided by R and not by min(R, 20)
    - mrr: 1 / r_1
    - ndcg@10: sum of g_i / log2(r_i + 1) over r_i <= 10, divided by the same sum for the relevances in falling order
    - recall@k: share of the R passages with r_i <= k
    - success@k: 1 where r_1 <= k, else 0

    Source: trec_eval (map, map_cut, recip_rank, ndcg_cut, recall, success), whose conventions ranx shares.
    """
    alike = ranks["query_lang"] == ranks["passage_lang"]
    within = ranks.assign(setting=np.where(alike, "monolingual", "cross_lingual"), rank=ranks["rank_lang"])
    pooled = ranks.assign(setting="multilingual", passage_lang=ALL_LANGUAGES, rank=ranks["rank_pool"])
    relevant = pd.concat([within, pooled], ignore_index=True)
    relevant["setting"] = pd.Categorical(relevant["setting"], categories=list(SETTINGS))
    relevant = relevant.sort_values([*QUERY_COLUMNS, "rank"], ignore_index=True)
    first = relevant[QUERY_COLUMNS].ne(relevant[QUERY_COLUMNS].shift()).any(axis=1).to_numpy()
    starts = np.flatnonzero(first)
    measures = _measures(relevant["rank"].to_numpy(), relevant["relevance"].to_numpy(), starts=starts, cutoffs=cutoffs)
    table = relevant.loc[first, QUERY_COLUMNS].reset_index(drop=True).assign(**measures)
    return table.astype({"setting": str})


def _measures(ranks: np.ndarray, gains: np.ndarray, *, starts: np.ndarray, cutoffs: list[int]) -> dict[str, np.ndarray]:
    """Return each measure, one value a group; group i is ``starts[i]:starts[i + 1]``, its ranks rising."""
    if not len(starts):
        return {}
    sizes = np.diff(starts, append=len(ranks))
    place = np.arange(len(ranks)) - np.repeat(starts, sizes) + 1  # i of r_i
    ideal_gains = gains[np.lexsort((-gains, np.repeat(np.arange(len(starts)), sizes)))]

    def total(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, starts)

    def gain(values: np.ndarray, at: np.ndarray) -> np.ndarray:
        return total(np.where(at <= NDCG_CUTOFF, values / np.log2(at + 1), 0.0))

    precision = place / ranks
    measures = {
        "map": total(precision) / sizes,
        f"map@{MAP_CUTOFF}": total(np.where(ranks <= MAP_CUTOFF, precision, 0.0)) / sizes,
        "mrr": 1.0 / ranks[starts],
        f"ndcg@{NDCG_CUTOFF}": gain(gains, ranks) / gain(ideal_gains, place),
    }
    measures |= {f"recall@{k}": total((ranks <= k).astype(float)) / sizes for k in cutoffs}
    return measures | {f"success@{k}": (ranks[starts] <= k).astype(float) for k in cutoffs}


def measure_names(queries: pd.DataFrame) -> list[str]:
    """Return the names of the measures that a table of `measure_queries` holds, in its order."""
    return [name for name in queries.columns if name not in QUERY_COLUMNS]


def average_cells(queries: pd.DataFrame) -> pd.DataFrame:
    """Return the means over the queries of each setting and language pair.

    Columns: setting, query_lang, passage_lang, measure, value, n_queries; rows in the order of `SETTINGS`, then by
    languages.
    """
    groups = queries.groupby(CELL, sort=False)
    means = groups[measure_names(queries)].mean().assign(n_queries=groups.size()).reset_index()
    return means.melt([*CELL, "n_queries"], var_name="measure").pipe(_in_order, CELL)


def average_benchmark(queries: pd.DataFrame) -> pd.DataFrame:
    """Return the benchmark's figures: the mean, for each kind of setting, over the means of its language pairs.

    So every language pair weighs the same, however many queries it has. ``n_queries`` counts the distinct queries
    that enter.
    Columns: setting, measure, value, n_queries; rows in the order of `SETTINGS`.
    """
    means = average_cells(queries).groupby(["setting", "measure"], sort=False)["value"].mean().reset_index()
    counts = queries.groupby("setting")["query_id"].nunique()
    return means.assign(n_queries=means["setting"].map(counts)).pipe(_in_order, ["setting"])


def average_languages(queries: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of each query language: the mean over the passage languages it is asked in.

    Columns: setting, query_lang, measure, value, n_queries (distinct queries); rows in the order of `SETTINGS`.
    """
    keys = ["setting", "query_lang"]
    means = average_cells(queries).groupby([*keys, "measure"], sort=False)["value"].mean().reset_index()
    counts = queries.groupby(keys)["query_id"].nunique().rename("n_queries").reset_index()
    return means.merge(counts, on=keys).pipe(_in_order, keys)


def pooled_means(queries: pd.DataFrame, *, depth: int) -> dict[str, float]:
    """Return the multilingual setting's plain means over all queries: ndcg@10 and recall@k up to ``depth``.

    They are what a TREC run of that depth must score, where its index is exact.
    """
    pooled = queries[queries["setting"] == "multilingual"]
    names = [name for name in measure_names(queries) if name.startswith(("ndcg@", "recall@"))]
    return {name: float(pooled[name].mean()) for name in names if int(name.split("@")[1]) <= depth}


def _in_order(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return ``table`` by setting, languages and, as they came, measures, with value and n_queries last."""
    position = table["setting"].map({setting: i for i, setting in enumerate(SETTINGS)})
    ordered = table.assign(position=position).sort_values(["position", *keys[1:]], kind="stable", ignore_index=True)
    return ordered[[*keys, "measure", "value", "n_queries"]]
