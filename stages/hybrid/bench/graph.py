"""The stage graph: seconds of `dvc repro` with nothing to do, stages, seconds of help, memory of the last run."""

import subprocess
import sys
from functools import partial
from pathlib import Path

from stages.hybrid.bench.inputs import BenchParams
from stages.hybrid.bench.rows import Row, limit_row
from stages.hybrid.bench.timing import ROUNDS, alternate, timed
from stages.hybrid.ground.errors import UserError, last_line
from stages.hybrid.ground.layout import COSTS
from stages.hybrid.ground.params import read_mapping
from stages.hybrid.report.costs import read_costs

DVC_YAML = Path("dvc.yaml")
NOOP_SECONDS = 5.0
STAGES = 40
HELP_SECONDS = 1.0
PEAK_GIB = 4.0


def read_peaks(_: BenchParams) -> list[Row]:
    """Return the largest peak of memory among the stages of the last `make run`, as each stage noted it.

    Raises:
        UserError: No stage noted one.
    """
    costs = read_costs()
    if not costs:
        raise UserError(f"{COSTS}: no stage noted what it cost; run `make run` first")
    most = max(costs, key=lambda cost: cost["peak_memory_gib"])
    note = f"the largest of {len(costs)} stages, {most['stage']}"
    return [limit_row("run_peak_memory", [most["peak_memory_gib"]], PEAK_GIB, unit="GiB", note=note)]


def time_noop(_: BenchParams) -> list[Row]:
    """Return the seconds of `dvc repro` with nothing to do.

    Raises:
        UserError: Stages are out of date, or `dvc repro` fails.
    """
    if _call("dvc", "status", "--quiet").returncode:
        raise UserError("stages are out of date; run `make run` first")
    seconds = alternate({"ours": timed(lambda: _checked("dvc", "repro", "--quiet"))}, rounds=ROUNDS)["ours"]
    return [limit_row("repro_noop_seconds", seconds, NOOP_SECONDS, unit="seconds")]


def count_stages(_: BenchParams) -> list[Row]:
    """Return how many stages DVC makes of dvc.yaml with the present params.yaml.

    Raises:
        UserError: `dvc stage list` fails.
    """
    stages = _checked("dvc", "stage", "list", "--name-only").split()
    return [limit_row("stage_count", [float(len(stages))], float(STAGES), unit="stages")]


def time_help(_: BenchParams) -> list[Row]:
    """Return the seconds of `--help`, for the stage that takes longest.

    Raises:
        UserError: Dvc.yaml cannot be read, or the help of a stage fails.
    """
    stages = read_mapping(DVC_YAML)["stages"]
    runs = {name: timed(partial(_checked, f"stages.{name}", "--help")) for name in stages}
    seconds = alternate(runs, rounds=ROUNDS)
    slowest = max(seconds, key=lambda name: sum(seconds[name]))
    note = f"the slowest of {len(seconds)} stages, {slowest}"
    return [limit_row("help_seconds", seconds[slowest], HELP_SECONDS, unit="seconds", note=note)]


def _checked(module: str, *arguments: str) -> str:
    done = _call(module, *arguments)
    if done.returncode:
        command = " ".join([module, *arguments])
        raise UserError(f"`python -m {command}` fails: {last_line(done.stderr)}; run `make run` first")
    return done.stdout


def _call(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)
