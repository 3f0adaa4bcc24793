"""Retrieval quality from exact ranks: the measures of each query, and their means per cell and per benchmark."""

import numpy as np
import pandas as pd

from stages.hybrid.evaluation.names import ALL_LANGUAGES, CELL, QUERY_IN_CELL, SETTINGS, setting_order

MAP_CUTOFF = 20  # for map@20, which LAReQA and XTREME-R report
NDCG_CUTOFF = 10


def measure_queries(ranks: pd.DataFrame, cutoffs: list[int]) -> pd.DataFrame:
    """Return the measures of each query in each cell, one row per query and cell, one column per measure.

    Columns: setting, query_lang, passage_lang, query_id, question_id, then the measures, all in [0, 1]. The settings
    are

    - monolingual: the passages of the query's language
    - cross_lingual: the passages of one other language, so one row for each
    - multilingual: the passages of all languages; passage_lang is "all"

    If a query has no relevant passage in a cell, it has no row there. The R relevant passages in a cell have the ranks
    r_1 < ... < r_R and the relevances g_1 ... g_R. The measures are

    - map: 1/R * sum of i / r_i over i = 1..R
    - map@20: the same sum over r_i <= 20, divided by R and not by min(R, 20)
    - mrr: 1 / r_1
    - ndcg@10: sum of g_i / log2(r_i + 1) over r_i <= 10, divided by the same sum for the relevances in falling order
    - recall@k: share of the R passages with r_i <= k
    - success@k: 1 if r_1 <= k, else 0

    Args:
        ranks: The table of `exact_ranks`.
        cutoffs: The k of recall@k and success@k.

    Source: trec_eval (map, map_cut, recip_rank, ndcg_cut, recall, success). ranx has the same conventions.
    """
    alike = ranks["query_lang"] == ranks["passage_lang"]
    within = ranks.assign(setting=np.where(alike, "monolingual", "cross_lingual"), rank=ranks["rank_lang"])
    pooled = ranks.assign(setting="multilingual", passage_lang=ALL_LANGUAGES, rank=ranks["rank_pool"])
    relevant = pd.concat([within, pooled], ignore_index=True)
    relevant["setting"] = pd.Categorical(relevant["setting"], categories=list(SETTINGS))
    relevant = relevant.sort_values([*QUERY_IN_CELL, "rank"], ignore_index=True)
    first = relevant[QUERY_IN_CELL].ne(relevant[QUERY_IN_CELL].shift()).any(axis=1).to_numpy()
    starts = np.flatnonzero(first)
    measures = _measures(relevant["rank"].to_numpy(), relevant["relevance"].to_numpy(), starts=starts, cutoffs=cutoffs)
    table = relevant.loc[first, QUERY_IN_CELL].reset_index(drop=True).assign(**measures)
    return table.astype({"setting": str})


def _measures(ranks: np.ndarray, gains: np.ndarray, *, starts: np.ndarray, cutoffs: list[int]) -> dict[str, np.ndarray]:
    """Return each measure, one value per group. Group i is ``starts[i]:starts[i + 1]``; its ranks ascend."""
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


def measure_names(measured: pd.DataFrame) -> list[str]:
    """Return the names of the measures in a table of `measure_queries`, in its order."""
    return [name for name in measured.columns if name not in QUERY_IN_CELL]


def average_cells(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of each measure over the queries of each cell. ``measured`` is the table of `measure_queries`.

    Columns: setting, query_lang, passage_lang, measure, value, n_queries. Rows are in the order of `SETTINGS`, then of
    the languages.
    """
    groups = measured.groupby(CELL, sort=False)
    means = groups[measure_names(measured)].mean().assign(n_queries=groups.size()).reset_index()
    return means.melt([*CELL, "n_queries"], var_name="measure").pipe(_in_order, CELL)


def average_benchmark(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the benchmark's figures: for each setting and measure, the mean over the means of its cells.

    So every cell weighs the same, however many queries it has. ``measured`` is the table of `measure_queries`.

    Columns: setting, measure, value, n_queries (distinct queries). Rows are in the order of `SETTINGS`.
    """
    means = average_cells(measured).groupby(["setting", "measure"], sort=False)["value"].mean().reset_index()
    counts = measured.groupby("setting")["query_id"].nunique()
    return means.assign(n_queries=means["setting"].map(counts)).pipe(_in_order, ["setting"])


def average_languages(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of each query language: the mean over its cells, which are its passage languages.

    ``measured`` is the table of `measure_queries`.

    Columns: setting, query_lang, measure, value, n_queries (distinct queries). Rows are in the order of `SETTINGS`.
    """
    keys = ["setting", "query_lang"]
    means = average_cells(measured).groupby([*keys, "measure"], sort=False)["value"].mean().reset_index()
    counts = measured.groupby(keys)["query_id"].nunique().rename("n_queries").reset_index()
    return means.merge(counts, on=keys).pipe(_in_order, keys)


def pooled_means(measured: pd.DataFrame, *, depth: int) -> dict[str, float]:
    """Return ndcg@10 and recall@k of the multilingual setting, for k up to ``depth``, as means over all queries.

    A TREC run of that depth has the same scores if its index is exact. ``measured`` is the table of `measure_queries`.
    """
    pooled = measured[measured["setting"] == "multilingual"]
    names = [name for name in measure_names(measured) if name.startswith(("ndcg@", "recall@"))]
    return {name: float(pooled[name].mean()) for name in names if int(name.split("@")[1]) <= depth}


def _in_order(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return ``table`` sorted by setting and languages, with measure, value and n_queries as its last columns.

    The measures of one cell keep their order.
    """
    ordered = table.assign(position=setting_order(table["setting"])).sort_values(
        ["position", *keys[1:]], kind="stable", ignore_index=True
    )
    return ordered[[*keys, "measure", "value", "n_queries"]]
