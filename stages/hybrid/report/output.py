"""Writes reports/PROFILE: tables for other tools, pages and plots for people."""

from pathlib import Path

import pandas as pd

from stages.hybrid.ground.files import read_table, write_table, write_text
from stages.hybrid.ground.layout import PLAN_LANGUAGE_PAIRS
from stages.hybrid.report.costs import describe_costs, read_costs
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.model_card import describe_results
from stages.hybrid.report.pages import Picture, to_html, to_markdown
from stages.hybrid.report.tables import bias_by_language, language_pair_table
from stages.hybrid.report.text import describe_report

PICTURES = "plots"
TABLES = "tables"
SUMMARY = "summary.csv"  # in TABLES
REPORT = "report.html"
COSTS = "costs.md"


def write_tables(folder: Path, evidence: Evidence) -> None:
    """Write the tables for other tools, as CSV.

    Raises:
        UserError: The plan's table of language pairs is broken.
    """
    drawn = PLAN_LANGUAGE_PAIRS.exists()
    plan = read_table(PLAN_LANGUAGE_PAIRS) if drawn else pd.DataFrame(columns=["query_lang", "passage_lang"])
    write_table(folder / TABLES / SUMMARY, evidence.summary)
    write_table(folder / TABLES / "comparisons.csv", evidence.comparisons)
    write_table(folder / TABLES / "languages.csv", evidence.by_language)
    write_table(folder / TABLES / "language_pairs.csv", language_pair_table(evidence.cells, evidence.language_pairs))
    write_table(folder / TABLES / "bias_by_language.csv", bias_by_language(evidence.bias))
    write_table(folder / TABLES / "plan_language_pairs.csv", plan)
    curve = evidence.curve if evidence.curve is not None else pd.DataFrame(columns=["step", "loss"])
    write_table(folder / TABLES / "training.csv", curve)


def write_pages(folder: Path, evidence: Evidence, *, card: str) -> None:
    """Write the report, its pictures and the model card.

    ``card`` is the result of `describe_model`. It is empty if no model was fine-tuned.

    Raises:
        UserError: The paper's figures are missing or broken.
    """
    blocks = describe_report(evidence)
    for block in blocks:
        if isinstance(block, Picture):
            write_text(folder / PICTURES / f"{block.name}.svg", block.svg)
    write_text(folder / "report.md", to_markdown(blocks, pictures=PICTURES))
    write_text(folder / REPORT, to_html(blocks))
    results = to_markdown(describe_results(evidence), pictures=PICTURES)
    write_text(folder / "model_card.md", f"{card}\n{results}" if card else results)


def write_costs(folder: Path, *, names: set[str], profile: str, seed: int) -> None:
    """Write costs.md: what the last run of each stage cost, for the models and benchmarks ``names``.

    Costs differ from run to run. So this file is not an output of a stage, and DVC does not track it.

    Raises:
        UserError: A file of costs is broken, or lacks what `read_costs` expects.
    """
    costs = [cost for cost in read_costs() if set(cost["stage"].split()[1:]) <= names]
    write_text(folder / COSTS, to_markdown(describe_costs(costs, profile=profile, seed=seed), pictures=PICTURES))
