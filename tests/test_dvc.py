"""dvc.yaml compared with the code: a stage runs again if, and only if, something that it uses has changed."""

import ast
import itertools
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from stages.hybrid.all_params import composed_values, profile_names
from stages.hybrid.report.tables import bias_by_language
from support.stage_scripts import ROOT, expand_folders, imported_files, parameters_read

STAGES: dict[str, dict[str, Any]] = YAML(typ="safe", pure=True).load(ROOT / "dvc.yaml")["stages"]


def script_of(stage: str) -> Path:
    """Return the script that a stage runs: cmd is ``python -m stages.NAME ARGUMENTS``."""
    words = STAGES[stage]["cmd"].split()
    assert words[:2] == ["python", "-m"], f"{stage}: {words}"
    return ROOT.joinpath(*words[2].split(".")).with_suffix(".py")


def code_listed(stage: str) -> list[str]:
    """Return the files and folders of code that a stage depends on, as dvc.yaml lists them."""
    deps = [dep for dep in STAGES[stage].get("deps", []) if dep.startswith("stages/")]
    return [dep for dep in deps if dep.endswith(".py") or (ROOT / dep).is_dir()]


def resolved_names(params: dict[str, Any]) -> list[str]:
    """Return the names of the stages that DVC makes from dvc.yaml. A matrix gives one per combination of values."""
    names = []
    for stage, content in STAGES.items():
        matrix = content.get("matrix", {})
        axes = [params[values.strip("${}")] if isinstance(values, str) else values for values in matrix.values()]
        names += [f"{stage}@{'-'.join(combination)}" if matrix else stage for combination in itertools.product(*axes)]
    return names


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_exactly_the_code_that_its_script_loads(stage: str) -> None:
    code = expand_folders(code_listed(stage))
    loaded = imported_files(script_of(stage))
    assert code == loaded, f"{stage}: add {sorted(loaded - code)}, take out {sorted(code - loaded)}"


@pytest.mark.parametrize("stage", STAGES)
def test_a_room_is_listed_as_one_folder_if_all_of_its_modules_are_loaded(stage: str) -> None:
    loaded = imported_files(script_of(stage))
    whole = {
        room.relative_to(ROOT).as_posix()
        for room in (ROOT / "stages" / "hybrid").iterdir()
        if room.is_dir() and (modules := expand_folders([room.relative_to(ROOT).as_posix()])) and modules <= loaded
    }
    assert whole == {dep for dep in code_listed(stage) if (ROOT / dep).is_dir() and dep.count("/") == 2}


def test_dvc_ignores_compiled_files_in_the_folders_that_stages_depend_on() -> None:
    assert "__pycache__/" in (ROOT / ".dvcignore").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_lists_exactly_the_parameters_that_its_script_reads(stage: str) -> None:
    assert set(STAGES[stage].get("params", [])) == parameters_read(script_of(stage))


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_lists_a_dependency_or_parameter_twice(stage: str) -> None:
    for listed in (STAGES[stage].get("deps", []), STAGES[stage].get("params", [])):
        assert len(listed) == len(set(listed))


@pytest.mark.parametrize("package", [path.parent for path in (ROOT / "stages").rglob("__init__.py")])
def test_a_package_s_init_has_only_a_docstring_so_that_no_stage_depends_on_it(package: Path) -> None:
    body = ast.parse((package / "__init__.py").read_text(encoding="utf-8")).body
    assert [type(node) for node in body] == [ast.Expr]


@pytest.mark.parametrize("profile", profile_names())
def test_the_resolved_stages_are_few_and_have_different_names(profile: str) -> None:
    names = resolved_names(composed_values(profile))
    assert len(set(names)) == len(names)  # if two stages have one name, DVC silently drops one
    assert len(STAGES) <= len(names) < 40


def test_the_plot_of_language_bias_shows_columns_of_its_table() -> None:
    template = json.loads((ROOT / ".dvc" / "plots" / "bias.json").read_text(encoding="utf-8"))
    fields = {channel["field"] for channel in template["encoding"].values()} - {"rev"}  # DVC adds the revision
    columns = ["benchmark", "system", "query_lang", "measure", "value"]
    bias = pd.DataFrame([("gnome", "base", "de", "rank_distance", 1.0)], columns=columns)
    assert fields <= set(bias_by_language(bias).columns)
