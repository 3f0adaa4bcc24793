"""README: figures equal the committed reports, the example runs; lines, links and commands of all pages hold."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from stages.hybrid.all_params import PROFILES, composed_values
from stages.hybrid.report.figures import show, show_p
from support.committed import README, costs_of, figures_of, gains_over, read_report, table_rows, verdicts
from support.stage_scripts import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = " ".join(README.split())
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")


def test_the_readme_s_figures_of_the_default_run_are_those_of_the_committed_report() -> None:
    *maps, distance = figures_of("help", "gnome", "finetuned")
    words = f"The fine-tuned model has {maps[0]}, {maps[1]} and {maps[2]} mAP and a rank distance of {distance} there."
    assert words in TEXT


def test_the_readme_s_costs_are_those_of_the_committed_runs() -> None:
    (minutes, memory), (longer, more) = (costs_of(profile) for profile in ("help", "lareqa"))
    assert f"(the first row, and what `make run` runs): {minutes} and {memory} of memory." in TEXT
    assert f"Profile lareqa (the other rows): {longer} and {more}. Both on two cores of a Xeon with AMX" in TEXT


def test_the_readme_s_counts_are_those_of_the_profiles_and_reports() -> None:
    systems = set(read_report("help/tables/summary.csv")["system"]) - {"fair"}
    assert len(systems) == 10
    assert "ends with a table of ten systems" in TEXT
    first, second = (composed_values(name, ROOT / PROFILES) for name in ("help", "lareqa"))
    pairs = [params["sampler"]["batches"] * params["sampler"]["batch_size"] for params in (first, second)]
    assert f"saw {pairs[0]:,} pairs of help pages in {len(first['languages'])} languages" in TEXT
    assert f"saw {pairs[1]:,} pairs of help pages and program messages in {len(second['languages'])} lang" in TEXT


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
    assert "On MLQA-R the fine-tuned model is significantly worse in all four figures." in TEXT
    assert "On GNOME's help it is significantly better in all four, on XQuAD-R in mAP only." in TEXT


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
