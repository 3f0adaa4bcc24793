"""From the kept runs to the tables and the page of the reproduction."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stages.hybrid.evaluation.layout import REPORTS
from stages.hybrid.ground.files import read_table, write_table, write_text
from stages.hybrid.report.output import REPORT
from stages.hybrid.report.pages import to_html, to_markdown
from stages.hybrid.report.resource_classes import resource_group
from stages.hybrid.report.tables import PAPER
from stages.hybrid.reproduction.claims import judge_claims
from stages.hybrid.reproduction.findings import Findings
from stages.hybrid.reproduction.kept import KeptRun, paired_runs
from stages.hybrid.reproduction.page import describe_findings
from stages.hybrid.reproduction.systems import judge_runs
from stages.hybrid.reproduction.tables import NUMBERS, compare_with_base, group_table, paper_table, system_table

FOLDER = REPORTS / "reproduction"
PAGE = FOLDER / REPORT


def collect_findings(runs: Sequence[KeptRun]) -> Findings:
    """Return all that ``runs`` show, on the benchmarks and for the training languages of their parameters.

    Only `paired_runs` are used.

    Raises:
        UserError: A table of a run is missing, two runs have scores of different queries, or no seed has all samplings.
    """
    left_out = [run for run in runs if run not in paired_runs(runs)]
    runs = paired_runs(runs)
    languages = runs[0].languages
    judged = [judge_runs(runs, benchmark) for benchmark in runs[0].params["benchmarks"]]
    paper = read_table(PAPER)
    return Findings(
        runs=runs,
        left_out=left_out,
        figures=pd.concat([of.figures for of in judged], ignore_index=True),
        claims=judge_claims(judged, paper, languages=languages),
        tables={number: paper_table(number, judged, paper) for number in NUMBERS},
        systems=system_table(judged),
        others=compare_with_base(judged),
        resources=group_table(judged, resource_group),
        trained=group_table(judged, lambda lang: "seen" if lang in languages else "unseen"),
    )


def write_findings(findings: Findings, folder: Path = FOLDER) -> None:
    """Write every table as CSV, and the page as Markdown and HTML."""
    tables = {
        "claims": findings.claims,
        "systems": findings.systems,
        "comparisons": findings.others,
        "resources": findings.resources,
        "seen_languages": findings.trained,
    }
    tables |= {f"table_{number}": table for number, table in findings.tables.items()}
    for name, table in tables.items():
        write_table(folder / f"{name}.csv", table)
    blocks = describe_findings(findings)
    write_text(folder / "report.md", to_markdown(blocks, pictures="plots"))
    write_text(folder / PAGE.name, to_html(blocks))
