"""The stage finetune as a process of its own, killed in mid-training."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from sentence_transformers import SentenceTransformer

from stages.hybrid.ground.files import write_table
from stages.hybrid.retrieval.negatives import no_negatives
from support.params import toy_params, write_params
from support.stage_scripts import ROOT
from support.toy_training import make_pairs, make_plan

STEPS = 60
FILES = ["models/finetuned/model.safetensors", "data/training.csv"]
TRAINING = {
    "word_embeddings": "trimmed",
    "precision": "float32",
    "validation_steps": 20,
    "patience": 50,
    "checkpoint_steps": 10,
}


def make_project(root: Path, base: Path) -> None:
    """Write what the stage reads."""
    params = toy_params()
    params |= {"datasets": ["toy"], "languages": ["de", "en"], "training": params["training"] | TRAINING}
    root.mkdir()
    write_params(root, params)
    shutil.copytree(base, root / "models" / "base")
    pairs, plan = make_pairs(), make_plan(STEPS)
    pairs["held_out"] = pairs["group_id"].isin(["g1", "g2"])
    write_table(root / "data" / "pairs" / "toy.parquet", pairs.drop(columns="dataset"))
    write_table(root / "data" / "validation.parquet", pairs[pairs["held_out"]])
    write_table(root / "data" / "plan.parquet", plan)
    write_table(root / "data" / "negatives" / "toy.parquet", no_negatives())


def start(root: Path, *launcher: str) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, *launcher, "-m", "stages.finetune"]
    return subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: "subprocess.Popen[str]") -> str:
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    return output


def kill_in_training(root: Path) -> None:
    """Start the stage and kill it as soon as a checkpoint is whole."""
    process = start(root)
    while process.poll() is None and not list(root.glob("models/checkpoints/*/checkpoint-*/complete")):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (root / "data" / "training.csv").exists()


@pytest.fixture(scope="module")
def runs(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the folder of a run that nothing stopped, and of one that was killed and started again."""
    whole, killed = (tmp_path_factory.mktemp("finetune") / name for name in ("whole", "killed"))
    for root in (whole, killed):
        make_project(root, base)
    kill_in_training(killed)
    finish(start(killed))
    finish(start(whole))
    return whole, killed


def test_under_a_launcher_the_first_process_alone_writes(runs: tuple[Path, Path], base: Path, tmp_path: Path) -> None:
    make_project(tmp_path / "two", base)
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    assert finish(start(tmp_path / "two", *launcher)).count("models/finetuned: ") == 1
    assert sorted(path.name for path in (tmp_path / "two" / "models").iterdir()) == ["base", "finetuned"]
    two, one = (pd.read_csv(root / "data" / "training.csv") for root in (tmp_path / "two", runs[0]))
    pd.testing.assert_frame_equal(two, one, rtol=0, atol=1e-2)


@pytest.mark.parametrize("name", FILES)
def test_a_killed_run_that_starts_again_ends_with_the_same_bytes(runs: tuple[Path, Path], name: str) -> None:
    whole, killed = runs
    assert (whole / name).read_bytes() == (killed / name).read_bytes()


def test_the_checkpoints_are_gone_when_the_run_is_done(runs: tuple[Path, Path]) -> None:
    assert not any((root / "models" / "checkpoints").exists() for root in runs)


def test_the_finetuned_folder_loads_in_sentence_transformers_with_its_prompts(runs: tuple[Path, Path]) -> None:
    model = SentenceTransformer(str(runs[0] / "models" / "finetuned"), device="cpu")
    assert model.encode(["water"], prompt_name="query").shape == (1, 32)
