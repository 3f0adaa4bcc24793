"""The profiles, and the tool that writes params.yaml from one."""

import importlib
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from stages.hybrid.all_params import PROFILES, AllParams, compose, composed_values, profile_names
from stages.hybrid.batches.pair_index import PairIndex
from stages.hybrid.batches.params import SamplerParams
from stages.hybrid.batches.sampler import Sampler
from stages.hybrid.corpora.catalogue import find_benchmarks, find_collections, find_training_sets
from stages.hybrid.sources.hub_files import HubFiles
from stages.hybrid.sources.public_files import PublicFiles
from stages.profile import main
from support.stage_scripts import ROOT, parameters_read

SCRIPTS = sorted((ROOT / "stages").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_reads_each_parameter_with_the_type_and_range_that_it_has_in_all_params(script: Path) -> None:
    if not parameters_read(script):
        return
    reads = importlib.import_module(f"stages.{script.stem}").Reads
    for name, field in reads.model_fields.items():
        same = AllParams.model_fields[name]
        assert (field.annotation, field.metadata) == (same.annotation, same.metadata), name


def test_every_parameter_is_read_by_a_stage() -> None:
    read = {key for script in SCRIPTS for key in parameters_read(script)}
    assert read == set(AllParams.model_fields)


@pytest.mark.parametrize("profile", profile_names())
def test_every_training_set_and_benchmark_of_a_profile_is_a_collection_or_has_a_folder(profile: str) -> None:
    params = composed_values(profile, ROOT / PROFILES)
    folders = set(params["fetch"]["folders"])
    assert set(params["datasets"]) <= {*find_training_sets(), *folders}
    assert {*params["benchmarks"], params["validation_set"]} <= {*find_benchmarks(), *folders, ""}


PAPER = composed_values("paper", ROOT / PROFILES)


def test_the_paper_s_profile_has_the_values_that_the_paper_reports() -> None:
    assert PAPER["languages"] == ["ar", "de", "en", "es", "hi", "ru", "th", "tr", "zh"]
    assert (PAPER["sampler"]["batch_size"], PAPER["sampler"]["mono_ratio"]) == (100, 0.5)
    assert (PAPER["training"]["learning_rate"], PAPER["training"]["weight_decay"]) == (3e-5, 0.01)
    assert PAPER["validation_set"] == "squadshifts" and PAPER["training"]["patience"] > 0
    assert PAPER["base"]["name"] == "FacebookAI/xlm-roberta-base" and len(PAPER["base"]["revision"]) == 40
    assert set(PAPER["benchmarks"]) == {"xquad_r", "mlqa_r", "miracl"}


def test_the_paper_s_profile_opens_with_the_benchmark_that_its_training_is_in_domain_for() -> None:
    first = next(line for line in compose("paper").splitlines() if "arXiv 2408.10536" in line)
    assert first.endswith("It trains on translated SQuAD, which makes XQuAD-R in-domain.")
    assert (ROOT / PROFILES / "paper.yaml").read_text(encoding="utf-8").splitlines()[0] == first
    in_domain = {name: find_training_sets()[name].in_domain_for for name in PAPER["datasets"]}
    assert in_domain == {"mmarco": (), "xtreme_train": ("xquad_r",), "mr_tydi": ()}


def patterns_of(name: str, languages: list[str]) -> list[tuple[str, ...]]:
    """Return the patterns of the files that a collection fetches from each of its repositories on the hub."""
    home = find_collections()[name].home
    assert isinstance(home, HubFiles)
    return [tuple(repository.patterns_for(languages, source=name)) for repository in home.repositories]


def test_the_paper_s_profile_has_data_in_each_of_its_languages_and_files_to_fetch_for_each_set() -> None:
    languages = PAPER["languages"]
    assert len(patterns_of("mmarco", languages)[0]) == 1 + 2 * 7  # the triples; questions and passages
    assert len(patterns_of("mr_tydi", languages)[0]) == 4
    xtreme = find_collections()["xtreme_train"].home
    assert isinstance(xtreme, PublicFiles) and set(languages) <= set(xtreme.by_language)
    assert len(patterns_of("miracl", PAPER["evaluation_languages"])[1]) == 8  # all but el, tr and vi


def test_a_plan_is_drawn_from_toy_data_with_the_paper_s_profile() -> None:
    rows = [(f"g{i}", f"p{i}", lang) for i in range(150) for lang in PAPER["languages"]]
    parallel = pd.DataFrame(rows, columns=["group_id", "page_id", "lang"]).assign(query="q", passage="p")
    alone = parallel[parallel["lang"].isin(["en", "th"])].assign(group_id=lambda table: table.group_id + table.lang)
    tables = {"xtreme_train": parallel, "mr_tydi": alone}
    params = SamplerParams.model_validate(PAPER["sampler"])
    data = [PairIndex(name, table.assign(twin_id=table["group_id"])) for name, table in tables.items()]
    sampler = Sampler(data, params, PAPER["seed"])
    plan = pd.DataFrame([sampler.draw(step) for step in range(40)])
    assert set(plan["group_ids"].map(len)) == {100}
    assert set(plan.loc[plan["kind"] == "cross_lingual", "dataset"]) == {"xtreme_train"}
    assert set(plan["dataset"]) == {"xtreme_train", "mr_tydi"}
    assert set(plan["query_langs"].explode()) == set(PAPER["languages"])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with the profiles help and toy the current one; params.yaml is that of help."""
    (tmp_path / "profiles").mkdir()
    for name in ("help", "toy"):
        shutil.copy(ROOT / PROFILES / f"{name}.yaml", tmp_path / "profiles")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["help"]).output == "params.yaml: now profile help\n"
    return tmp_path


def test_without_a_name_the_profiles_are_listed(project: Path) -> None:
    assert CliRunner().invoke(main, []).output == "help\ntoy\n"


def test_a_profile_is_written_and_unchanged_parameters_leave_no_backup(project: Path) -> None:
    result = CliRunner().invoke(main, ["toy"])
    assert (result.exit_code, result.output) == (0, "params.yaml: now profile toy\n")
    assert AllParams.read(project / "params.yaml").benchmarks == ["toy"]
    assert not (project / "params.yaml.bak").exists()


@pytest.mark.parametrize("changed", ["profile: help\nseed: 14\n", "profile: gone\n", "profile: [help\n"])
def test_parameters_changed_by_hand_are_kept_in_a_backup_and_one_line_says_so(project: Path, changed: str) -> None:
    (project / "params.yaml").write_text(changed, encoding="utf-8")
    result = CliRunner().invoke(main, ["toy"])
    assert result.stderr == "warning: params.yaml was changed by hand; its old content is now in params.yaml.bak\n"
    assert (project / "params.yaml.bak").read_text(encoding="utf-8") == changed
    assert "profile: toy" in (project / "params.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("broken", ["profile: [mine\n", "profile: mine\nseed: -1\n"])
def test_a_profile_that_was_broken_later_can_be_left(project: Path, broken: str) -> None:
    (project / "profiles/mine.yaml").write_text("profile: mine\n", encoding="utf-8")
    assert CliRunner().invoke(main, ["mine"]).exit_code == 0
    (project / "profiles/mine.yaml").write_text(broken, encoding="utf-8")
    result = CliRunner().invoke(main, ["help"])
    assert (result.exit_code, result.stdout) == (0, "params.yaml: now profile help\n")
    assert (project / "params.yaml.bak").exists()


def test_an_unknown_profile_is_refused_with_the_known_names(project: Path) -> None:
    result = CliRunner().invoke(main, ["gone"])
    assert result.exit_code == 1
    assert result.stderr == "error: profile is 'gone', expected one of those in profiles: help, toy\n"
    assert "profile: help" in (project / "params.yaml").read_text(encoding="utf-8")


def test_the_schema_is_written_for_editors(project: Path) -> None:
    assert CliRunner().invoke(main, ["--schema"]).exit_code == 0
    assert '"AllParams"' in (project / "params.schema.json").read_text(encoding="utf-8")
