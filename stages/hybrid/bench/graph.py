"""The stage graph: seconds to find out that nothing is to be done, stages, seconds of help, memory of the last run."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import yaml

from stages.hybrid.bench.inputs import Inputs
from stages.hybrid.bench.rows import Row, limit_row
from stages.hybrid.bench.timing import alternate, timed
from stages.hybrid.ground.costs import COSTS, read_costs
from stages.hybrid.ground.errors import UserError

ROUNDS = 3
NOOP_SECONDS = 5.0
STAGES = 40
HELP_SECONDS = 1.0
PEAK_GIB = 4.0


def read_peaks(_: Inputs) -> list[Row]:
    """Return the peak of memory of the last `make run`, of the stage that took most, as every stage noted it.

    Raises:
        UserError: no stage has.
    """
    costs = read_costs()
    if not costs:
        raise UserError(f"{COSTS}: no stage noted what it cost; `make run` first")
    most = max(costs, key=lambda cost: cost["peak_memory_gib"])
    note = f"the largest of {len(costs)} stages, {most['stage']}"
    return [limit_row("run_peak_memory", [most["peak_memory_gib"]], PEAK_GIB, unit="GiB", note=note)]


def time_noop(_: Inputs) -> list[Row]:
    """Return the seconds of `dvc repro` with nothing to do.

    Raises:
        UserError: there is something to do.
    """
    if _call("dvc", "status", "--quiet").returncode:
        raise UserError("`dvc status` finds something to do, and `dvc repro` would do it; run `make run` first")
    seconds = alternate({"ours": timed(lambda: _checked("dvc", "repro", "--quiet"))}, rounds=ROUNDS)["ours"]
    return [limit_row("repro_noop_seconds", seconds, NOOP_SECONDS, unit="seconds")]


def count_stages(_: Inputs) -> list[Row]:
    """Return how many stages DVC makes of dvc.yaml under params.yaml."""
    stages = _checked("dvc", "stage", "list", "--name-only").split()
    return [limit_row("stage_count", [float(len(stages))], float(STAGES), unit="stages")]


def time_help(_: Inputs) -> list[Row]:
    """Return the seconds of `--help`, of the stage that takes longest."""
    stages = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    runs = {name: timed(partial(_checked, f"stages.{name}", "--help")) for name in stages}
    seconds = alternate(runs, rounds=ROUNDS)
    slowest = max(seconds, key=lambda name: sum(seconds[name]))
    note = f"the slowest of {len(seconds)} stages, {slowest}"
    return [limit_row("help_seconds", seconds[slowest], HELP_SECONDS, unit="seconds", note=note)]


def _checked(module: str, *arguments: str) -> str:
    done = _call(module, *arguments)
    if done.returncode:
        raise UserError(
            f"`python -m {' '.join([module, *arguments])}` fails: {done.stderr.strip()}; run `make run` first"
        )
    return done.stdout


def _call(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)
