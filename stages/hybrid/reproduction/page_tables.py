"""The tables on the page on the reproduction, as blocks: all systems, the paper's tables, groups of languages."""

import math
from typing import Any

import pandas as pd

from stages.hybrid.evaluation.names import SETTINGS
from stages.hybrid.evaluation.significance.intervals import ALPHA
from stages.hybrid.report.by_language import RESOURCES
from stages.hybrid.report.figures import name_figure, show, show_interval
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.report.text import describe_baselines
from stages.hybrid.reproduction.claims import name_of
from stages.hybrid.reproduction.findings import Findings
from stages.hybrid.reproduction.kept import SAMPLINGS
from stages.hybrid.retrieval.baselines import split_name

LETTERS = {"x_x_mono": "a", "x_y": "b", "hybrid": "c"}  # behind a figure: significantly better than this sampling


def describe_systems(findings: Findings) -> list[Block]:
    """Return the headline figures of all systems, trained or not."""
    systems = findings.systems
    text = (
        "Each figure is the mean over seeds ± the standard deviation between them, with its 95 % interval. Systems "
        "without seeds were not trained; `random` is one draw."
    )
    kinds = list(dict.fromkeys(zip(systems["setting"], systems["measure"], strict=True)))
    rows = []
    for (benchmark, name), group in systems.groupby(["benchmark", "system"], sort=False):
        cells = {(row["setting"], row["measure"]): row for row in group.to_dict("records")}
        trained = split_name(str(name))[0] in SAMPLINGS
        seeds, queries = group["seeds"].iloc[0], f"{group['n_queries'].max():,}"
        first = [name_of(str(benchmark)), name_of(str(name)), str(seeds) if trained else "–", queries]
        rows.append([*first, *(_figure(cells[kind]) if kind in cells else "–" for kind in kinds)])
    columns = ["benchmark", "system", "seeds", "queries", *(name_figure(*kind) for kind in kinds)]
    baselines = describe_baselines(set(systems["system"]))
    return [Heading(2, "Every system"), Paragraph(text), Table(columns, rows, text_columns=2), *baselines]


def describe_tables(findings: Findings) -> list[Block]:
    """Return the paper's tables beside ours, and say which are missing."""
    letters = ", ".join(f"{name_of(name)} ({letter})" for name, letter in LETTERS.items())
    text = (
        "Ours is the mean over seeds ± the standard deviation between them, with its 95 % interval. The difference is "
        "ours minus the paper's. In rows of one query language, a letter behind our figure says that it is "
        f"significantly better than that of another sampling: {letters}. That is p < {ALPHA}, Holm-corrected over all "
        "languages and pairs of samplings of the figure. Means over languages have no letters: the sections above "
        "test them."
    )
    blocks: list[Block] = [Heading(2, "The tables"), Paragraph(text)]
    for number, table in findings.tables.items():
        blocks.append(Heading(3, f"Table {number}"))
        if table.empty:
            blocks.append(Paragraph("Not available: no run was judged on this table's benchmark."))
        else:
            blocks.append(_paper_table(table))
    missing = (
        "Tables 12 and 13 are on MIRACL and are not shown. The paper's figures for it are in "
        "`stages/hybrid/report/paper_results.csv`."
    )
    return [*blocks, Paragraph(missing)]


def _paper_table(table: pd.DataFrame) -> Table:
    """Return a table with one row per figure and three columns per sampling: ours, the paper's, the difference."""
    keys = ["encoder", "benchmark", "setting", "measure", "query_lang"]
    rows = []
    for names, group in table.groupby(keys, sort=False):
        encoder, benchmark, setting, measure, lang = map(str, names)
        by_sampling = {row["sampling"]: row for row in group.to_dict("records")}
        cells = [cell for name in SAMPLINGS for cell in _three(measure, by_sampling.get(name))]
        rows.append([encoder, name_of(benchmark), name_figure(setting, measure), lang, *cells])
    columns = [f"{name_of(name)}{part}" for name in SAMPLINGS for part in (", ours", ", paper's", ", difference")]
    return Table(["the paper's encoder", "benchmark", "figure", "query language", *columns], rows, text_columns=4)


def _three(measure: str, row: dict[str, Any] | None) -> list[str]:
    if row is None:
        return ["–"] * 3
    ours = _figure(row)
    letters = "".join(LETTERS[name] for name in row["better_than"].split())
    ours += f" {letters}" if letters else ""
    return [ours, show(measure, row["paper"]), show(measure, row["difference"], sign=True)]


def _figure(row: dict[str, Any]) -> str:
    """Return a mean over seeds as it is shown: with its standard deviation and interval, if they are known."""
    measure = row["measure"]
    spread = "" if math.isnan(row["sd"]) else f" ± {show(measure, row['sd'])}"
    return show(measure, row["ours"]) + spread + show_interval(measure, row["low"], row["high"])


def describe_groups(findings: Findings) -> list[Block]:
    """Return the figures of high- and lower-resource, and of seen and unseen query languages."""
    shown = "Each figure is the mean over these query languages and over seeds, with its 95 % interval."
    return [
        Heading(2, "High- and low-resource languages"),
        Paragraph(f"{RESOURCES} {shown}"),
        _group_table(findings.resources, "resources"),
        Heading(2, "Languages that training saw and did not see"),
        Paragraph(f"mAP by query language. {shown}"),
        _group_table(findings.trained, "in training"),
    ]


def _group_table(table: pd.DataFrame, name: str) -> Table:
    """Return the mAP of each group of query languages, with a column per system."""
    systems = list(dict.fromkeys(table["system"]))
    rows = []
    for keys, part in table.groupby(["benchmark", "setting", "group", "query_lang"], sort=False):
        benchmark, setting, group, langs = map(str, keys)
        cells = {row["system"]: _figure(row) for row in part.to_dict("records")}
        first = [name_of(benchmark), SETTINGS[setting], group, langs]
        rows.append([*first, *(cells.get(system, "–") for system in systems)])
    columns = ["benchmark", "setting", name, "query languages", *(name_of(system) for system in systems)]
    return Table(columns, rows, text_columns=4)
