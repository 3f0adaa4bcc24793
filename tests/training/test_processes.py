"""Two processes on the CPU, connected by gloo, compared with one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from stages.finetune import main
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import write_table
from stages.hybrid.ground.layout import PLAN
from stages.hybrid.training.processes import check_divisible, own_slice
from support.params import toy_params, write_params
from support.stage_scripts import ROOT
from support.toy_training import make_plan, train
from support.train_on_processes import RUNS


@pytest.fixture(scope="module")
def two_processes(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("two")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    script = str(ROOT / "tests" / "support" / "train_on_processes.py")
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*launcher, script, str(base), str(out)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.parametrize("name", RUNS)
def test_two_processes_have_the_losses_and_weights_of_one(
    two_processes: Path, base: Path, tmp_path: Path, name: str
) -> None:
    weights, curve = train(base, tmp_path, **RUNS[name])
    found = pd.DataFrame(json.loads((two_processes / f"{name}.json").read_text(encoding="utf-8")))
    pd.testing.assert_frame_equal(found, curve.fillna(-1.0), rtol=0, atol=1e-4, check_dtype=False)
    for key, value in load_file(two_processes / f"{name}_0.st").items():
        torch.testing.assert_close(value, weights[key], rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", RUNS)
def test_both_processes_end_with_the_same_bits(two_processes: Path, name: str) -> None:
    first, second = (load_file(two_processes / f"{name}_{rank}.st") for rank in (0, 1))
    assert all(torch.equal(value, second[key]) for key, value in first.items())


def test_a_process_embeds_its_own_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("RANK", "1")
    assert list(range(12))[own_slice(12)] == [4, 5, 6, 7]


def test_a_batch_that_cannot_be_divided_evenly_is_refused() -> None:
    check_divisible(make_plan(), 2)
    with pytest.raises(UserError, match="step 0 has 4 pairs for 3 processes, expected a multiple of 3; change"):
        check_divisible(make_plan(), 3)


def test_the_stage_refuses_such_a_batch_before_it_reads_pairs_or_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_params(tmp_path, toy_params())
    write_table(tmp_path / PLAN, make_plan())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORLD_SIZE", "3")
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 1
    assert result.stderr.startswith("error: the plan's step 0 has 4 pairs for 3 processes")
