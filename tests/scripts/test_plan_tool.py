"""`python -m stages.plan`: batches of the plan with their texts, and its summary."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stages.hybrid.batches.plan import draw_plan, summarise_plan
from stages.hybrid.ground.files import write_json, write_table
from stages.plan import main
from support.toy_plans import make_pairs, make_sampler


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with a plan of five batches of two pairs the current one."""
    pairs = make_pairs(10, "de en")
    pairs["query"] = "query of " + pairs["group_id"] + " in " + pairs["lang"]
    pairs["passage"] = "passage [b] of\n" + pairs["group_id"] + " in " + pairs["lang"] + ", a long one" * 20
    sampler = make_sampler(pairs, batches=5, batch_size=2)
    plan = draw_plan(sampler)
    write_table(tmp_path / "data" / "pairs" / "toy.parquet", pairs)
    write_table(tmp_path / "data" / "plan.parquet", plan)
    write_json(tmp_path / "data" / "plan_summary.json", summarise_plan(plan, sampler))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_a_batch_shows_the_texts_of_its_pairs_in_their_languages(project: Path) -> None:
    batch = make_sampler(make_pairs(10, "de en"), batch_size=2).draw(3)
    shown = run("3").output
    assert f"step 3: a {batch.kind} batch of 2 pairs from toy" in shown
    for group, query, passage in zip(batch.group_ids, batch.query_langs, batch.passage_langs, strict=True):
        assert f"query of {group} in {query}" in shown
        assert f"passage [b] of {group} in {passage}" in shown


def test_a_narrow_terminal_shortens_texts_but_never_a_language(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    batch = make_sampler(make_pairs(10, "de en"), batch_size=2).draw(3)
    rows = [line.split("│")[1:4] for line in run("3").output.splitlines() if "│" in line]
    shown = [[cell.strip() for cell in row] for row in rows]
    assert shown == [list(row) for row in zip(batch.query_langs, batch.passage_langs, batch.group_ids, strict=True)]


def test_several_batches_are_shown_in_the_order_asked_for(project: Path) -> None:
    shown = run("4", "0").output
    assert shown.index("step 4") < shown.index("step 0")


@pytest.mark.parametrize("arguments", [["--summary"], []])
def test_the_summary_has_the_languages_and_the_share_of_monolingual_batches(
    project: Path, arguments: list[str]
) -> None:
    shown = run(*arguments).output
    assert "50.0% was expected" in " ".join(shown.split())
    assert "never used" in shown


@pytest.mark.parametrize("step", ["5", "1.5", "x"])
def test_a_step_that_the_plan_lacks_is_refused_in_one_line(project: Path, step: str) -> None:
    result = run(step)
    assert result.exit_code == 1
    assert result.stderr == f"error: step {step}: data/plan.parquet has the steps 0 to 4; name one of these\n"


def test_a_plan_of_other_pairs_is_refused(project: Path) -> None:
    write_table(project / "data" / "pairs" / "toy.parquet", make_pairs(1, "de"))
    result = run("0")
    assert result.exit_code == 1
    assert "run the stage batch again" in result.stderr
