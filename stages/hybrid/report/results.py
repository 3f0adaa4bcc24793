"""The report's section on a benchmark: headline figures, comparisons of systems, and the paper's figures."""

import math

import pandas as pd

from stages.hybrid.evaluation.names import ALL_LANGUAGES, HEADLINES, SETTINGS
from stages.hybrid.evaluation.significance.intervals import ALPHA
from stages.hybrid.report import plots
from stages.hybrid.report.by_language import describe_bias, describe_languages, describe_resources, describe_seen
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.figures import name_columns, name_figure, show, show_interval, show_p
from stages.hybrid.report.gains import describe_gains
from stages.hybrid.report.pages import Block, Heading, Paragraph, Picture, Table
from stages.hybrid.report.tables import published_figures, system_figures

AT_RANKS = [(setting, name) for name in ("map@20", "ndcg@10", "recall@10") for setting in SETTINGS]


def headline_table(summary: pd.DataFrame, systems: list[str], *, benchmark: str, intervals: bool = False) -> Table:
    """Return a benchmark's headline figures as they are shown, one row per system.

    If ``intervals`` is true, each figure that has a 95 % interval is followed by it.
    """
    return _figures_table(summary, systems, benchmark=benchmark, columns=HEADLINES, intervals=intervals)


def _figures_table(
    summary: pd.DataFrame,
    systems: list[str],
    *,
    benchmark: str,
    columns: list[tuple[str, str]],
    intervals: bool = False,
) -> Table:
    figures, counts = system_figures(summary, systems, benchmark=benchmark, columns=columns)
    bounds = summary[summary["benchmark"] == benchmark].set_index(["system", "setting", "measure"])[["low", "high"]]
    rows = []
    for system, row in figures.iterrows():
        cells = [show(measure, value) for (_, measure), value in row.items()]
        for i, (setting, measure) in enumerate(figures if intervals else []):
            if (system, setting, measure) in bounds.index:
                cells[i] += show_interval(measure, *bounds.loc[(system, setting, measure)])
        rows.append([str(system), *cells, f"{counts[system]:,.0f}"])
    return Table(["system", *name_columns(figures), "queries"], rows)


def describe_benchmark(evidence: Evidence, benchmark: str) -> list[Block]:
    """Return the section on one benchmark."""
    columns = [(setting, "map") for setting in SETTINGS]
    maps, _ = system_figures(evidence.summary, evidence.systems, benchmark=benchmark, columns=columns)
    bars = maps.set_axis([SETTINGS[setting] for setting, _ in maps], axis=1)
    title = f"{benchmark}: mAP by setting"
    words = evidence.sources.get(benchmark, {}).get("description", "")
    words = f"{words} {_languages(evidence, benchmark)}".strip()
    return [
        Heading(2, benchmark),
        Paragraph(words),
        *_in_domain(evidence, benchmark),
        Paragraph("Headline figures of every system, with their 95 % intervals in brackets:"),
        headline_table(evidence.summary, evidence.systems, benchmark=benchmark, intervals=True),
        *_comparisons(evidence, benchmark),
        Picture(f"{benchmark}_map", plots.draw_settings(bars, title), title),
        *describe_gains(evidence, benchmark),
        Heading(3, "At ranks 10 and 20"),
        Paragraph(
            "mAP@20 counts only the relevant passages in the first 20 ranks, nDCG@10 only those in the first 10. "
            "recall@10 is the share of the relevant passages that are in the first 10."
        ),
        _figures_table(evidence.summary, evidence.systems, benchmark=benchmark, columns=AT_RANKS),
        *_published(evidence, benchmark),
        *describe_seen(evidence, benchmark),
        *describe_resources(evidence, benchmark),
        *describe_languages(evidence, benchmark),
        *describe_bias(evidence, benchmark),
    ]


def _in_domain(evidence: Evidence, benchmark: str) -> list[Block]:
    """Name each training set of the run that is of a benchmark's own task and kind of text."""
    text = (
        "In-domain: training set {} is of the same task and the same kind of text as this benchmark. So a gain by "
        "training here says little about other text."
    )
    sources = evidence.sources.items()
    return [Paragraph(text.format(name)) for name, source in sources if benchmark in source.get("in_domain_for", [])]


def _languages(evidence: Evidence, benchmark: str) -> str:
    """Say in how many of its languages the run evaluates a benchmark. The benchmark itself may have more."""
    cells = evidence.cells[evidence.cells["benchmark"] == benchmark]
    queries, passages = set(cells["query_lang"]), set(cells["passage_lang"]) - {ALL_LANGUAGES}
    if queries == passages:
        return f"This run evaluates {_count(queries)}."
    return f"This run evaluates queries in {_count(queries)} and passages in {_count(passages)}."


def _count(langs: set[str]) -> str:
    return f"{len(langs)} language{'s' if len(langs) > 1 else ''}"


def _comparisons(evidence: Evidence, benchmark: str) -> list[Block]:
    if evidence.comparisons.empty:
        return []
    compared = evidence.comparisons[evidence.comparisons["benchmark"] == benchmark]
    if compared.empty:
        return []
    text = (
        f"Paired comparisons of systems. A difference is significant if p is below {ALPHA}. p is Holm-corrected: all "
        f"comparisons in this table ({len(compared)}) are one family. “Detectable” is the smallest true difference "
        "that a test over this many questions finds in four cases of five, without the correction."
    )
    return [Paragraph(text), comparison_table(compared)]


def comparison_table(comparisons: pd.DataFrame) -> Table:
    """Return paired comparisons as they are shown. They have the columns of `compare_systems`, and p_holm."""
    rows = [
        [
            f"{row['system']} minus {row['against']}",
            name_figure(row["setting"], row["measure"]),
            show(row["measure"], row["difference"], sign=True)
            + show_interval(row["measure"], row["low"], row["high"], sign=True),
            show_p(row["p_holm"]),
            show(row["measure"], row["detectable"]),
            f"{row['n_questions']:,}",
        ]
        for row in comparisons.to_dict("records")
    ]
    columns = ["difference", "figure", "value (95 % interval)", "p (Holm)", "detectable", "questions"]
    return Table(columns, rows, text_columns=2)


def _published(evidence: Evidence, benchmark: str) -> list[Block]:
    published = published_figures(benchmark)
    if published.empty:
        return []
    rows = evidence.summary[evidence.summary["benchmark"] == benchmark]
    values = rows.set_index(["system", "setting", "measure"])["value"]
    ours = [
        [system, "this run", *(show(key[1], values.get((system, *key), math.nan)) for key in HEADLINES)]
        for system in evidence.systems
    ]
    theirs = [
        [row["encoder"], row["sampling"], *(show(name, row[_column(setting, name)]) for setting, name in HEADLINES)]
        for row in published.to_dict("records")
    ]
    text = (
        "The published figures (arXiv 2408.10536, tables 1 and 2) come from other encoders and other training data. So "
        "their level is not comparable with that of this run. XLM-R base has 278 million parameters and LaBSE 471 "
        "million. Both were trained on questions and answers in nine languages."
    )
    columns = ["system", "sampling", *(name_figure(setting, name) for setting, name in HEADLINES)]
    return [Heading(3, "Beside the paper"), Paragraph(text), Table(columns, [*ours, *theirs], text_columns=2)]


def _column(setting: str, measure: str) -> str:
    """Return the column of `published_figures` with a headline figure."""
    return setting if measure == "map" else measure
