"""The report's sections on languages: seen and unseen, by resources, each query language, language bias."""

import pandas as pd

from stages.hybrid.evaluation.names import MEAN, SETTINGS
from stages.hybrid.languages import LANGUAGES
from stages.hybrid.report import plots
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.figures import name_measure, show
from stages.hybrid.report.pages import Block, Heading, Paragraph, Picture, Table
from stages.hybrid.report.tables import by_resources, seen_and_unseen
from stages.hybrid.retrieval.baselines import FAIR

BIAS = {
    "rank_distance": "rank of the last relevant passage minus that of the first; smaller if no language is preferred, "
    "and also if ranking is better",
    "rank_distance_share": "the same, as a share of the pool",
    "own_language_first": "share of the queries whose best-ranked relevant passage is in their own language",
    "own_language_share": "share of the top passages that are in the query's own language",
    "awrf": "attention-weighted rank fairness: whether languages have the same shares of the top passages, weighted by "
    "rank, as of the relevant passages; 1 if the shares are equal",
    "peer": "probability that the languages' relevant passages have equal expected ranks; 1 if their "
    "mean ranks are equal",
    "rank_correlation": "how alike the translations of a question order its relevant passages; 1 is equal",
    "mrc": "how alike the top passages for the translations of a question are, and their order; 1 is equal",
    "language_divergence": "how far the languages of the top passages are from equal shares, in nats; 0 is equal",
}
FAIR_WORDS = (
    f"`{FAIR}` is a ranking made from the relevance judgements. Passages of higher relevance come first, and those of "
    "equal relevance are in random order. This order is the same for all translations of a question. So the ranking is "
    "perfect, and prefers no language. Its row shows what a fair ranking scores on this benchmark: compare a system "
    "with it, not with 0 or 1.",
    f"No ranking has a smaller rank distance than `{FAIR}`. If each query has one relevant passage per language, and "
    f"these fill the top ranks, no ranking has a larger awrf than `{FAIR}`. This best value can be below 1, because "
    f"attention falls with rank. On other benchmarks, the awrf of `{FAIR}` is an estimate from one random order, and "
    "a ranking can exceed it.",
)
RESOURCES = (
    "mAP by how much data there is in the query language. High is class 4 or 5 of Joshi et al. 2020 (arXiv "
    "2004.09095), lower is class 0 to 3."
)


def describe_seen(evidence: Evidence, benchmark: str) -> list[Block]:
    """Return the section with mAP by whether training saw the languages."""
    cells = evidence.cells[evidence.cells["benchmark"] == benchmark]
    table = seen_and_unseen(cells, evidence.languages)
    keys = ["setting", "query", "passages"]
    columns = list(table[[*keys, "n_cells"]].drop_duplicates().itertuples(index=False, name=None))
    names = [f"{SETTINGS[setting]} {query} to {passages} ({n})" for setting, query, passages, n in columns]
    shown = _system_rows(
        table.pivot(index="system", columns=keys, values="value"), evidence, [key[:3] for key in columns]
    )
    text = (
        "mAP by whether training saw the language of the query, then that of the passages. “Seen to unseen” has "
        "queries in a language that training saw, and passages in one that it did not. In brackets is the number of "
        f"cells. Training languages: {', '.join(evidence.languages)}."
    )
    return [Heading(3, "Seen and unseen languages"), Paragraph(text), Table(["system", *names], shown)]


def describe_resources(evidence: Evidence, benchmark: str) -> list[Block]:
    """Return the section with mAP by the resources of the query language."""
    table = by_resources(evidence.cells[evidence.cells["benchmark"] == benchmark])
    keys = ["setting", "resources"]
    columns = list(table[keys].drop_duplicates().itertuples(index=False, name=None))
    shown = _system_rows(table.pivot(index="system", columns=keys, values="value"), evidence, columns)
    langs = {name: sorted(set(" ".join(names).split())) for name, names in table.groupby("resources")["languages"]}
    listed = "; ".join(f"{name}: {', '.join(names)}" for name, names in langs.items())
    return [
        Heading(3, "High- and low-resource languages"),
        Paragraph(f"{RESOURCES} Here {listed}."),
        Table(["system", *(f"{SETTINGS[setting]} {resources}" for setting, resources in columns)], shown),
    ]


def _system_rows(values: pd.DataFrame, evidence: Evidence, columns: list[tuple[str, ...]]) -> list[list[str]]:
    """Return one row per scored system: its name, and its mAP in each of ``columns``."""
    return [
        [system, *(show("map", values.at[system, key]) for key in columns)]
        for system in evidence.systems
        if system in values.index
    ]


def describe_languages(evidence: Evidence, benchmark: str) -> list[Block]:
    """Return the section with mAP by query language, one table per setting."""
    rows = evidence.by_language[evidence.by_language["benchmark"] == benchmark]
    blocks: list[Block] = [
        Heading(3, "By query language"),
        Paragraph("A star marks a language that training did not see. " + _language_names(rows["query_lang"])),
    ]
    for setting in SETTINGS:
        chosen = rows[(rows["measure"] == "map") & (rows["setting"] == setting)]
        words = "; the mean over the other languages' passages" if setting == "cross_lingual" else ""
        if len(chosen):
            table = _language_table(chosen, evidence, systems=evidence.systems, measure="map")
            blocks += [Paragraph(f"mAP, {SETTINGS[setting]}{words}:"), table]
    return blocks


def _language_table(rows: pd.DataFrame, evidence: Evidence, *, systems: list[str], measure: str) -> Table:
    """Return one row for each of ``systems`` in ``rows``, and one column per query language.

    ``rows`` has the columns system, query_lang and value.
    """
    values = rows.pivot(index="system", columns="query_lang", values="value")
    cells = [
        [system, *(show(measure, value) for value in values.loc[system])]
        for system in systems
        if system in values.index
    ]
    return Table(["system", *(lang if lang in evidence.languages else f"{lang}*" for lang in values)], cells)


def _language_names(langs: pd.Series) -> str:
    known = [f"{lang} {LANGUAGES[lang].name}" for lang in sorted(set(langs)) if lang in LANGUAGES]
    return ", ".join(known) + "." if known else ""


def describe_bias(evidence: Evidence, benchmark: str) -> list[Block]:
    """Return the section with the bias measures of each system, and the rank distance by query language.

    The first row of its tables is `FAIR`, if it was ranked.
    """
    bias = evidence.bias[evidence.bias["benchmark"] == benchmark]
    means = bias[bias["query_lang"] == MEAN]
    measures = list(dict.fromkeys(means["measure"]))
    values = means.pivot(index="system", columns="measure", values="value")
    rows = [
        [system, *(show(name, values.at[system, name]) for name in measures)]
        for system in [FAIR, *evidence.systems]
        if system in values.index
    ]
    queries = means.groupby("measure")["n_queries"].max()
    words = [[name_measure(name), BIAS[name.partition("@")[0]], f"{queries[name]:,}"] for name in measures]
    return [
        Heading(3, "Language bias"),
        Paragraph("Measured in the pool of all languages. The figures are means over query languages."),
        *(map(Paragraph, FAIR_WORDS) if FAIR in values.index else ()),
        Table(["system", *map(name_measure, measures)], rows),
        Table(["measure", "what it says", "queries"], words, text_columns=2),
        *_rank_distances(bias, evidence, benchmark),
    ]


def _rank_distances(bias: pd.DataFrame, evidence: Evidence, benchmark: str) -> list[Block]:
    distances = bias[(bias["measure"] == "rank_distance") & (bias["query_lang"] != MEAN)]
    if distances.empty:
        return []
    title = f"{benchmark}: rank distance by query language"
    wide = distances.pivot(index="query_lang", columns="system", values="value").reindex(columns=evidence.models)
    return [
        Paragraph("Rank distance by query language:"),
        _language_table(distances, evidence, systems=[FAIR, *evidence.systems], measure="rank_distance"),
        Picture(f"{benchmark}_rank_distance", plots.draw_rank_distances(wide, title), title),
    ]
