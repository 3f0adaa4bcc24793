"""The report's plots as SVG. The same figures give the same bytes."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import pandas as pd

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = ["#9aa9b8", "#c2571a", "#2b6f77", "#7a5195"]  # of models or settings, in their order
MORE_COLOURS = ["#444444", "#b8860b", "#5a8f3c"]  # for curves, of which there can be more
STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "svg.fonttype": "none",  # text stays text
    "legend.frameon": False,
}


def draw_settings(figures: pd.DataFrame, title: str) -> str:
    """Return horizontal bars of ``figures``: a group per row (system), a bar per column (setting)."""
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": title, "axes.grid.axis": "x"}):
        figure, axes = pyplot.subplots(figsize=(6.5, 1.0 + 0.42 * len(figures)), layout="constrained")
        bar = 0.8 / len(figures.columns)
        for i, setting in enumerate(figures.columns):
            places = [group - 0.4 + bar * (i + 0.5) for group in range(len(figures))]
            axes.barh(places, figures[setting], bar * 0.92, color=COLOURS[i % len(COLOURS)], label=str(setting))
        axes.set_yticks(range(len(figures)), [str(name) for name in figures.index])
        axes.invert_yaxis()
        axes.set_xlabel("mean average precision")
        axes.tick_params(axis="y", length=0)
        return _finish(figure, axes, title)


def draw_rank_distances(figures: pd.DataFrame, title: str) -> str:
    """Return vertical bars of ``figures``: a group per row (query language), a bar per column (model)."""
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": title}):
        size = max(6.5, 0.42 * len(figures)), 3.0
        figure, axes = pyplot.subplots(figsize=size, layout="constrained")
        bar = 0.8 / len(figures.columns)
        for i, model in enumerate(figures.columns):
            places = [group - 0.4 + bar * (i + 0.5) for group in range(len(figures))]
            axes.bar(places, figures[model], bar * 0.92, color=COLOURS[i % len(COLOURS)], label=str(model))
        axes.set_xticks(range(len(figures)), [str(name) for name in figures.index])
        axes.set_ylabel("rank distance (ranks)")
        axes.tick_params(axis="x", length=0)
        return _finish(figure, axes, title)


def draw_training(curve: pd.DataFrame, title: str) -> str:
    """Return the loss of each step, its running mean, and the validation loss at the steps that have one."""
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": title}):
        figure, axes = pyplot.subplots(figsize=(6.5, 3.0), layout="constrained")
        around = max(1, len(curve) // 10)
        smooth = curve["loss"].rolling(around, center=True, min_periods=1).mean()
        axes.plot(curve["step"], curve["loss"], color=COLOURS[0], linewidth=0.8, label="each batch")
        axes.plot(curve["step"], smooth, color=COLOURS[1], linewidth=2, label=f"mean of {around} batches")
        validation = curve.reindex(columns=["step", "validation_loss"]).dropna()
        if len(validation):
            axes.plot(*validation.to_numpy().T, color=COLOURS[2], marker="o", markersize=4, label="validation")
        axes.set(xlabel="step", ylabel="loss (nats)", ylim=(0, None))
        return _finish(figure, axes, title)


def draw_growth(points: Sequence[Mapping[str, Any]], title: str, *, over: str) -> str:
    """Return seconds against size, both logarithmic: one curve per kind of work.

    Each of ``points`` has work, size (in what ``over`` names) and seconds.
    """
    colours = [*COLOURS, *MORE_COLOURS]
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": title, "axes.grid.axis": "both"}):
        figure, axes = pyplot.subplots(figsize=(7.5, 4.5), layout="constrained")
        for i, work in enumerate(dict.fromkeys(point["work"] for point in points)):
            mine = [point for point in points if point["work"] == work]
            sizes, seconds = ([point[key] for point in mine] for key in ("size", "seconds"))
            axes.loglog(sizes, seconds, marker="o", color=colours[i % len(colours)], label=work)
        axes.set(xlabel=over, ylabel="seconds")
        return _finish(figure, axes, title)


def _finish(figure: Figure, axes: Axes, title: str) -> str:
    """Return the figure as an SVG element that can be in one page with others."""
    axes.set_title(title, loc="left", fontweight="bold", fontsize=11)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(COLOURS))
    target = io.StringIO()
    figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    svg = target.getvalue()
    svg = svg[svg.index("<svg") :]
    return re.sub(r'<g id="[^"]*"', "<g", svg)  # all pictures have the same ids, and nothing refers to them
