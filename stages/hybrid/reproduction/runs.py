"""Making the runs of the reproduction, one after another, as DVC experiments in the workspace."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.git import ask_git
from stages.hybrid.ground.params import PARAMS, read_mapping
from stages.hybrid.reproduction.kept import (
    COMPLETE,
    KEPT,
    SAMPLINGS,
    changed_params,
    check_alike,
    keep_run,
    read_kept_run,
    run_name,
)


class PlannedRun(NamedTuple):
    """A run that is to be made."""

    sampling: str  # a key of `SAMPLINGS`
    seed: int
    changes: list[str]  # KEY=VALUE: how it differs from params.yaml

    @property
    def name(self) -> str:
        """The run's name, such as hybrid_13."""
        return run_name(self.sampling, self.seed)

    @property
    def options(self) -> list[str]:
        """The changes as options of `dvc exp run`."""
        return [word for change in self.changes for word in ("-S", change)]


def plan_runs(seeds: Sequence[int], overrides: Sequence[str]) -> list[PlannedRun]:
    """Return the runs that are not kept yet, each sampling with each seed, after ``overrides`` of params.yaml.

    Raises:
        UserError: An override is wrong, or a kept run differs from the planned ones in more than sampling and seed.
    """
    params, missing = read_mapping(PARAMS), []
    for seed in seeds:
        for sampling, strategy in SAMPLINGS.items():
            run = PlannedRun(sampling, seed, [*overrides, f"sampler.strategy={strategy}", f"seed={seed}"])
            planned = changed_params(params, run.changes)
            if (KEPT / run.name / COMPLETE).exists():
                check_alike(read_kept_run(KEPT / run.name), planned, whose="this run would have")
            else:
                missing.append(run)
    return missing


@contextmanager
def params_restored() -> Iterator[None]:
    """Put params.yaml back when the block ends, as it was before."""
    before = PARAMS.read_bytes()
    try:
        yield
    finally:
        PARAMS.write_bytes(before)


def make_run(run: PlannedRun) -> Path:
    """Make ``run`` as an experiment, keep its scores, and return their folder. A training that was killed resumes.

    Raises:
        UserError: DVC could not run it.
    """
    experiment = f"reproduction-{run.name}"
    _dvc("exp", "remove", experiment, quiet=True)  # of a run that was finished but not kept yet
    code = _dvc("exp", "run", "--name", experiment, *run.options)
    if code:
        raise UserError(f"{run.name}: `dvc exp run` ended with {code}, see above; run the same command again to resume")
    return keep_run(run.sampling, root=Path(), params=read_mapping(PARAMS), commit=ask_git("rev-parse", "HEAD"))


def head_is_detached() -> bool:
    """Return whether git is on no branch, as DVC leaves it if it is killed."""
    return ask_git("symbolic-ref", "--quiet", "HEAD") == ""


def _dvc(*arguments: str, quiet: bool = False) -> int:
    """Run DVC with this Python's environment first in PATH; return its exit code."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, env=os.environ | {"PATH": path}, capture_output=quiet, check=False).returncode
