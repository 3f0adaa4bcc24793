"""The runs of the reproduction: which there must be, what is kept of each, and whether they can be compared."""

import copy
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.hybrid.evaluation.layout import REPORTS, questions_folder
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_json, whole_folder, write_json
from stages.hybrid.ground.layout import COSTS, CURVE, FINETUNED, PLAN_SUMMARY
from stages.hybrid.report.changed_texts import compare_files
from stages.hybrid.report.provenance import TEXTS, read_files
from stages.hybrid.retrieval.baselines import centred_name, split_name

KEPT = REPORTS / "reproduction" / "runs"  # SAMPLING_SEED/: what the collection needs of a run
UNTRAINED = "untrained"  # beside the runs: the systems that no run trains, as the first run left them
COMPLETE = "COMPLETE.json"
PARAMS_FILE = "PARAMS.json"  # in UNTRAINED: the parameters of the first run
TRAINED = FINETUNED.name  # the model that a run trains
TRAINED_SYSTEMS = (TRAINED, centred_name(TRAINED))  # what is kept of a run
SAMPLINGS = {"x_x_mono": "monolingual", "x_y": "cross_lingual", "hybrid": "hybrid"}  # the paper's, as sampler.strategy
# What may differ between runs that are compared: the seed, and what changes no figure of theirs.
FREE = ("seed", "models", "fetch")


@dataclass(frozen=True)
class KeptRun:
    """A finished run, and where its scores are kept.

    Attributes:
        sampling: A key of `SAMPLINGS`.
        seed: The run's seed.
        params: All of params.yaml that it ran with.
        commit: The commit that it ran on.
        plan: The plan's summary, as the batch stage wrote it.
        training: The `Cost` of the last run of finetune; empty if not known.
        folder: Holds BENCHMARK/SYSTEM.parquet (the tables of `question_table`), training.csv and `COMPLETE`.
    """

    sampling: str
    seed: int
    params: dict[str, Any]
    commit: str
    plan: dict[str, Any]
    training: dict[str, Any]
    folder: Path

    @property
    def languages(self) -> list[str]:
        """The training languages: those of the parameters or, if these name none, those of the plan, sorted."""
        return self.params["languages"] or sorted(row["lang"] for row in self.plan["languages"])


FACTS = tuple(field.name for field in fields(KeptRun) if field.name != "folder")  # what `COMPLETE` holds
# What the collection needs of a run's parameters and of its plan.
PARTS = {
    "params": ("profile", "datasets", "benchmarks", "languages", "base", "sampler"),
    "plan": ("batches", "pairs", "languages"),
}


def run_name(sampling: str, seed: int) -> str:
    """Return the name of a run's folder, such as hybrid_13."""
    return f"{sampling}_{seed}"


def changed_params(params: dict[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return ``params`` after ``changes``, each ``key=value`` with a dotted key, as `dvc exp run -S` would change them.

    Raises:
        UserError: A change has no value, one that is not YAML, or names a key that ``params`` lacks.
    """
    changed = copy.deepcopy(params)
    for change in changes:
        key, equals, value = change.partition("=")
        *path, last = key.split(".")
        section = changed
        for name in path:
            section = section.get(name, {}) if isinstance(section, dict) else {}
        if not equals or not isinstance(section, dict) or last not in section:
            raise UserError(f"-S {change}: expected KEY=VALUE with a key of params.yaml, such as sampler.batches=250")
        try:
            section[last] = YAML(typ="safe", pure=True).load(value)
        except YAMLError:
            raise UserError(f"-S {change}: {value!r} is not a YAML value; quote it") from None
    return changed


def keep_run(sampling: str, *, root: Path, params: dict[str, Any], commit: str) -> Path:
    """Copy what the collection needs of the run in the project ``root`` to `KEPT`: all of it, or nothing.

    The trained model and its centred system are kept. Systems that no run trains are kept beside, of the first run, and
    so is the list of the raw files.

    Returns:
        The folder of the kept run.

    Raises:
        UserError: The scores of a system are missing, or the run's texts or parameters are not those of the first run.
    """
    target = root / KEPT / run_name(sampling, params["seed"])
    untrained = root / KEPT / UNTRAINED
    tables = {benchmark: _find_tables(root, params["profile"], benchmark) for benchmark in params["benchmarks"]}
    texts = root / REPORTS / params["profile"] / "tables" / TEXTS
    if not untrained.exists():
        with whole_folder(untrained) as partial:
            _copy_tables(tables, partial, trained=False)
            shutil.copyfile(texts, partial / TEXTS)
            write_json(partial / PARAMS_FILE, params)
    check_params(read_json(untrained / PARAMS_FILE), params, folder=untrained, whose="this run has")
    if notes := compare_files(read_files(texts), read_files(untrained / TEXTS)):
        raise UserError(f"{target}: ran with other texts than the kept runs ({notes[0]}); move {root / KEPT} away")
    with whole_folder(target) as partial:
        _copy_tables(tables, partial, trained=True)
        shutil.copyfile(root / CURVE, partial / CURVE.name)
        cost = root / COSTS / "finetune.json"
        facts = {"sampling": sampling, "seed": params["seed"], "commit": commit, "params": params}
        facts |= {"plan": read_json(root / PLAN_SUMMARY), "training": read_json(cost) if cost.exists() else {}}
        write_json(partial / COMPLETE, facts)
    return target


def _find_tables(root: Path, profile: str, benchmark: str) -> list[Path]:
    """Return the files with the scores of each question of ``benchmark``, one per system.

    Raises:
        UserError: That of the trained model is missing.
    """
    folder = root / questions_folder(profile) / benchmark
    found = sorted(folder.glob("*.parquet"))
    if TRAINED not in {path.stem for path in found}:
        raise UserError(f"{folder}: {TRAINED}.parquet is missing, so the run cannot be kept; run `dvc repro`")
    return found


def _copy_tables(tables: dict[str, list[Path]], target: Path, *, trained: bool) -> None:
    """Copy to ``target``/BENCHMARK the tables of what a run trains, or of what no run trains."""
    for benchmark, paths in tables.items():
        (target / benchmark).mkdir()
        for path in paths:
            if (split_name(path.stem)[0] == TRAINED) == trained and (not trained or path.stem in TRAINED_SYSTEMS):
                shutil.copyfile(path, target / benchmark / path.name)


def read_kept_run(folder: Path) -> KeptRun:
    """Return the kept run in ``folder``.

    Raises:
        UserError: Its file `COMPLETE` is missing, is not JSON, or lacks one of `FACTS` or `PARTS`, or its sampling is
            not one of `SAMPLINGS`.
    """
    facts = read_json(folder / COMPLETE, keys=FACTS)
    _check_facts(facts, folder)
    return KeptRun(**{name: facts[name] for name in FACTS}, folder=folder)


def _check_facts(facts: dict[str, Any], folder: Path) -> None:
    """Check that the facts of the kept run in ``folder`` are what the collection needs.

    Raises:
        UserError: They are not.
    """
    wrong = ""
    if facts["sampling"] not in list(SAMPLINGS):  # a list, because what is found may have no hash
        wrong = f"sampling is {facts['sampling']!r}, expected one of {', '.join(SAMPLINGS)}"
    elif not isinstance(facts["seed"], int):
        wrong = f"seed is {facts['seed']!r}, expected a whole number"
    for part, keys in PARTS.items():
        if not isinstance(facts[part], dict) or not facts[part].keys() >= set(keys):
            wrong = wrong or f"{part} is incomplete, expected an object with {', '.join(keys)}"
    if wrong:
        raise UserError(f"{folder / COMPLETE}: {wrong}; move {folder} away and make the run again")


def read_kept_runs(kept: Path) -> list[KeptRun]:
    """Return the runs in ``kept``, by sampling in the order of `SAMPLINGS`, then by seed.

    Raises:
        UserError: There is none, or two differ in more than sampling and seed, or in their batches or pairs.
    """
    runs = [read_kept_run(path.parent) for path in kept.glob(f"[!.]*/{COMPLETE}")]
    if not runs:
        raise UserError(f"{kept}: there is no run; make the runs with `python -m stages.reproduction --run`")
    runs.sort(key=lambda run: (list(SAMPLINGS).index(run.sampling), run.seed))
    for run in runs:
        check_alike(run, runs[0].params, whose=f"{runs[0].folder} has")
        for count in ("batches", "pairs"):
            made, expected = run.plan[count], runs[0].plan[count]
            if made != expected:
                raise UserError(
                    f"{run.folder}: trained on {made} {count}, but {runs[0].folder} on {expected}; run it again"
                )
    return runs


def paired_runs(runs: Sequence[KeptRun]) -> list[KeptRun]:
    """Return the runs whose seed every sampling has that was run at all. Comparisons are paired by seed.

    Raises:
        UserError: No seed has all of these samplings.
    """
    seeds = {name: {run.seed for run in runs if run.sampling == name} for name in {run.sampling for run in runs}}
    paired = [run for run in runs if all(run.seed in known for known in seeds.values())]
    if not paired:
        listed = "; ".join(f"{name} with {', '.join(map(str, sorted(known)))}" for name, known in sorted(seeds.items()))
        raise UserError(f"{runs[0].folder.parent}: no seed has every sampling: {listed}; make the missing runs")
    return paired


def check_alike(run: KeptRun, params: dict[str, Any], *, whose: str) -> None:
    """Check that ``run`` differs from ``params`` in sampling and seed only, as `check_params` does.

    Raises:
        UserError: It differs in more.
    """
    check_params(run.params, params, folder=run.folder, whose=whose)


def check_params(found: dict[str, Any], params: dict[str, Any], *, folder: Path, whose: str) -> None:
    """Check that the parameters ``found`` in ``folder`` differ from ``params`` in sampling and seed only.

    ``whose`` introduces ``params`` in the error, such as "this run would have".

    Raises:
        UserError: They differ in more.
    """
    known = _compared(found)
    for key, value in _compared(params).items():
        if known.get(key) != value:
            raise UserError(
                f"{folder}: ran with {key} {known.get(key)!r}, but {whose} {value!r}; move one away, or run it again"
            )


def _compared(params: dict[str, Any]) -> dict[str, Any]:
    """Return the values that must agree, those of sections by dotted key."""
    flat: dict[str, Any] = {}
    for key, value in params.items():
        flat |= {f"{key}.{name}": part for name, part in value.items()} if isinstance(value, dict) else {key: value}
    return {key: value for key, value in flat.items() if key.split(".")[0] not in FREE and key != "sampler.strategy"}
