"""The benchmark's results as people read them: a table for the terminal, and a page with a picture of growth."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from stages.hybrid.bench.rows import LIMIT, Results, Row
from stages.hybrid.report import pages, plots
from stages.hybrid.report.pages import Block, Heading, Paragraph, Picture

HEADER = ["row", "compared with", "unit", "better", "commit", "date", "ours", "peer", "ratio", "runs"]
TEXT_COLUMNS = 6  # the first of them


def cells(row: Row) -> list[str]:
    """Return a row's cells as they are shown."""
    runs = f"{len(row.our_runs)}" if row.peer_name == LIMIT else f"{len(row.our_runs)}/{len(row.peer_runs)}"
    figures = [f"{row.ours:,.4g}", f"{row.peer:,.4g}", f"{row.ratio:.3g}"]
    return [row.name, row.peer_name, row.unit, row.better, row.commit, row.date, *figures, runs]


def to_table(results: Results) -> Table:
    """Return the results for the terminal."""
    table = Table(*HEADER)
    for row in results.rows:
        table.add_row(*cells(row))
    return table


def describe_rows(results: Results, *, name: str) -> list[Block]:
    """Return the results as a page: the table, its notes, growth, and what it was measured on.

    Pictures are named after ``name``.
    """
    made = "Medians of alternating runs; ratio is ours / peer. Made by `make bench`. The machine is named at the end."
    missing = Paragraph("Not complete: `make bench` measures the rows that are missing.")
    notes = [[row.name, row.note] for row in results.rows if row.note]
    return [
        Heading(1, "What it costs, beside its peers"),
        Paragraph(made),
        *([] if results.complete else [missing]),
        pages.Table(HEADER, [cells(row) for row in results.rows], text_columns=TEXT_COLUMNS),
        *([pages.Table(["row", "note"], notes, text_columns=2)] if notes else []),
        *_growth(results.growth, name),
        Paragraph(_machine(results.made)),
    ]


def _growth(points: Sequence[dict[str, Any]], name: str) -> list[Block]:
    """Return the table of all points, and a picture for each quantity that they grow with."""
    if not points:
        return []
    rows = [
        [point["work"], point["over"], f"{point['size']:,}", f"{point['seconds']:.3g}", f"{point['peak_gib']:.2f}"]
        for point in points
    ]
    columns = ["work", "grows with", "size", "seconds", "peak memory, GiB"]
    pictures = []
    for over in dict.fromkeys(point["over"] for point in points):
        title = f"Growth with {over}"
        mine = [point for point in points if point["over"] == over]
        pictures.append(Picture(f"{name}_growth_{over}", plots.draw_growth(mine, title, over=over), title))
    return [Heading(2, "Growth"), pages.Table(columns, rows, text_columns=2), *pictures]


def _machine(made: dict[str, Any]) -> str:
    machine = made["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in made["packages"].items())
    return (
        f"Machine: {machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB; {made['threads']} "
        f"threads; Python {machine['python']}, {packages}."
    )
