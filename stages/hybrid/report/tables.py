"""The report's tables: what the stages measured, for all systems and benchmarks, in full precision."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from stages.hybrid.evaluation.names import MEAN, SETTINGS, setting_order
from stages.hybrid.ground.files import read_table
from stages.hybrid.report.resource_classes import resource_group
from stages.hybrid.retrieval.baselines import FAIR

FIGURE = ["benchmark", "system", "setting", "measure"]  # the key of a figure
SUMMARY_COLUMNS = [*FIGURE, "value", "n_queries"]
# The paper's figures as it prints them. Tables 1, 2, 7, 8, 12 and 13 are from arXiv 2408.10536. So is mAP by language
# in tables 3 to 6. R@1, R@10 and all means of tables 3 to 6 are from the paper's submission to ICLR 2025 on OpenReview
# (forum zkNCWtw2fd). There, all 324 mAP cells of tables 3 to 6 equal those of arXiv.
# The paper gives no formula of R@k. By its footnote, each query has one relevant passage per language. So R@1 is the
# same as a fraction and as a hit in the monolingual and cross-lingual settings. R@10 in the pool is read as the
# fraction of the relevant passages (11 in XQuAD-R), because in XQuAD-R its values lie below mAP.
PAPER = Path(__file__).parent / "paper_results.csv"
BENCHMARK_NAMES = {"xquad_r": "XQuAD-R", "mlqa_r": "MLQA-R"}  # as the paper writes them


def without_fair(systems: Iterable[str]) -> list[str]:
    """Return each of ``systems`` once, but not `FAIR`, whose quality is perfect by construction."""
    return [system for system in dict.fromkeys(systems) if system != FAIR]


def summary_table(retrieval: pd.DataFrame, bias: pd.DataFrame, *, intervals: pd.DataFrame) -> pd.DataFrame:
    """Return every figure of every system on every benchmark, one row per figure: `SUMMARY_COLUMNS`, low and high.

    Args:
        retrieval: Figures of retrieval, with `SUMMARY_COLUMNS`.
        bias: Columns benchmark, system, query_lang, measure, value, n_queries. Its means over query languages become
            figures of the multilingual setting.
        intervals: `FIGURE`, low and high, the bounds of 95 % intervals. If it lacks a figure, its bounds are NaN.
    """
    means = bias[bias["query_lang"] == MEAN].assign(setting="multilingual")
    figures = pd.concat([retrieval[SUMMARY_COLUMNS], means[SUMMARY_COLUMNS]], ignore_index=True)
    return figures.merge(intervals[[*FIGURE, "low", "high"]], on=FIGURE, how="left")


def language_pair_table(cells: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per benchmark, system, query language and passage language, with one column per measure.

    Both tables have the columns benchmark and system, then ``cells`` those of `average_cells` and ``pairs`` those of
    `bias_by_pair`.
    """
    keys = ["benchmark", "system", "query_lang", "passage_lang"]
    within = cells[cells["setting"] != "multilingual"]
    counts = within.groupby(keys)["n_queries"].first()
    long = pd.concat([within[[*keys, "measure", "value"]], pairs[[*keys, "measure", "value"]]], ignore_index=True)
    wide = long.pivot(index=keys, columns="measure", values="value")[list(dict.fromkeys(long["measure"]))]
    return counts.to_frame().join(wide, how="outer").reset_index()


def bias_by_language(bias: pd.DataFrame) -> pd.DataFrame:
    """Return one row per system, benchmark and query language, with one column per bias measure."""
    keys = ["system", "benchmark", "query_lang"]
    by_language = bias[bias["query_lang"] != MEAN]
    wide = by_language.pivot(index=keys, columns="measure", values="value")
    return wide[list(dict.fromkeys(by_language["measure"]))].reset_index()


def system_figures(
    summary: pd.DataFrame, systems: list[str], *, benchmark: str, columns: list[tuple[str, str]]
) -> tuple[pd.DataFrame, pd.Series]:
    """Return figures of a benchmark, with one row per system and one column per (setting, measure).

    Rows and columns are in the given order. Systems and figures that ``summary`` lacks are left out.

    Returns:
        The figures, and by system the largest number of queries in any of its figures.
    """
    rows = summary[summary["benchmark"] == benchmark]
    values = rows.pivot(index="system", columns=["setting", "measure"], values="value")
    figures = values.loc[
        [system for system in systems if system in values.index], [key for key in columns if key in values.columns]
    ]
    return figures, rows.groupby("system")["n_queries"].max()


def seen_and_unseen(cells: pd.DataFrame, languages: list[str], *, measure: str = "map") -> pd.DataFrame:
    """Return the mean of ``measure`` over cells, grouped by whether training saw their languages.

    ``cells`` has system and the columns of `average_cells`, for one benchmark. A language is seen if it is one of the
    training ``languages``. Columns: setting, query, passages, system, value, n_cells (number of cells). ``query`` and
    ``passages`` are "seen" or "unseen"; ``passages`` is "all" in the multilingual setting.
    """
    rows = cells[cells["measure"] == measure]
    kind = {True: "seen", False: "unseen"}
    rows = rows.assign(
        query=rows["query_lang"].isin(languages).map(kind),
        passages=rows["passage_lang"].isin(languages).map(kind).where(rows["setting"] != "multilingual", "all"),
    )
    keys = ["setting", "query", "passages", "system"]
    means = rows.groupby(keys)["value"].agg(value="mean", n_cells="size").reset_index()
    ordered = means.assign(order=setting_order(means["setting"])).sort_values(["order", *keys[1:]], ignore_index=True)
    return ordered.drop(columns="order")


def by_resources(cells: pd.DataFrame, *, measure: str = "map") -> pd.DataFrame:
    """Return the mean of ``measure`` over cells, grouped by the resources of the query language.

    ``cells`` has system and the columns of `average_cells`, for one benchmark. Columns: setting, resources (as by
    `resource_group`), system, value, languages (the query languages, sorted, in one string).
    """
    rows = cells[cells["measure"] == measure]
    rows = rows.assign(resources=rows["query_lang"].map(resource_group))
    groups = rows.groupby(["setting", "resources", "system"])
    means = groups.agg(value=("value", "mean"), languages=("query_lang", lambda langs: " ".join(sorted(set(langs)))))
    means = means.reset_index()
    ordered = means.assign(order=setting_order(means["setting"])).sort_values(["order", "resources"], ignore_index=True)
    return ordered.drop(columns="order")


def published_figures(benchmark: str, path: Path = PAPER) -> pd.DataFrame:
    """Return the paper's figures on ``benchmark``. Without any, the table is empty.

    Columns: encoder, sampling, one for mAP in each of `SETTINGS`, rank_distance.

    Source: arXiv 2408.10536, tables 1 and 2.

    Raises:
        UserError: The file ``path`` is missing or broken.
    """
    paper = read_table(path)
    rows = paper[
        (paper["benchmark"] == BENCHMARK_NAMES.get(benchmark))
        & (paper["query_lang"] == MEAN)
        & paper["measure"].isin(["map", "rank_distance"])
        & paper["table"].isin(["1", "2"])
    ]
    name = rows["setting"].str.replace("-", "_").where(rows["measure"] == "map", "rank_distance")
    wide = rows.assign(figure=name, encoder=rows["model"]).pivot(
        index=["encoder", "sampling"], columns="figure", values="value"
    )
    order = list(rows[["model", "sampling"]].drop_duplicates().itertuples(index=False, name=None))
    return wide.reindex(index=order, columns=[*SETTINGS, "rank_distance"]).reset_index()
