"""Checkpoints: which one a run resumes from, and which are deleted."""

from pathlib import Path

import pytest

from stages.hybrid.ground.layout import BASE, NEGATIVES, PAIRS, PLAN, VALIDATION
from stages.hybrid.training.checkpoints import COMPLETE, newest_checkpoint, own_checkpoints, training_inputs


def make_checkpoint(folder: Path, step: int, *, complete: bool = True) -> None:
    (folder / f"checkpoint-{step}").mkdir(parents=True)
    if complete:
        (folder / f"checkpoint-{step}" / COMPLETE).touch()


def test_a_checkpoint_that_a_kill_cut_off_is_passed_over_and_deleted(tmp_path: Path) -> None:
    for step in (9, 10):
        make_checkpoint(tmp_path, step)
    make_checkpoint(tmp_path, 11, complete=False)
    assert newest_checkpoint(tmp_path) == tmp_path / "checkpoint-10"
    assert not (tmp_path / "checkpoint-11").exists()


def test_without_a_checkpoint_there_is_none_to_resume_from(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path / "absent") is None


@pytest.mark.parametrize("changed", ["input", "params", "processes"])
def test_a_run_with_other_inputs_has_another_folder_and_deletes_the_checkpoints_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    root, plan = tmp_path / "checkpoints", tmp_path / "plan"
    plan.write_text("one")
    first = own_checkpoints(root, [plan], ["seed 3"])
    make_checkpoint(first, 2)
    assert own_checkpoints(root, [plan], ["seed 3"]) == first and first.exists()
    if changed == "input":
        plan.write_text("two")
    if changed == "processes":
        monkeypatch.setenv("WORLD_SIZE", "2")
    assert own_checkpoints(root, [plan], ["seed 4" if changed == "params" else "seed 3"]) != first
    assert not first.exists()


def test_a_training_depends_on_the_encoder_s_weights_the_plan_and_the_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    weights = [BASE / "1_Dense/model.safetensors", BASE / "model.safetensors"]
    for path in weights:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (BASE / "README.md").touch()
    tables = [PAIRS / "a.parquet", NEGATIVES / "a.parquet", PAIRS / "b.parquet", NEGATIVES / "b.parquet"]
    assert training_inputs(["a", "b"]) == [*weights, PLAN, VALIDATION, *tables]
