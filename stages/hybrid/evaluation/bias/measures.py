"""Language bias: how much the rank of a passage in the pool depends on its language instead of its content."""

import numpy as np
import pandas as pd
from scipy.special import rel_entr
from scipy.stats import chi2

from stages.hybrid.evaluation.names import LANGUAGE_PAIR, MEAN, QUERY

Agreement = dict[str, pd.DataFrame]  # by measure, as `translation_agreement` returns it


def measure_bias(
    ranks: pd.DataFrame, top: pd.DataFrame, *, agreement: Agreement, pool_size: int, top_k: int
) -> pd.DataFrame:
    """Return the bias measures of each query, one row per query.

    Columns: query_id, question_id, query_lang, then the measures. If a measure is not defined for a query, it is NaN.

    Args:
        ranks: The table of `exact_ranks`.
        top: The ``top_k`` best passages of the pool for each query: query_id, query_lang, passage_lang, rank.
        agreement: What `translation_agreement` returns.
        pool_size: Number of passages in the pool.
        top_k: Number of passages per query in ``top``, for the names of measures.
    """
    queries = ranks[QUERY].drop_duplicates(ignore_index=True)
    distances = rank_distances(ranks)
    measures = {
        "rank_distance": distances,
        "rank_distance_share": distances / pool_size,
        "own_language_first": own_language_first(ranks),
        f"own_language_share@{top_k}": own_language_share(top),
        f"awrf@{top_k}": attention_fairness(ranks, top),
        "peer": equal_expected_ranks(ranks),
    }
    measures |= {name: table.groupby("query_id")["value"].mean() for name, table in agreement.items()}
    return queries.assign(**{name: queries["query_id"].map(values) for name, values in measures.items()})


def rank_distances(ranks: pd.DataFrame) -> pd.Series:
    """Return, by query id, the pool rank of the last relevant passage minus that of the first.

    That is max r_i - min r_i over the ranks r_i of the query's relevant passages in the pool of all languages. If they
    are ranked one after another, it is the number of relevant passages minus 1. At most it is the size of the pool
    minus 1. Queries with one relevant passage are left out. It is smaller if no language is preferred, and also if
    ranking is better.

    Source: Huang et al. 2023, as used in arXiv 2408.10536.
    """
    pool = ranks.groupby("query_id")["rank_pool"].agg(["min", "max", "size"])
    pool = pool[pool["size"] > 1]
    return (pool["max"] - pool["min"]).astype(float)


def own_language_first(ranks: pd.DataFrame) -> pd.Series:
    """Return, by query id, 1.0 if the best-ranked relevant passage is in the query's language, else 0.0.

    Queries are left out unless they have relevant passages both in their own and in another language. If each has L
    parallel passages, an unbiased ranking has the query's language first for 1 / L of the queries.

    Source: after the language preference rate (LPR) of arXiv 2605.07249, the rate at which the query's language wins.
    """
    alike = ranks["query_lang"] == ranks["passage_lang"]
    own = ranks[alike].groupby("query_id")["rank_pool"].min()
    other = ranks[~alike].groupby("query_id")["rank_pool"].min()
    best = pd.concat([own.rename("own"), other.rename("other")], axis=1, join="inner")
    return (best["own"] < best["other"]).astype(float)


def own_language_share(top: pd.DataFrame) -> pd.Series:
    """Return, by query id, the share of the top passages that are in the query's language, in [0, 1]."""
    return (top["query_lang"] == top["passage_lang"]).groupby(top["query_id"]).mean()


def attention_fairness(ranks: pd.DataFrame, top: pd.DataFrame) -> pd.Series:
    """Return, by query id, the attention-weighted rank fairness (AWRF) of the top passages, in [1 - ln 2, 1].

    It is 1 - JSD(e, t), with the Jensen-Shannon divergence in nats. It is 1 if
    the shares are equal.

    - e_l is the share of language l in the attention, which is 1 / log2(max(rank, 2)) for each top passage
    - t_l is the share of language l in the query's relevant passages

    Source: Sapiezynski et al. 2019, as computed in TREC Fair Ranking 2021, task 1, which has another target t.
    """
    attention = top.assign(attention=1 / np.log2(np.maximum(top["rank"], 2)))
    exposure = attention.pivot_table(index="query_id", columns="passage_lang", values="attention", aggfunc="sum")
    target = pd.crosstab(ranks["query_id"], ranks["passage_lang"])
    exposure, target = exposure.align(target, fill_value=0.0)
    exposure, target = exposure.fillna(0.0).loc[target.sum(axis=1) > 0], target.loc[target.sum(axis=1) > 0]
    e, t = (table.div(table.sum(axis=1), axis=0).to_numpy(dtype=float) for table in (exposure, target))
    middle = (e + t) / 2  # (queries, languages)
    divergence = (rel_entr(e, middle) + rel_entr(t, middle)).sum(axis=1) / 2
    return pd.Series(1 - divergence, index=target.index)


def equal_expected_ranks(ranks: pd.DataFrame) -> pd.Series:
    """Return, by query id, PEER: the probability, in [0, 1], that the languages' passages have equal expected ranks.

    It is the p-value of Kruskal and Wallis' test for each relevance level, averaged over the levels. That is the upper
    tail at H of the chi-squared distribution with L - 1 degrees of freedom, where

        H = (n - 1) * sum of n_l (m_l - m)^2 / sum of (r_i - m)^2

    The level has n passages in L languages, at the ranks r_i in the pool, with the mean m. Language l has n_l of them,
    with the mean m_l.

    A level is tested if it has at least two languages, one of them with two passages or more. Queries without such a
    level are left out. With one relevant passage per language, as in XQuAD-R, MLQA-R and GNOME's help, H would be n - 1
    for every ranking.

    Source: arXiv 2405.00978, and its authors' code, peer_measure. As there, r_i are the ranks in the whole ranking; the
    textbook's test first ranks the n passages among themselves. There the user chooses a weight for each level. Here
    all relevant levels weigh the same, and passages that are not relevant have no weight.
    """
    level = ["query_id", "relevance"]
    groups = ranks.groupby([*level, "passage_lang"])["rank_pool"].agg(["mean", "size"])
    levels = ranks.groupby(level)["rank_pool"].agg(["mean", "size", "var"])
    languages = groups.groupby(level).size()
    distance = groups["mean"] - levels["mean"].reindex(groups.index.droplevel("passage_lang")).to_numpy()
    between = (groups["size"] * distance**2).groupby(level).sum()
    p = pd.Series(chi2.sf(between / levels["var"], languages - 1), index=levels.index)
    return p[(languages > 1) & (levels["size"] > languages)].groupby("query_id").mean()


def language_shares(top: pd.DataFrame) -> pd.DataFrame:
    """Return the mean share of each language in the top passages, by query language.

    Index: query_lang. Columns: the languages that occur. Values are in [0, 1], and each row sums to 1.
    """
    return pd.crosstab(top["query_lang"], top["passage_lang"], normalize="index")


def language_divergences(top: pd.DataFrame, *, pool_langs: int) -> pd.Series:
    """Return, by query language, how far the languages of the top passages are from equal shares, in [0, ln L] nats.

    It is KL(p || u) = sum of p_l ln(p_l L) over the L languages of the pool. p_l is the mean share of language l
    (`language_shares`), u the uniform distribution. If the languages have unequal numbers of passages, even an
    unbiased ranking diverges a little.
    """
    shares = language_shares(top)
    return pd.Series(rel_entr(shares.to_numpy(), 1 / pool_langs).sum(axis=1), index=shares.index)


def average_bias(biased: pd.DataFrame, divergences: pd.Series, *, top_k: int) -> pd.DataFrame:
    """Return the mean of each measure for each query language, after rows `MEAN` with the mean over query languages.

    ``biased`` is the table of `measure_bias`, ``divergences`` the result of `language_divergences`. Columns:
    query_lang, measure, value, n_queries (queries for which the measure is defined).
    """
    names = [name for name in biased.columns if name not in QUERY]
    groups = biased.groupby("query_lang")[names]
    values, counts = groups.mean(), groups.count()
    values[f"language_divergence@{top_k}"] = divergences
    counts[f"language_divergence@{top_k}"] = groups.size()
    rows = [
        (lang, name, values[name][lang], int(counts[name][lang])) for lang in values.index for name in values.columns
    ]
    means = [(MEAN, name, values[name].mean(), int(counts[name].sum())) for name in values.columns]
    table = pd.DataFrame([*means, *rows], columns=["query_lang", "measure", "value", "n_queries"])
    return table[table["n_queries"] > 0].reset_index(drop=True)


def bias_by_pair(ranks: pd.DataFrame, top: pd.DataFrame, *, agreement: Agreement, top_k: int) -> pd.DataFrame:
    """Return bias measures for each query language and passage language.

    Columns: query_lang, passage_lang, measure, value, n_queries.

    - share@k: the share of the passage language in the top passages (`language_shares`); 0 if it has relevant passages
      but none in the top
    - mean_rank: the mean rank, from 1, of the relevant passages in the passage language in the pool
    - first: of the queries with a relevant passage in the passage language, the share that rank it before all others
    - those of ``agreement``: the mean over the questions. Here passage_lang is the language of the other translation
    """
    asked = top.groupby("query_lang")["query_id"].nunique()
    langs = sorted({*top["passage_lang"], *ranks["passage_lang"]})
    shares = language_shares(top).reindex(columns=langs, fill_value=0.0).reset_index()
    shares = shares.melt("query_lang", var_name="passage_lang").assign(measure=f"share@{top_k}")
    tables = [shares.assign(n_queries=shares["query_lang"].map(asked))]
    tables.append(_pair_means(ranks.assign(value=ranks["rank_pool"]), "mean_rank"))
    first = ranks["rank_pool"] == ranks.groupby("query_id")["rank_pool"].transform("min")
    best = ranks.assign(value=first.astype(float)).groupby(["query_id", "query_lang", "passage_lang"])["value"].max()
    tables.append(_pair_means(best.reset_index(), "first"))
    tables += [_pair_means(pairs.assign(passage_lang=pairs["other_lang"]), name) for name, pairs in agreement.items()]
    columns = ["query_lang", "passage_lang", "measure", "value", "n_queries"]
    return pd.concat(tables, ignore_index=True)[columns]


def _pair_means(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the mean of ``value``, and the number of queries, for each query_lang and passage_lang."""
    groups = rows.groupby(LANGUAGE_PAIR)
    return groups.agg(value=("value", "mean"), n_queries=("query_id", "nunique")).reset_index().assign(measure=measure)
