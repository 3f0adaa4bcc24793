"""dvc.yaml against the code: a stage re-runs when, and only when, something that it uses has changed."""

import ast
import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml

from stage_scripts import ROOT, imported_files, parameters_read

STAGES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
PROFILES = sorted((ROOT / "profiles").glob("*.yaml"))


def script_of(stage: str) -> Path:
    """Return the script that a stage runs: cmd is ``python -m stages.NAME ARGUMENTS``."""
    words = STAGES[stage]["cmd"].split()
    assert words[:2] == ["python", "-m"], f"{stage}: {words}"
    return ROOT.joinpath(*words[2].split(".")).with_suffix(".py")


def resolved_names(params: dict[str, Any]) -> list[str]:
    """Return the names of the stages that DVC makes of dvc.yaml: a matrix gives one for each combination of values."""
    names = []
    for stage, content in STAGES.items():
        matrix = content.get("matrix", {})
        axes = [params[values.strip("${}")] if isinstance(values, str) else values for values in matrix.values()]
        names += [f"{stage}@{'-'.join(combination)}" if matrix else stage for combination in itertools.product(*axes)]
    return names


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_exactly_the_code_that_its_script_loads(stage: str) -> None:
    code = {dep for dep in STAGES[stage].get("deps", []) if dep.endswith(".py")}
    loaded = imported_files(script_of(stage))
    assert code == loaded, f"{stage}: add {sorted(loaded - code)}, take out {sorted(code - loaded)}"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_lists_exactly_the_parameters_that_its_script_reads(stage: str) -> None:
    assert set(STAGES[stage].get("params", [])) == {read.key for read in parameters_read(script_of(stage))}


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_lists_a_dependency_or_a_parameter_twice(stage: str) -> None:
    for listed in (STAGES[stage].get("deps", []), STAGES[stage].get("params", [])):
        assert len(listed) == len(set(listed))


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_depends_on_a_code_folder(stage: str) -> None:
    assert not [dep for dep in STAGES[stage].get("deps", []) if dep.startswith("stages") and (ROOT / dep).is_dir()]


@pytest.mark.parametrize("package", [path.parent for path in (ROOT / "stages").rglob("__init__.py")])
def test_a_package_holds_a_docstring_only_so_that_no_stage_depends_on_it(package: Path) -> None:
    body = ast.parse((package / "__init__.py").read_text(encoding="utf-8")).body
    assert [type(node) for node in body] == [ast.Expr]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_the_resolved_stages_have_names_of_their_own_and_are_few(profile: Path) -> None:
    names = resolved_names(yaml.safe_load(profile.read_text(encoding="utf-8")))
    assert len(set(names)) == len(names)  # DVC drops a stage whose name another has, and says nothing
    assert len(STAGES) <= len(names) < 40
