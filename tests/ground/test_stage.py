"""What all scripts share."""

from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.params import Params
from stages.hybrid.ground.stage import stage, tool
from stages.hybrid.report.costs import read_costs


class Reads(Params):
    """What the stage of these tests reads."""

    seed: int


@stage
@click.option("--fail", is_flag=True)
def command(params: Reads, model: str, benchmark: str, fail: bool) -> None:
    if fail:
        raise UserError("the sky is green, expected blue; look again")
    click.echo(f"{params.seed} {model} {benchmark}")


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("seed: 3\nmodels: [base, tuned]\nbenchmarks: [toy]\n", encoding="utf-8")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_a_stage_gets_its_parameters_and_arguments_and_its_cost_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stages.hybrid.ground.stage.read_commit", lambda: "0123456789ab")
    before = datetime.now(UTC).replace(microsecond=0)
    result = run("base", "toy")
    assert (result.exit_code, result.output) == (0, "3 base toy\n")
    (cost,) = read_costs()
    assert cost["stage"] == "test_stage base toy"
    assert 0 <= cost["seconds"] < 60
    assert before <= datetime.fromisoformat(cost["started"]) <= datetime.now(UTC)
    assert cost["commit"] == "0123456789ab"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("gpt", "toy"), "model is 'gpt'"),
        (("base", "squad"), "benchmark is 'squad'"),
    ],
)
def test_a_model_or_benchmark_that_params_yaml_does_not_list_is_refused_with_those_that_it_lists(
    arguments: tuple[str, ...], found: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: {found}, expected one that params.yaml lists: it has the models base, tuned and benchmarks toy\n"
    )


def test_an_error_that_a_user_can_repair_is_one_line_and_no_cost_is_written() -> None:
    result = run("base", "toy", "--fail")
    assert (result.exit_code, result.stderr) == (1, "error: the sky is green, expected blue; look again\n")
    assert read_costs() == []


@pytest.mark.parametrize("models", ["[base]", "5"])
def test_a_wrong_parameter_is_one_line_and_is_reported_first(models: str) -> None:
    Path("params.yaml").write_text(f"seed: x\nmodels: {models}\nbenchmarks: [toy]\n", encoding="utf-8")
    assert run("base", "toy").stderr == "error: params.yaml: seed is 'x', expected a valid integer\n"


@pytest.mark.parametrize(
    ("lists", "found"),
    [
        ("models: 5\nbenchmarks: [toy]\n", "models is 5"),
        ("models: [base]\nbenchmarks: 5\n", "benchmarks is 5"),
        ("models: base\nbenchmarks: [toy]\n", "models is 'base'"),
        ("models: [base]\n", "benchmarks is None"),
    ],
)
def test_models_or_benchmarks_that_are_no_list_are_refused_in_one_line(lists: str, found: str) -> None:
    Path("params.yaml").write_text(f"seed: 3\n{lists}", encoding="utf-8")
    result = run("base", "squad")
    assert (result.exit_code, result.stderr) == (
        1,
        f"error: params.yaml: {found}, expected a list of names; correct it\n",
    )


def test_the_help_of_a_script_is_its_module_s_docstring() -> None:
    assert "What all scripts share." in run("--help").output

    @tool
    def helper() -> None:
        raise UserError("nothing to do")

    result = CliRunner().invoke(helper, [])
    assert (result.exit_code, result.stderr) == (1, "error: nothing to do\n")
