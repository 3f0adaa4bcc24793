"""README and docs: figures equal the committed reports, the example runs, lines and commands are as promised."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from stages.hybrid.evaluation.names import HEADLINES
from stages.hybrid.report.figures import show
from support.stage_scripts import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
RESULTS = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
ITALIC = re.compile(r"^\*.*\*$")


def rows_of(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the table below ``heading``, without its two head lines."""
    lines = text[text.index(heading) :].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    table = lines[start:]
    end = next((i for i, line in enumerate(table) if not line.startswith("|")), len(table))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:end]]


def figures_of(profile: str, benchmark: str, system: str) -> list[str]:
    """Return a system's headline figures in a committed report, as they are shown."""
    summary = pd.read_csv(ROOT / "reports" / profile / "tables" / "summary.csv")
    rows = summary[(summary["benchmark"] == benchmark) & (summary["system"] == system)]
    values = rows.set_index(["setting", "measure"])["value"]
    return [show(measure, values[setting, measure]) for setting, measure in HEADLINES]


def test_the_readme_s_table_is_that_of_the_committed_report() -> None:
    summary = pd.read_csv(ROOT / "reports" / "help" / "tables" / "summary.csv")
    for system, *figures, queries in rows_of(README, "`make run` ends with a table"):
        assert figures == figures_of("help", "gnome", system), system
        assert queries == f"{summary.loc[summary['system'] == system, 'n_queries'].max():,}"


@pytest.mark.parametrize(("heading", "profile"), [("(profile `help`)", "help"), ("(profile `lareqa`)", "lareqa")])
def test_the_tables_of_results_are_those_of_the_committed_reports(heading: str, profile: str) -> None:
    for benchmark, system, *figures in rows_of(RESULTS, heading):
        if not ITALIC.match(system):
            assert figures == figures_of(profile, benchmark, system), (benchmark, system)


def test_the_paper_s_figures_in_results_are_the_paper_s() -> None:
    paper = pd.read_csv(ROOT / "stages" / "hybrid" / "report" / "paper_results.csv", dtype={"table": str})
    names = {"xquad_r": "XQuAD-R", "mlqa_r": "MLQA-R"}
    for benchmark, system, *figures in rows_of(RESULTS, "(profile `lareqa`)"):
        if ITALIC.match(system):
            rows = paper[(paper["benchmark"] == names[benchmark]) & (paper["query_lang"] == "mean")]
            rows = rows[(rows["model"] == "XLM-R") & (rows["sampling"] == "hybrid") & rows["table"].isin(["1", "2"])]
            values = rows.set_index(["setting", "measure"])["value"]
            keys = [(setting.replace("_", "-"), measure) for setting, measure in HEADLINES]
            assert figures == [show(measure, values[setting, measure]) for setting, measure in keys]


def test_the_comparisons_in_results_are_those_of_the_committed_report() -> None:
    table = pd.read_csv(ROOT / "reports" / "lareqa" / "tables" / "comparisons.csv")
    compared = table[(table["system"] == "finetuned") & (table["against"] == "base+centred")]
    values = compared.set_index(["benchmark", "setting", "measure"])
    for benchmark, text in (("xquad_r", "On XQuAD-R, the"), ("mlqa_r", "On MLQA-R, it")):
        sentence = " ".join(RESULTS[RESULTS.index(text) :].partition("\n\n")[0].split())
        for setting, measure in HEADLINES:
            row = values.loc[(benchmark, setting, measure)]
            assert show(measure, abs(row["difference"])) in sentence, (benchmark, setting, measure)
            assert f"{row['p_holm']:.3f}" in sentence


def test_the_samplings_in_results_are_those_of_the_committed_runs() -> None:
    systems = pd.read_csv(ROOT / "reports" / "reproduction" / "systems.csv")
    names = {"X-X-mono": "x_x_mono", "X-Y": "x_y"}
    for benchmark, sampling, *figures in rows_of(RESULTS, "(profile `samplings`)"):
        rows = systems[(systems["benchmark"] == benchmark) & (systems["system"] == names.get(sampling, sampling))]
        found = rows.set_index(["setting", "measure"])
        for (setting, measure), figure in zip(HEADLINES, figures, strict=True):
            row = found.loc[(setting, measure)]
            spread = "" if pd.isna(row["sd"]) else f" ± {show(measure, row['sd'])}"
            assert figure == show(measure, row["ours"]) + spread, (benchmark, sampling, measure)


def test_the_readme_s_example_ranks_passages(base: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "finetuned").symlink_to(base)
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(eval(done.stdout)) == sorted(
        ["Choose File – Print.", "Drucken Sie mit Datei – Drucken.", "保存するには Ctrl+S を押します。"]
    )


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < 150


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_line_is_long_and_every_link_leads_to_a_file(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not [line for line in text.splitlines() if len(line) > 120 and not line.startswith("|")]
    assert not [link for link in LINK.findall(text) if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_script_that_a_page_names_is_there(page: Path) -> None:
    for name in re.findall(r"-m stages\.(\w+)", page.read_text(encoding="utf-8")):
        assert (ROOT / "stages" / f"{name}.py").exists() or name == "NAME", name


def test_the_readme_has_a_line_for_every_room() -> None:
    rooms = [path.name for path in (ROOT / "stages" / "hybrid").iterdir() if (path / "__init__.py").exists()]
    assert not [room for room in rooms if f"\n  {room}/ " not in README]
