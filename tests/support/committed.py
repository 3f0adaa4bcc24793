"""The pages of the project and the committed reports that their figures come from."""

import json
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from stages.hybrid.evaluation.names import HEADLINES, gain_sign
from stages.hybrid.ground.params import read_mapping
from stages.hybrid.report.figures import show
from support.stage_scripts import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
EXPERIMENTS = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
COUNTS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]  # as a page writes them


def section_of(page: str, heading: str) -> str:
    """Return the section of ``page`` whose heading starts with ``heading``, on one line."""
    text = page[page.index(f"\n## {heading}") + 1 :]
    return " ".join(text.partition("\n## ")[0].split())


def table_rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the table below ``heading``, without its two head lines."""
    lines = page[page.index(heading) :].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    table = lines[start:]
    end = next((i for i, line in enumerate(table) if not line.startswith("|")), len(table))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:end]]


def read_report(name: str, **where: str) -> pd.DataFrame:
    """Return the rows of a table below reports/ that have the values ``where`` in these columns."""
    table = pd.read_csv(ROOT / "reports" / name)
    for column, value in where.items():
        table = table[table[column] == value]
    return table


def headline_rows(name: str, **where: str) -> dict[tuple[str, str], "pd.Series[Any]"]:
    """Return the rows of `read_report` by setting and measure, in the order of `HEADLINES`."""
    rows = read_report(name, **where).set_index(["setting", "measure"])
    return {figure: rows.loc[figure] for figure in HEADLINES}


def figures_of(profile: str, benchmark: str, system: str) -> list[str]:
    """Return a system's headline figures in a committed report, as they are shown."""
    rows = headline_rows(f"{profile}/tables/summary.csv", benchmark=benchmark, system=system)
    return [show(measure, row["value"]) for (_, measure), row in rows.items()]


RUNS = {"GNOME's help": ("help", "gnome"), "XQuAD-R": ("lareqa", "xquad_r"), "MLQA-R": ("lareqa", "mlqa_r")}


def gains_over(against: str) -> dict[str, list[dict[str, Any]]]:
    """Return the comparisons of the fine-tuned model with ``against`` in the committed reports, by benchmark."""
    found = {}
    for name, (profile, benchmark) in RUNS.items():
        where = {"benchmark": benchmark, "system": "finetuned", "against": against}
        rows = headline_rows(f"{profile}/tables/comparisons.csv", **where)
        found[name] = [row.to_dict() | {"measure": measure} for (_, measure), row in rows.items()]
    return found


def verdicts(rows: Sequence[dict[str, Any]]) -> list[int]:
    """Return 1 for each comparison that is significantly better, -1 if it is worse, else 0."""
    gains = [gain_sign(row["measure"]) * row["difference"] for row in rows]
    return [0 if row["p_holm"] >= 0.05 else 1 if gain > 0 else -1 for row, gain in zip(rows, gains, strict=True)]


def costs_of(profile: str) -> tuple[str, str]:
    """Return the minutes that a committed run took, and its peak memory in GiB, as a page writes them."""
    reports = ROOT / "reports" / profile
    paths = [reports / name for name in ("run.md", "costs.md", "report.md")]  # the last two are of earlier runs
    path = next(path for path in paths if path.exists())
    rows = dict(re.findall(r"^\| ([a-z_ ]+) \| (\d+:\d\d:\d\d \| [\d.]*) *\|", path.read_text("utf-8"), re.MULTILINE))
    hours, minutes, seconds = (int(part) for part in rows.pop("all").split(" ")[0].split(":"))
    peak = max(float(row.split("| ")[1]) for row in rows.values())
    return f"{hours * 60 + minutes + seconds / 60:.0f} minutes", f"{peak:.1f} GiB"


def made_by(profile: str) -> str:
    """Return by which commit, when and on which processor a committed report was made, as a page writes it."""
    text = (ROOT / "reports" / profile / "run.md").read_text(encoding="utf-8")
    facts = dict(re.findall(r"^\| (date|commit \d+|machine \d+) \| (.*) \|$", text, re.MULTILINE))
    assert {"commit 2", "machine 2"}.isdisjoint(facts), f"reports/{profile} is not of one commit and one machine"
    processor, *features = facts["machine 1"].partition(" cores")[0].split(", ")[:-1]
    return _made(facts["commit 1"], facts["date"], processor, features)


def kept_runs() -> list[dict[str, Any]]:
    """Return the facts of the kept runs of the reproduction."""
    paths = (ROOT / "reports" / "reproduction" / "runs").glob("*/COMPLETE.json")
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def reproduction_made_by() -> str:
    """Return the same of the runs of the reproduction."""
    runs = kept_runs()
    days = sorted(run["training"]["started"][:10] for run in runs)
    (commit,) = {run["commit"] for run in runs}
    (machine,) = {run["training"]["machine"]["processor"] for run in runs}
    processor, *features = machine.split(", ")
    return _made(commit, " to ".join(dict.fromkeys([days[0], days[-1]])), processor, features)


def _made(commit: str, days: str, processor: str, features: list[str]) -> str:
    return f"Commit {commit[:7]}, {days}, two cores of {processor} ({', '.join(features)})."


def bias_losses(profile: str, benchmark: str) -> tuple[int, int]:
    """Return in how many bias measures the fine-tuned model is worse than the centred base, and how many there are.

    Rank distance is left out, because it is a headline figure, and so is its share of the pool.
    """
    better = {"awrf@10": 1, "peer": 1, "rank_correlation": 1, "mrc@10": 1}
    better |= {"own_language_first": -1, "own_language_share@10": -1, "language_divergence@10": -1}
    pooled = read_report(f"{profile}/tables/summary.csv", benchmark=benchmark, setting="multilingual")
    values = pooled.pivot_table(index="measure", columns="system", values="value").reindex(list(better)).dropna()
    gains = (values["finetuned"] - values["base+centred"]) * pd.Series(better)[values.index]
    assert len(pooled["measure"].unique()) == 12 + len(values)  # ten of quality, rank distance, its share, and these
    return int((gains < 0).sum()), len(gains)


def read_profile(name: str) -> dict[str, Any]:
    """Return what a profile changes."""
    return read_mapping(ROOT / "profiles" / f"{name}.yaml")
