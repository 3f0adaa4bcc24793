"""Print batches of the plan in readable form, or with --summary what the plan is made of."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.hybrid.ground.errors import UserError, one_line_errors

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from stages.hybrid.report.pages import Block

PAIRS = Path("data/pairs")
PLAN = Path("data/batches.parquet")
SUMMARY = Path("data/batches_summary.json")
BEGINNING = 200  # characters of a text that are shown, on the widest of terminals
GROUP = 24  # columns for a group's name


@click.command(help=__doc__)
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@click.option("--summary", is_flag=True, help="Print what the plan is made of; so does no STEP at all.")
@one_line_errors
def main(steps: tuple[str, ...], summary: bool) -> None:
    from rich.console import Console

    from stages.hybrid.ground.files import read_json, read_table
    from stages.hybrid.report.batches import describe_batches

    console = Console()
    plan = read_table(PLAN)
    for step in read_steps(steps, len(plan)):
        print_batch(console, plan.iloc[step])
    if summary or not steps:
        for block in describe_batches(read_json(SUMMARY)):
            print_block(console, block)


def read_steps(steps: tuple[str, ...], number: int) -> list[int]:
    """Return the steps as numbers.

    Raises:
        UserError: one is no step of a plan of ``number`` batches.
    """
    for step in steps:
        if not step.isdecimal() or int(step) >= number:
            raise UserError(f"step {step}: {PLAN} has the steps 0 to {number - 1}; name one of these")
    return [int(step) for step in steps]


def print_batch(console: "Console", batch: "pd.Series") -> None:
    """Print a row of the plan with the texts of its pairs."""
    from rich.table import Table
    from rich.text import Text

    from stages.hybrid.ground.files import read_table

    pairs = read_table(PAIRS / f"{batch['dataset']}.parquet").set_index(["group_id", "lang"])
    title = f"step {batch['step']}: a {batch['kind']} batch of {len(batch['group_ids'])} pairs from {batch['dataset']}"
    table = Table(title=title, title_justify="left", expand=True)  # texts share the width that the names leave
    for column, ratio in (("query in", None), ("passage in", None), ("group", None), ("query", 1), ("passage", 2)):
        table.add_column(column, ratio=ratio, max_width=GROUP if ratio is None else None, no_wrap=True)
    for group, query, passage in zip(batch["group_ids"], batch["query_langs"], batch["passage_langs"], strict=True):
        texts = find_text(pairs, group, query)["query"], find_text(pairs, group, passage)["passage"]
        table.add_row(query, passage, Text(group), *(Text(" ".join(text.split())[:BEGINNING]) for text in texts))
    console.print(table)


def find_text(pairs: "pd.DataFrame", group: str, lang: str) -> "pd.Series":
    """Return the row of a group in a language.

    Raises:
        UserError: there is none.
    """
    if (group, lang) not in pairs.index:
        raise UserError(f"{PAIRS}: has no pair {group} in {lang}, which {PLAN} names; run the batch stage again")
    return pairs.loc[(group, lang)]


def print_block(console: "Console", block: "Block") -> None:
    """Print a block of the report."""
    from rich import table

    from stages.hybrid.report.pages import Heading, Paragraph, Table

    if isinstance(block, Table):
        shown = table.Table()
        for i, column in enumerate(block.columns):
            shown.add_column(column, justify="left" if i < block.text_columns else "right")
        for row in block.rows:
            shown.add_row(*row)
        console.print(shown)
    elif isinstance(block, Heading | Paragraph):
        console.print(block.text, markup=False, highlight=False)


if __name__ == "__main__":
    main()
