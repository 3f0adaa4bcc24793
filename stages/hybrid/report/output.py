"""Writes reports/PROFILE: tables for other tools, pages and plots for people."""

from pathlib import Path

import pandas as pd

from stages.hybrid.ground.files import read_table, write_table, write_text
from stages.hybrid.ground.layout import PLAN_LANGUAGE_PAIRS
from stages.hybrid.report.changed_texts import compare_with_committed
from stages.hybrid.report.costs import read_costs
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.model_card import describe_results
from stages.hybrid.report.pages import Picture, to_html, to_markdown
from stages.hybrid.report.provenance import TEXTS, RawFile, list_files, read_files
from stages.hybrid.report.recipe import Recipe
from stages.hybrid.report.run_page import RUN, describe_run
from stages.hybrid.report.tables import bias_by_language, language_pair_table
from stages.hybrid.report.text import describe_report

PICTURES = "plots"
TABLES = "tables"
SUMMARY = "summary.csv"  # in TABLES
REPORT = "report.html"


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
    texts = pd.DataFrame(list_files(evidence.statistics, evidence.sources), columns=RawFile._fields)
    write_table(folder / TABLES / TEXTS, texts)
    curve = evidence.curve if evidence.curve is not None else pd.DataFrame(columns=["step", "loss"])
    write_table(folder / TABLES / "training.csv", curve)


def write_pages(folder: Path, evidence: Evidence, *, recipe: Recipe, card: str) -> None:
    """Write the report with the section on ``recipe``, its pictures and the model card.

    ``card`` is the result of `describe_model`. It is empty if no model was fine-tuned.

    Raises:
        UserError: The paper's figures are missing or broken.
    """
    blocks = describe_report(evidence, recipe)
    for block in blocks:
        if isinstance(block, Picture):
            write_text(folder / PICTURES / f"{block.name}.svg", block.svg)
    write_text(folder / "report.md", to_markdown(blocks, pictures=PICTURES))
    write_text(folder / REPORT, to_html(blocks))
    results = to_markdown(describe_results(evidence), pictures=PICTURES)
    write_text(folder / "model_card.md", f"{card}\n{results}" if card else results)


def write_run(folder: Path, *, names: set[str], profile: str, seed: int) -> list[str]:
    """Write the page on how the run was made, with the costs of the models and benchmarks ``names``.

    Costs differ from run to run. So this file is not an output of a stage, and DVC does not track it.

    Returns:
        The notes on texts that are not those of the committed run.

    Raises:
        UserError: A file of costs is broken, as for `read_costs`, or the table of texts, as for `read_files`.
    """
    costs = [cost for cost in read_costs() if set(cost["stage"].split()[1:]) <= names]
    files = read_files(folder / TABLES / TEXTS)
    notes = compare_with_committed(files, folder / TABLES / TEXTS)
    blocks = describe_run(costs, files, notes, profile=profile, seed=seed)
    write_text(folder / RUN, to_markdown(blocks, pictures=PICTURES))
    return notes
