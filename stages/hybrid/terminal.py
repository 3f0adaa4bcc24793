"""Prints parts of the report and of the plan on a terminal."""

from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_table
from stages.hybrid.ground.layout import PAIRS, PLAN
from stages.hybrid.report import pages
from stages.hybrid.report.output import REPORT, SUMMARY, TABLES
from stages.hybrid.report.results import headline_table
from stages.hybrid.report.run_page import RUN
from stages.hybrid.report.tables import without_fair

BEGINNING = 200  # characters of a text that are printed, however wide the terminal is
GROUP = 24  # greatest width of a group's id, in characters


def print_summary(folder: Path) -> None:
    """Print the headline figures of the report in ``folder``, and the paths of its pages.

    Raises:
        UserError: There is no report in ``folder``.
    """
    summary = read_table(folder / TABLES / SUMMARY)
    console = Console()
    for benchmark in dict.fromkeys(summary["benchmark"]):
        figures = headline_table(summary, without_fair(summary["system"]), benchmark=benchmark)
        # Short heads, so that the table fits in 80 columns.
        columns = [name.replace("lingual ", "\n").replace("cross-", "cross") for name in figures.columns]
        console.print(to_terminal(pages.Table(columns, figures.rows, figures.text_columns), title=benchmark))
    console.print(f"The whole report: {folder / REPORT}; how it was made: {folder / RUN}")


def print_block(console: Console, block: pages.Block) -> None:
    """Print a block of the report, unless it is a picture."""
    if isinstance(block, pages.Table):
        console.print(to_terminal(block))
    elif not isinstance(block, pages.Picture):
        console.print(block.text, markup=False, highlight=False)


def to_terminal(table: pages.Table, *, title: str | None = None) -> Table:
    """Return a table of the report as a table for the terminal."""
    shown = Table(title=title, title_justify="left")
    for i, column in enumerate(table.columns):
        shown.add_column(column, justify="left" if i < table.text_columns else "right", no_wrap=True)
    for row in table.rows:
        shown.add_row(*map(Text, row))
    return shown


def print_batch(console: Console, batch: pd.Series) -> None:
    """Print one batch, a row of the plan, with the texts of its pairs.

    Raises:
        UserError: A pair of the batch is not among the training pairs.
    """
    pairs = read_table(PAIRS / f"{batch['dataset']}.parquet").set_index(["group_id", "lang"])
    title = f"step {batch['step']}: a {batch['kind']} batch of {len(batch['group_ids'])} pairs from {batch['dataset']}"
    table = Table(title=title, title_justify="left", expand=True)  # the texts share the rest of the width
    for column, ratio in (("query in", None), ("passage in", None), ("group", None), ("query", 1), ("passage", 2)):
        table.add_column(column, ratio=ratio, max_width=GROUP if ratio is None else None, no_wrap=True)
    for group, query, passage in zip(batch["group_ids"], batch["query_langs"], batch["passage_langs"], strict=True):
        texts = (
            find_text(pairs, group=group, lang=query)["query"],
            find_text(pairs, group=group, lang=passage)["passage"],
        )
        table.add_row(query, passage, Text(group), *(Text(" ".join(text.split())[:BEGINNING]) for text in texts))
    console.print(table)


def find_text(pairs: pd.DataFrame, *, group: str, lang: str) -> pd.Series:
    """Return the pair of a group in a language, from ``pairs`` with the index (group_id, lang).

    Raises:
        UserError: There is no such pair.
    """
    if (group, lang) not in pairs.index:
        raise UserError(f"{PAIRS}: has no pair {group} in {lang}, which {PLAN} has; run the stage batch again")
    return pairs.loc[(group, lang)]
