"""The profiles: whole parameter sets with the same keys, each of which every stage can read."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from stages.hybrid.batches.pair_index import PairIndex
from stages.hybrid.batches.sampler import Sampler, SamplerSettings
from stages.hybrid.corpora import homes, squad_translated
from stages.hybrid.corpora.catalogue import BENCHMARKS, DATASETS
from stages.hybrid.ground.params import read_settings, read_value
from stages.profile import main
from support.stage_scripts import ROOT, ParameterRead, parameters_read, resolve_kind

PROFILES = sorted((ROOT / "profiles").glob("*.yaml"))
FREE_MAPPINGS = ("fetch.folders", "sampler.language_weights")  # their keys are names, not parameters
READS = sorted(
    {(path, read) for path in (ROOT / "stages").glob("*.py") for read in parameters_read(path)}, key=lambda x: x[1]
)


def keys_of(values: dict[str, Any], prefix: str = "") -> set[str]:
    """Return the keys of a parameter file with those of its sections, dotted."""
    found: set[str] = set()
    for key, value in values.items():
        found.add(name := f"{prefix}{key}")
        if isinstance(value, dict) and name not in FREE_MAPPINGS:
            found |= keys_of(value, f"{name}.")
    return found


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_every_profile_has_the_keys_of_the_default_and_names_itself(profile: Path) -> None:
    assert keys_of(read_yaml(profile)) == keys_of(read_yaml(ROOT / "profiles" / "help.yaml"))
    assert read_yaml(profile)["profile"] == profile.stem


def test_params_yaml_is_the_profile_that_it_names() -> None:
    params = ROOT / "params.yaml"
    assert params.read_bytes() == (ROOT / "profiles" / f"{read_yaml(params)['profile']}.yaml").read_bytes()


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
@pytest.mark.parametrize(("script", "read"), READS, ids=lambda value: getattr(value, "key", getattr(value, "stem", "")))
def test_a_stage_can_read_its_parameters_from_every_profile(profile: Path, script: Path, read: ParameterRead) -> None:
    reader = read_settings if read.reader == "read_settings" else read_value
    reader(read.key, resolve_kind(script, read.kind), profile)


def test_every_parameter_is_read_by_a_stage_or_spans_a_matrix() -> None:
    matrix = yaml.safe_dump([stage.get("matrix") for stage in read_yaml(ROOT / "dvc.yaml")["stages"].values()])
    unread = set(read_yaml(ROOT / "params.yaml")) - {read.key for _, read in READS}
    assert not {key for key in unread if f"${{{key}}}" not in matrix}


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_every_data_set_of_a_profile_is_built_in_or_has_a_folder(profile: Path) -> None:
    params = read_yaml(profile)
    folders = set(params["fetch"]["folders"])
    assert set(params["datasets"]) <= {*DATASETS, *folders}
    assert {*params["benchmarks"], params["validation_set"]} <= {*BENCHMARKS, *folders, ""}


PAPER = read_yaml(ROOT / "profiles" / "paper.yaml")


def test_the_paper_s_profile_says_what_the_paper_says() -> None:
    assert PAPER["languages"] == ["ar", "de", "en", "es", "hi", "ru", "th", "tr", "zh"]
    assert (PAPER["sampler"]["batch_size"], PAPER["sampler"]["mono_ratio"]) == (100, 0.5)
    assert (PAPER["training"]["learning_rate"], PAPER["training"]["weight_decay"]) == (3e-5, 0.01)
    assert PAPER["validation_set"] == "squadshifts" and PAPER["training"]["patience"] > 0
    assert PAPER["base"]["name"] == "FacebookAI/xlm-roberta-base" and len(PAPER["base"]["revision"]) == 40
    assert set(PAPER["benchmarks"]) == {"xquad_r", "mlqa_r", "miracl"}


def test_the_paper_s_profile_has_data_in_each_of_its_languages_and_files_to_fetch_for_each_set() -> None:
    languages = PAPER["languages"]
    parts = {name: homes.HUB[name](languages)[0].patterns for name in ("mmarco", "mr_tydi")}
    assert len(parts["mmarco"]) == 1 + 2 * 7 and len(parts["mr_tydi"]) == 4  # the triples; questions and passages
    assert [file.path for file in squad_translated.xtreme_files(languages)] == [
        "en.json", *(f"{lang}.json" for lang in languages if lang != "en")
    ]  # fmt: skip
    assert len(homes.HUB["miracl"](PAPER["evaluation_languages"])[1].patterns) == 8  # all but el, tr and vi


def test_a_plan_is_drawn_from_toy_data_as_the_paper_s_profile_says() -> None:
    rows = [(f"g{i}", f"p{i}", lang) for i in range(150) for lang in PAPER["languages"]]
    parallel = pd.DataFrame(rows, columns=["group_id", "page_id", "lang"]).assign(query="q", passage="p")
    alone = parallel[parallel["lang"].isin(["en", "th"])].assign(group_id=lambda table: table.group_id + table.lang)
    tables = {"xtreme_train": parallel, "mr_tydi": alone}
    settings = read_settings("sampler", SamplerSettings, ROOT / "profiles" / "paper.yaml")
    data = [PairIndex(name, table.assign(twin_id=table["group_id"])) for name, table in tables.items()]
    sampler = Sampler(data, settings, PAPER["seed"])
    plan = pd.DataFrame([sampler.draw(step) for step in range(40)])
    assert set(plan["group_ids"].map(len)) == {100}
    assert set(plan.loc[plan["kind"] == "cross_lingual", "dataset"]) == {"xtreme_train"}
    assert set(plan["dataset"]) == {"xtreme_train", "mr_tydi"}
    assert set(plan["query_langs"].explode()) == set(PAPER["languages"])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with two profiles the current one; params.yaml is a copy of the first."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "help.yaml").write_text("profile: help  # the default\nseed: 13\n", encoding="utf-8")
    (tmp_path / "profiles" / "toy.yaml").write_text("profile: toy\nseed: 1\n", encoding="utf-8")
    shutil.copy(tmp_path / "profiles" / "help.yaml", tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_name_the_profiles_are_listed(project: Path) -> None:
    assert CliRunner().invoke(main, []).output == "help\ntoy\n"


def test_a_profile_is_copied_byte_by_byte_and_unchanged_parameters_leave_no_backup(project: Path) -> None:
    result = CliRunner().invoke(main, ["toy"])
    assert (result.exit_code, result.output) == (0, "params.yaml: now profile toy\n")
    assert (project / "params.yaml").read_bytes() == (project / "profiles" / "toy.yaml").read_bytes()
    assert not (project / "params.yaml.bak").exists()


@pytest.mark.parametrize("changed", ["profile: help\nseed: 14\n", "profile: gone\n", "profile: [help\n"])
def test_parameters_changed_by_hand_are_kept_beside_and_one_line_says_so(project: Path, changed: str) -> None:
    (project / "params.yaml").write_text(changed, encoding="utf-8")
    result = CliRunner().invoke(main, ["toy"])
    assert result.stderr == "warning: params.yaml had changes of its own; they are kept in params.yaml.bak\n"
    assert (project / "params.yaml.bak").read_text(encoding="utf-8") == changed
    assert "profile: toy" in (project / "params.yaml").read_text(encoding="utf-8")


def test_an_unknown_profile_is_refused_with_the_names_there_are(project: Path) -> None:
    result = CliRunner().invoke(main, ["gone"])
    assert result.exit_code == 1
    assert result.stderr == "error: profiles has no profile 'gone', expected one of help, toy\n"
    assert "profile: help" in (project / "params.yaml").read_text(encoding="utf-8")
