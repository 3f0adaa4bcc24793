"""The whole pipeline on the toy corpus, offline, through DVC as a user runs it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from ruamel.yaml import YAML

from support.params import toy_params, write_params
from support.stage_scripts import ROOT
from support.tiny_encoder import save_tiny_encoder

NOT_COPIED = (".git", ".venv", "data", "models", "reports", "cache", "tmp", "dvc.lock", "__pycache__", ".*_cache")
MODELS = ("base", "finetuned")
KINDS = ("centred", "centred_training", "lir")
SYSTEMS = {"baseline": ["bm25", "fair", "random"]} | {m: [*(f"{m}+{kind}" for kind in KINDS), m] for m in MODELS}
RUNS = re.compile(r"^Running stage '(.+)':$", re.MULTILINE)


# What a stage may read or write besides its dependencies and outputs: nothing of it decides what another stage makes.
BESIDE = ("params.yaml", "data/costs/", "data/.blocks/", "models/checkpoints/")


class Project(NamedTuple):
    """A copy of the project with the toy profile, and what DVC said when it ran."""

    root: Path
    output: str


def run(root: Path, *command: str, **more: str) -> str:
    """Run a command in ``root`` without a network and without the user's own settings; return what it prints."""
    environment = (
        os.environ
        | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # stages run as `python`
            "HF_HUB_OFFLINE": "1",
            "DVC_NO_ANALYTICS": "1",
            "DVC_GLOBAL_CONFIG_DIR": str(root.parent / "dvc_global"),
            "DVC_SITE_CACHE_DIR": str(root.parent / "dvc_site"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "OMP_NUM_THREADS": "1",  # the tensors are tiny: more threads only wait for each other
            "COLUMNS": "200",
        }
        | more
    )
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def dvc(root: Path, *arguments: str) -> str:
    return run(root, sys.executable, "-m", "dvc", *arguments)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Run the toy profile with a tiny encoder in a fresh copy of the project, and commit the results."""
    root = tmp_path_factory.mktemp("chain") / "project"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*NOT_COPIED))
    save_tiny_encoder(root.parent / "tiny")
    params = toy_params()
    params["base"] = {"source": "folder", "name": str(root.parent / "tiny"), "revision": ""}
    # what suits random weights: large steps, every weight trained, nothing of the base kept
    params["training"] |= {"learning_rate": 0.005, "word_embeddings": "trained", "base_share": 0.0}
    params["sampler"]["batches"] = 60  # in 20, what a batch is made of moves the loss more than training does
    params["negatives"] |= {"per_query": 1, "margin": -2.0}  # so that some are mined
    write_params(root, params)
    run(root, "git", "init", "--quiet")
    run(root, "git", "config", "user.name", "Toy")
    run(root, "git", "config", "user.email", "toy@example.org")
    (notes := root.parent / "notes").mkdir()
    traced = {"PYTHONPATH": str(ROOT / "tests" / "support" / "traced"), "TRACED_ROOT": str(root)}
    output = run(root, sys.executable, "-m", "dvc", "repro", **traced, TRACED_LOG=str(notes))
    run(root, "git", "add", "--all")
    run(root, "git", "commit", "--quiet", "--message", "toy")
    return Project(root, output)


@pytest.fixture(scope="module")
def experiment(first: Project) -> Project:
    """Run an experiment whose batches are all cross-lingual."""
    return Project(first.root, dvc(first.root, "exp", "run", "-S", "sampler.mono_ratio=0.0"))


def test_the_chain_writes_its_figures_for_both_models_and_every_baseline(first: Project) -> None:
    reports = first.root / "reports" / "toy"
    summary = pd.read_csv(reports / "tables" / "summary.csv")
    assert list(summary.columns) == ["benchmark", "system", "setting", "measure", "value", "n_queries", "low", "high"]
    headlines = summary[summary["measure"].isin(["map", "rank_distance"]) & (summary["system"] != "fair")]
    assert (headlines["low"] <= headlines["value"]).all() and (headlines["value"] <= headlines["high"]).all()
    compared = pd.read_csv(reports / "tables" / "comparisons.csv")[["system", "against"]].drop_duplicates()
    assert [" minus ".join(pair) for pair in compared.to_numpy()] == [
        "finetuned minus base",
        "finetuned minus base+centred",
        "finetuned+centred minus base+centred",
    ]
    assert set(summary["system"]) == {system for systems in SYSTEMS.values() for system in systems}
    assert set(summary["setting"]) == {"monolingual", "cross_lingual", "multilingual"}
    for path in (reports / "metrics" / "toy").glob("*/*.json"):
        metrics = json.loads(path.read_text(encoding="utf-8"))
        assert (0 < metrics["multilingual_map"] < 1) == (path.stem != "fair")
        # of 4 or 5 relevant passages among 59, the last is at least 3 ranks below the first
        assert 3 < metrics["rank_distance"] < 59


def test_the_model_card_says_how_the_model_is_used_and_ends_with_the_results(first: Project) -> None:
    card = (first.root / "reports" / "toy" / "model_card.md").read_text(encoding="utf-8")
    assert 'prompt_name="query"' in card and "`query` is 'query: '" in card
    assert "| toy_pairs | its owner's | the user's own | 60 |" in card
    assert card.index("## Training") < card.index("## Results")
    assert "| finetuned | 0." in card


def lies_in(path: str, places: Iterable[str]) -> bool:
    """Return whether ``path`` is one of ``places`` or lies in one that is a folder."""
    return any(f"{path}/".startswith(f"{place.rstrip('/')}/") for place in places)


def traced_stages(first: Project) -> Iterator[tuple[str, dict[str, list[str]], dict[str, list[str]]]]:
    """Yield each stage's name, its dependencies and outputs by dvc.lock, and the files that it read and wrote."""
    notes = [json.loads(path.read_text(encoding="utf-8")) for path in (first.root.parent / "notes").glob("*.json")]
    touched = {" ".join(note["command"]): note for note in notes}
    for name, stage in YAML(typ="safe", pure=True).load(first.root / "dvc.lock")["stages"].items():
        listed = {kind: [entry["path"] for entry in stage[kind]] for kind in ("deps", "outs")}
        yield name, listed, touched[stage["cmd"].removeprefix("python -m ")]


def test_a_stage_reads_and_writes_exactly_the_data_that_dvc_yaml_lists(first: Project) -> None:
    wrong: dict[str, list[str]] = {}
    for name, listed, touched in traced_stages(first):
        deps = [path for path in listed["deps"] if not path.startswith("stages/")]
        partial = tuple(f"{Path(out).parent}/.{Path(out).name}." for out in listed["outs"])  # before it is whole
        beside = [*listed["outs"], *BESIDE]
        undeclared = [path for path in touched["read"] if not lies_in(path, [*listed["deps"], *beside])]
        stray = [path for path in touched["written"] if not lies_in(path, beside)]
        unread = [dep for dep in deps if not any(lies_in(path, [dep]) for path in touched["read"])]
        unwritten = [out for out in listed["outs"] if not any(lies_in(path, [out]) for path in touched["written"])]
        found = [path for path in [*undeclared, *stray] if not path.startswith(partial)]
        if found := [*found, *unread, *unwritten]:
            wrong[name] = found
    assert wrong == {}


def test_training_on_the_toy_corpus_lowers_the_loss(first: Project) -> None:
    loss = pd.read_csv(first.root / "data" / "training.csv")["loss"]
    assert loss.tail(5).mean() < loss.head(5).mean()


def test_every_stage_ran_once_and_a_second_run_does_nothing(first: Project) -> None:
    listed = dvc(first.root, "stage", "list", "--name-only").split()
    assert sorted(RUNS.findall(first.output)) == sorted(listed)
    assert "Data and pipelines are up to date." in dvc(first.root, "repro")


def test_another_ratio_draws_trains_and_measures_anew_and_leaves_the_rest(experiment: Project) -> None:
    of_the_model = {f"{stage}@finetuned-toy" for stage in ("encode", "index", "score", "bias")}
    finetuned = {"batch", "finetune", "means@finetuned", "compare", "report"}
    assert set(RUNS.findall(experiment.output)) == finetuned | of_the_model


def test_metrics_show_has_a_row_per_system_and_diff_a_row_per_figure_that_changed(experiment: Project) -> None:
    shown = dvc(experiment.root, "metrics", "show").splitlines()
    paths = [f"{model}/{system}.json" for model, systems in SYSTEMS.items() for system in systems]
    assert shown[0].split()[0] == "Path"
    assert sorted(line.split()[0] for line in shown[1:]) == sorted(f"reports/toy/metrics/toy/{path}" for path in paths)
    compared = dvc(experiment.root, "metrics", "diff").splitlines()
    assert compared[0].split() == ["Path", "Metric", "HEAD", "workspace", "Change"]
    assert all(line.startswith("reports/toy/metrics/toy/finetuned/") for line in compared[1:])
    assert any("multilingual_map" in line for line in compared[1:])
