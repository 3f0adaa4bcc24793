"""README: figures equal the committed reports, the example runs; lines, links and commands of all pages hold."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from stages.hybrid.report.figures import show, show_p
from support.committed import (
    COUNTS,
    README,
    bias_counts,
    costs_of,
    figures_of,
    gains_over,
    read_report,
    table_rows,
    verdicts,
)
from support.stage_scripts import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")


def test_the_readme_s_table_is_that_of_the_committed_report() -> None:
    for system, *figures, queries in table_rows(README, "`make run` ends with a table"):
        assert figures == figures_of("help", "gnome", system), system
        summary = read_report("help/tables/summary.csv", system=system)
        assert queries == f"{summary['n_queries'].max():,}"


def test_the_readme_s_costs_are_those_of_the_committed_run() -> None:
    minutes, memory = costs_of("help")
    assert f"**Cost.** {minutes} after installation, on two cores of a Xeon with AMX, and {memory} of memory." in README


def test_the_readme_s_counts_are_those_of_the_committed_reports() -> None:
    text = " ".join(README.split())
    better, worse = bias_counts()
    assert f"{COUNTS[worse]} of the other {COUNTS[better + worse]} bias measures are worse" in text
    systems = read_report("help/tables/summary.csv")["system"].nunique()
    assert systems == 10
    assert "ends with a table of ten systems" in text and "Four of the ten:" in text
    assert len(table_rows(README, "Four of the ten:")) == 4
    claims = read_report("reproduction/claims.csv")
    holds, fails = ((claims["verdict"] == verdict).sum() for verdict in ("holds", "does not hold"))
    rest = len(claims) - holds - fails
    tests = f"We made {len(claims)} tests of the paper's comparisons: {holds} hold, {fails} do not, {rest} are not"
    assert f"{tests} significant." in text


def test_the_readme_s_words_on_the_samplings_are_those_of_the_committed_claims() -> None:
    verdicts = read_report("reproduction/claims.csv").groupby("claim")["verdict"].agg(list)
    for claim in (5, 6, 8):  # better than X-Y in monolingual mAP; than X-X-mono in the other two settings
        assert verdicts[claim] == ["holds", "holds"], claim
    # at least as good as X-Y: on XQuAD-R and MLQA-R, in rank distance and multilingual mAP
    assert verdicts[12] == ["does not hold", "does not hold"]
    assert [verdict == "does not hold" for verdict in verdicts[9]] == [True, False]
    words = "Hybrid has significantly better cross-lingual and multilingual mAP than monolingual batches, and better "
    words += "monolingual mAP than cross-lingual batches. Cross-lingual batches have a smaller rank distance, and on "
    assert f"{words}XQuAD-R better multilingual mAP." in " ".join(README.split())


def test_the_readme_s_table_of_gains_and_losses_is_that_of_the_committed_reports() -> None:
    shown = {name: figures for name, *figures in table_rows(README, "| fine-tuned minus centred base")}
    gains = gains_over("base+centred")
    assert list(shown) == list(gains)
    for name, rows in gains.items():
        figures = [f"{show(row['measure'], row['difference'], sign=True)} ({show_p(row['p_holm'])})" for row in rows]
        assert shown[name] == figures, name


def test_the_readme_s_words_on_gains_and_losses_are_those_of_the_committed_reports() -> None:
    found = {name: verdicts(rows) for name, rows in gains_over("base+centred").items()}
    assert found == {"GNOME's help": [1, 1, 1, 1], "XQuAD-R": [1, 1, 1, 0], "MLQA-R": [-1, -1, -1, -1]}
    words = "On GNOME's help training is significantly better in all four figures, on XQuAD-R in mAP. On MLQA-R it is "
    assert f"{words}significantly worse in all." in " ".join(README.split())


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
