"""`python -m stages.show`: the headline figures of the last report, and run.md."""

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from stages.hybrid.ground.files import write_json, write_table
from stages.hybrid.ground.layout import COSTS
from stages.hybrid.report.provenance import RawFile
from stages.show import main

MACHINE = {"processor": "Abacus", "cores": 2, "memory_gib": 1, "python": "3.11", "packages": {"torch": "2"}}


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("profile: toy\nseed: 3\nmodels: [base]\nbenchmarks: [gnome]\n", encoding="utf-8")
    for stage in ("report", "score base gnome", "score base of_another_run"):
        cost = {"stage": stage, "seconds": 61.0, "peak_memory_gib": 0.5, "machine": MACHINE}
        cost |= {"started": "2026-11-28T09:30:00+00:00", "commit": "0123456789ab"}
        write_json(COSTS / f"{stage.replace(' ', '_')}.json", cost)


def test_the_figures_and_notes_are_printed_and_how_this_run_was_made_is_written() -> None:
    row = ("gnome", "base", "monolingual", "map", 0.5, 8, 0.4, 0.6)
    columns = ["benchmark", "system", "setting", "measure", "value", "n_queries", "low", "high"]
    fair = ("gnome", "fair", "monolingual", "map", 1.0, 8, 1.0, 1.0)  # a yardstick of language bias only
    write_table(Path("reports/toy/tables/summary.csv"), pd.DataFrame([row, fair], columns=columns))
    write_table(Path("reports/toy/tables/texts.csv"), pd.DataFrame([("gnome", *"abcdefgh")], columns=RawFile._fields))
    before = {path.name: path.read_bytes() for path in COSTS.iterdir()}
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 0, result.output
    assert "0.500" in result.output and "fair" not in result.output
    assert "reports/toy/report.html" in result.output
    page = Path("reports/toy/run.md").read_text(encoding="utf-8")
    assert "| report | 0:01:01 | 0.5 | 2026-11-28 09:30 | 1 | 1 |" in page and "| score base gnome |" in page
    assert "of_another_run" not in page
    note = "note: git has no committed reports/toy/tables/texts.csv"
    assert note in page and note in result.output
    assert {path.name: path.read_bytes() for path in COSTS.iterdir()} == before  # what the stage report cost stays


def test_without_a_report_the_tool_says_so_in_one_line() -> None:
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 1
    assert result.stderr.startswith("error: reports/toy/tables/summary.csv") and result.stderr.count("\n") == 1
