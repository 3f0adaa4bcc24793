"""The runs of the reproduction: which there are to be, what is kept of each, and whether they can be compared."""

import copy
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_json, whole_folder, write_json
from stages.hybrid.retrieval.baselines import WITHOUT_MODEL, find_systems

SAMPLINGS = {"x_x_mono": "monolingual", "x_y": "cross_lingual", "hybrid": "hybrid"}  # the paper's, as sampler.strategy
COMPLETE = "COMPLETE.json"
# what may differ between runs that are compared: what is asked about, and what changes no figure of theirs
FREE = ("seed", "models", "fetch")


@dataclass(frozen=True)
class KeptRun:
    """A run that is over, and where its scores are kept.

    Attributes:
        sampling: A key of `SAMPLINGS`.
        seed: The run's seed.
        params: The whole parameter file that it ran with.
        commit: The commit that it ran on.
        plan: What the batch stage said of its plan.
        training: What the finetune stage's last run cost: seconds, peak_memory_gib and machine; empty if not known.
        folder: Holds BENCHMARK/SYSTEM/{measures.parquet, bias.parquet, bias.csv}, training.csv and `COMPLETE`.
    """

    sampling: str
    seed: int
    params: dict[str, Any]
    commit: str
    plan: dict[str, Any]
    training: dict[str, Any]
    folder: Path


def run_name(sampling: str, seed: int) -> str:
    """Return the name of a run's folder, such as hybrid_13."""
    return f"{sampling}_{seed}"


def settings_of(sampling: str, seed: int, overrides: Sequence[str]) -> list[str]:
    """Return the ``key=value`` settings with which a run differs from params.yaml."""
    return [*overrides, f"sampler.strategy={SAMPLINGS[sampling]}", f"seed={seed}"]


def planned_params(params: dict[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Return ``params`` with ``settings``, each ``key=value`` with a dotted key, as `dvc exp run -S` would have them.

    Raises:
        UserError: a setting has no value, or names a key that ``params`` lacks.
    """
    planned = copy.deepcopy(params)
    for setting in settings:
        key, equals, value = setting.partition("=")
        *path, last = key.split(".")
        section = planned
        for name in path:
            section = section.get(name, {}) if isinstance(section, dict) else {}
        if not equals or not isinstance(section, dict) or last not in section:
            raise UserError(
                f"-S {setting}: is no KEY=VALUE with a key of params.yaml; name one, as sampler.batches=250"
            )
        section[last] = yaml.safe_load(value)
    return planned


def keep_run(sampling: str, *, data: Path, kept: Path, params: dict[str, Any], commit: str) -> Path:
    """Copy what the collection needs of the run that is in ``data`` to ``kept``/NAME, all of it or nothing.

    Every system that was scored on the run's benchmarks is taken: the models, and what they are held against.

    Raises:
        UserError: the scores or the bias of one are missing.
    """
    target = kept / run_name(sampling, params["seed"])
    with whole_folder(target) as partial:
        for benchmark in params["benchmarks"]:
            systems = find_systems(data / "scores", [WITHOUT_MODEL, *params["models"]], benchmark=benchmark)
            for name, path in systems.items():
                scores, bias, into = data / "scores" / path, data / "bias" / path, partial / benchmark / name
                for folder in (scores, bias):
                    if not (folder / "queries.parquet").exists():
                        raise UserError(f"{folder}: holds no queries.parquet, which is kept of {name}; run `dvc repro`")
                into.mkdir(parents=True)
                shutil.copyfile(scores / "queries.parquet", into / "measures.parquet")
                shutil.copyfile(bias / "queries.parquet", into / "bias.parquet")
                shutil.copyfile(bias / "bias.csv", into / "bias.csv")
        shutil.copyfile(data / "training.csv", partial / "training.csv")
        plan, cost = data / "batches_summary.json", data / "costs" / "finetune.json"
        told = {"sampling": sampling, "seed": params["seed"], "commit": commit, "params": params}
        told |= {"plan": read_json(plan), "training": read_json(cost) if cost.exists() else {}}
        write_json(partial / COMPLETE, told)
    return target


def read_run(folder: Path) -> KeptRun:
    """Return the kept run in ``folder``."""
    return KeptRun(**read_json(folder / COMPLETE), folder=folder)


def read_kept_runs(kept: Path) -> list[KeptRun]:
    """Return the runs in ``kept``, by sampling in the order of `SAMPLINGS`, then by seed.

    Raises:
        UserError: there is none, or two differ in more than sampling and seed, or in their steps or pairs.
    """
    runs = [read_run(path.parent) for path in kept.glob(f"[!.]*/{COMPLETE}")]
    if not runs:
        raise UserError(f"{kept}: holds no run; make them with `python -m stages.reproduction --run`")
    runs.sort(key=lambda run: (list(SAMPLINGS).index(run.sampling), run.seed))
    for run in runs:
        check_alike(run, runs[0].params, f"{runs[0].folder} has")
        for count in ("batches", "pairs"):
            made, expected = run.plan[count], runs[0].plan[count]
            if made != expected:
                raise UserError(
                    f"{run.folder}: trained on {made} {count}, {runs[0].folder} on {expected}; run it again"
                )
    return runs


def check_alike(run: KeptRun, params: dict[str, Any], whose: str) -> None:
    """Raise `UserError` where ``run`` differs from ``params`` in more than sampling and seed."""
    for key, value in _compared(params).items():
        if (found := _compared(run.params).get(key)) != value:
            raise UserError(
                f"{run.folder}: ran with {key} {found!r}, {whose} {value!r}; move one away, or run it again"
            )


def _compared(params: dict[str, Any]) -> dict[str, Any]:
    """Return the values that must agree, sections by dotted key."""
    flat: dict[str, Any] = {}
    for key, value in params.items():
        flat |= {f"{key}.{name}": part for name, part in value.items()} if isinstance(value, dict) else {key: value}
    return {key: value for key, value in flat.items() if key.split(".")[0] not in FREE and key != "sampler.strategy"}
