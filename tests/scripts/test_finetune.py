"""The stage finetune in a process of its own, which is killed in the middle of training."""

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
from stages.hybrid.ground.layout import BASE, CHECKPOINTS, CURVE, FINETUNED, NEGATIVES, PAIRS, PLAN, VALIDATION
from stages.hybrid.retrieval.negatives import no_negatives
from stages.hybrid.training.checkpoints import COMPLETE
from support.params import toy_params, write_params
from support.stage_scripts import ROOT
from support.toy_training import make_pairs, make_plan

STEPS = 60
FILES = [FINETUNED / "model.safetensors", CURVE]
TRAINING = {
    "word_embeddings": "trimmed",
    "precision": "float32",
    "validation_steps": 20,
    "patience": 50,
    "checkpoint_steps": 10,
}


def make_project(root: Path, base: Path) -> None:
    """Write all that the stage reads."""
    params = toy_params()
    params |= {"datasets": ["toy"], "languages": ["de", "en"], "training": params["training"] | TRAINING}
    root.mkdir()
    write_params(root, params)
    shutil.copytree(base, root / BASE)
    pairs, plan = make_pairs(), make_plan(STEPS)
    pairs["held_out"] = pairs["group_id"].isin(["g1", "g2"])
    write_table(root / PAIRS / "toy.parquet", pairs.drop(columns="dataset"))
    write_table(root / VALIDATION, pairs[pairs["held_out"]])
    write_table(root / PLAN, plan)
    write_table(root / NEGATIVES / "toy.parquet", no_negatives())


def start(root: Path, *launcher: str) -> "subprocess.Popen[str]":
    """Start the stage in the project ``root``, through a launcher if one is given."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, *launcher, "-m", "stages.finetune"]
    return subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: "subprocess.Popen[str]") -> str:
    """Wait for the stage, and return what it printed."""
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    return output


def kill_in_training(root: Path) -> None:
    """Start the stage, and kill it as soon as a checkpoint is complete."""
    process = start(root)
    while process.poll() is None and not list((root / CHECKPOINTS).glob(f"*/checkpoint-*/{COMPLETE}")):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (root / CURVE).exists()


@pytest.fixture(scope="module")
def runs(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the folders of two projects: one run without a stop, and one that was killed and started again."""
    whole, killed = (tmp_path_factory.mktemp("finetune") / name for name in ("whole", "killed"))
    for root in (whole, killed):
        make_project(root, base)
    kill_in_training(killed)
    finish(start(killed))
    finish(start(whole))
    return whole, killed


def test_with_a_launcher_only_the_first_process_writes(runs: tuple[Path, Path], base: Path, tmp_path: Path) -> None:
    make_project(tmp_path / "two", base)
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    assert finish(start(tmp_path / "two", *launcher)).count(f"{FINETUNED}: ") == 1
    left = sorted(path.name for path in (tmp_path / "two" / FINETUNED.parent).iterdir())
    assert left == [BASE.name, FINETUNED.name]
    two, one = (pd.read_csv(root / CURVE) for root in (tmp_path / "two", runs[0]))
    pd.testing.assert_frame_equal(two, one, rtol=0, atol=1e-2)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_killed_run_that_starts_again_ends_with_the_same_bytes(runs: tuple[Path, Path], file: Path) -> None:
    whole, killed = runs
    assert (whole / file).read_bytes() == (killed / file).read_bytes()


def test_the_checkpoints_are_deleted_when_the_run_has_ended(runs: tuple[Path, Path]) -> None:
    assert not any((root / CHECKPOINTS).exists() for root in runs)


def test_the_finetuned_folder_loads_in_sentence_transformers_with_its_prompts(runs: tuple[Path, Path]) -> None:
    model = SentenceTransformer(str(runs[0] / FINETUNED), device="cpu")
    assert model.encode(["water"], prompt_name="query").shape == (1, 32)
