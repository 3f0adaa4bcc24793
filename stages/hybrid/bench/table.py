"""The benchmark's table as people read it, on the terminal and in Markdown, and the picture of growth."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib
from rich.table import Table

from stages.hybrid.bench.rows import LIMIT, Results, Row
from stages.hybrid.ground.layout import REPORTS
from stages.hybrid.report import plots

matplotlib.use("Agg")
from matplotlib import pyplot

PLOT = REPORTS / "bench_growth.svg"
COLOURS = [*plots.COLOURS, "#444444", "#b8860b", "#5a8f3c"]  # there are more curves of growth than systems in a report
HEADER = ("row", "ours", "peer", "ratio", "unit", "better", "runs", "compared with")


def cells(row: Row) -> tuple[str, ...]:
    """Return a row's cells as they are shown."""
    runs = f"{len(row.our_runs)}" if row.peer_name == LIMIT else f"{len(row.our_runs)}/{len(row.peer_runs)}"
    figures = (f"{row.ours:,.4g}", f"{row.peer:,.4g}", f"{row.ratio:.3g}")
    return (row.name, *figures, row.unit, row.better, runs, row.peer_name)


def to_table(results: Results) -> Table:
    """Return the results for the terminal."""
    table = Table(*HEADER)
    for row in results.rows:
        table.add_row(*cells(row))
    return table


def to_markdown(results: Results) -> str:
    """Return the results as a page: the table, its notes, growth, and what it was measured on."""
    commits = sorted({row.commit for row in results.rows})
    lines = [
        "# What it costs, beside its peers",
        "",
        f"Medians of alternating runs; ratio is ours / peer. Made by `make bench`, at commit {', '.join(commits)}.",
        "" if results.complete else "\nNot complete: `make bench` measures the rows that are missing.\n",
        _line(HEADER),
        _line(["---", "---:", "---:", "---:", "---", "---", "---:", "---"]),
        *(_line(cells(row)) for row in results.rows),
        "",
        *(f"- {row.name}: {row.note}." for row in results.rows if row.note),
        "",
        *_growth(results.growth),
        _machine(results.made),
    ]
    return "\n".join(lines) + "\n"


def _growth(points: Sequence[dict[str, Any]]) -> list[str]:
    if not points:
        return []
    rows = [_line([p["work"], f"{p['passages']:,}", f"{p['seconds']:.3g}", f"{p['peak_gib']:.2f}"]) for p in points]
    head = [_line(["work", "passages", "seconds", "peak memory, GiB"]), _line(["---", "---:", "---:", "---:"])]
    return ["## Growth with the corpus", "", *head, *rows, "", f"![Growth with the corpus]({PLOT.name})", ""]


def _machine(made: dict[str, Any]) -> str:
    machine = made["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in made["packages"].items())
    return (
        f"Machine: {machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB; {made['threads']} "
        f"threads; Python {machine['python']}, {packages}."
    )


def _line(values: Iterable[str]) -> str:
    return f"| {' | '.join(values)} |"


def draw_growth(points: Sequence[dict[str, Any]]) -> str:
    """Return seconds against the number of passages as SVG: both logarithmic, one curve per kind of work."""
    with matplotlib.rc_context({"font.size": 10, "svg.fonttype": "none", "svg.hashsalt": "growth"}):
        figure, axes = pyplot.subplots(figsize=(7.5, 4.5), layout="constrained")
        for i, work in enumerate(dict.fromkeys(point["work"] for point in points)):
            mine = [point for point in points if point["work"] == work]
            sizes, seconds = ([point[key] for point in mine] for key in ("passages", "seconds"))
            axes.loglog(sizes, seconds, marker="o", color=COLOURS[i % len(COLOURS)], label=work)
        axes.set(xlabel="passages", ylabel="seconds")
        axes.grid(color="#e6e6e6")
        figure.legend(loc="outside right upper", frameon=False)
        target = io.StringIO()
        figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    return target.getvalue()
