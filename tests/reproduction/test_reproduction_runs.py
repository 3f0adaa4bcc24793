"""The runs of the reproduction: experiments, each made once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from stages.hybrid.evaluation.layout import questions_folder
from stages.hybrid.ground.layout import CURVE, PLAN_SUMMARY
from stages.hybrid.reproduction.kept import KEPT, SAMPLINGS, UNTRAINED, read_kept_runs
from stages.reproduction import main
from support.stage_scripts import ROOT
from support.toy_runs import PARAMS

STAGE = """
import os, sys, pathlib
sys.path[:0] = {paths!r}
from stages.hybrid.ground.params import PARAMS, read_mapping
from support.toy_runs import FIGURES, write_scores, write_texts, write_training
params = read_mapping(PARAMS)
sampling = {{"monolingual": "x_x_mono", "cross_lingual": "x_y", "hybrid": "hybrid"}}[params["sampler"]["strategy"]]
if sampling == os.environ.get("BREAK"):
    sys.exit(7)
root = pathlib.Path()
write_scores(root, "base", FIGURES["base"], seed=99)
write_scores(root, "finetuned", FIGURES[sampling], seed=params["seed"])
write_training(root)
write_texts(root)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a git and DVC project whose only stage writes toy scores; it becomes the current folder."""
    monkeypatch.chdir(tmp_path)
    variables = {"DVC_NO_ANALYTICS": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SITE_CACHE_DIR"):
        variables[name] = str(tmp_path.parent / f"{tmp_path.name}_{name}")
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    stage = {"cmd": "python toy_stage.py", "params": ["sampler", "seed"]}
    outs = [str(path) for path in (questions_folder("toy"), CURVE, PLAN_SUMMARY, Path("reports/toy/tables"))]
    Path("toy_stage.py").write_text(STAGE.format(paths=[str(ROOT), str(ROOT / "tests")]), encoding="utf-8")
    Path("dvc.yaml").write_text(json.dumps({"stages": {"toy": stage | {"outs": outs}}}), encoding="utf-8")  # is YAML
    Path("params.yaml").write_text(json.dumps(PARAMS), encoding="utf-8")
    Path(".gitignore").write_text("/data/\n/reports/\n", encoding="utf-8")
    git = ("init", "config user.name Toy", "config user.email toy@example.org")
    commands = [
        *(f"git {words}" for words in git),
        f"{sys.executable} -m dvc init",
        "git add --all",
        "git commit -m toy",
    ]
    for command in commands:
        subprocess.run(command.split(), check=True, capture_output=True)
    return tmp_path


def test_runs_are_experiments_each_made_once_and_a_broken_one_is_made_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Path("params.yaml").read_bytes()
    kept = project / KEPT
    command = ["--run", "--seed", "13", "-S", "sampler.batches=10"]
    monkeypatch.setenv("BREAK", "x_y")
    broken = CliRunner().invoke(main, command)
    assert broken.exit_code == 1
    assert "error: x_y_13: `dvc exp run` ended with" in broken.stderr
    assert {path.name for path in kept.iterdir()} == {UNTRAINED, "x_x_mono_13"}
    assert Path("params.yaml").read_bytes() == before

    monkeypatch.setenv("BREAK", "")
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    made = [line.split(":")[0] for line in done.output.splitlines() if ": dvc exp run" in line]
    assert made == ["x_y_13", "hybrid_13"]
    assert {path.name for path in kept.iterdir()} == {UNTRAINED, "x_x_mono_13", "x_y_13", "hybrid_13"}
    assert {run.params["sampler"]["strategy"] for run in read_kept_runs(kept)} == set(SAMPLINGS.values())
    listed = subprocess.run([sys.executable, "-m", "dvc", "exp", "list", "--name-only"], capture_output=True, text=True)
    assert set(listed.stdout.split()) == {f"reproduction-{name}_13" for name in SAMPLINGS}

    # one that was over but not kept when it was killed
    shutil.rmtree(kept / "hybrid_13")
    assert CliRunner().invoke(main, command).exit_code == 0
    assert (kept / "hybrid_13" / "COMPLETE.json").exists()

    other = CliRunner().invoke(main, ["--run", "--seed", "13", "-S", "sampler.batches=9"])
    assert "ran with sampler.batches 10, but this run would have 9" in other.stderr
