"""All data that the report is written from, and how it is read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from stages.hybrid.evaluation.layout import (
    BIAS,
    BIAS_MEANS_FILE,
    BIAS_PAIRS_FILE,
    CELLS_FILE,
    CHECK_FILE,
    COMPARISONS,
    COMPARISONS_FILE,
    INTERVALS_FILE,
    MEASURES_FILE,
    SCORES,
)
from stages.hybrid.evaluation.quality.measures import average_benchmark, average_languages
from stages.hybrid.ground.files import read_json, read_table
from stages.hybrid.ground.layout import CURVE, PLAN_SUMMARY, RAW, SOURCE_FILE, STATISTICS
from stages.hybrid.report.tables import summary_table, without_fair
from stages.hybrid.retrieval.baselines import WITHOUT_MODEL, find_systems

Scored = dict[tuple[str, str], Path]  # (benchmark, system) -> its folder below SCORES, and below BIAS
SOURCE = ("origin", "files")  # what SOURCE.json has of every training set and benchmark


@dataclass(frozen=True)
class Evidence:
    """All data that the report is written from.

    Attributes:
        profile: Name of the parameter profile.
        seed: The run's seed.
        models: The models. The others are compared with the first.
        systems: The systems in tables of quality, in their order: all that were scored, but not `FAIR`.
        languages: Training languages, also if the parameters name none.
        summary: The result of `summary_table`.
        cells: Columns benchmark, system and those of `average_cells`.
        by_language: Columns benchmark, system and those of `average_languages`.
        bias: Columns benchmark, system and those of `average_bias`.
        language_pairs: Columns benchmark, system and those of `bias_by_pair`.
        checks: Measures in the pool by exact ranks and by the run of the index: benchmark, system, measure, exact, run.
        comparisons: Paired comparisons: benchmark, the columns of `compare_systems`, p_holm.
        plan: The result of `summarise_plan`; empty if there is no plan.
        curve: The training curve, whose columns include step and loss; None if nothing was trained.
        statistics: Counts by the stage prepare, for each training set and benchmark.
        sources: SOURCE.json of each training set and benchmark, by name.
    """

    profile: str
    seed: int
    models: Sequence[str]
    systems: list[str]
    languages: list[str]
    summary: pd.DataFrame
    cells: pd.DataFrame
    by_language: pd.DataFrame
    bias: pd.DataFrame
    language_pairs: pd.DataFrame
    checks: pd.DataFrame
    comparisons: pd.DataFrame = field(default_factory=pd.DataFrame)
    plan: dict[str, Any] = field(default_factory=dict)
    curve: pd.DataFrame | None = None
    statistics: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, Any] = field(default_factory=dict)

    @property
    def benchmarks(self) -> list[str]:
        """The benchmarks, in the order of the parameters."""
        return list(dict.fromkeys(self.summary["benchmark"]))


def read_evidence(
    *, profile: str, seed: int, models: Sequence[str], benchmarks: list[str], languages: list[str]
) -> Evidence:
    """Return the evidence from the files that the stages wrote. If ``languages`` is empty, training used all of them.

    Raises:
        UserError: A file is missing or broken, or a SOURCE.json lacks one of `SOURCE`.
    """
    scored = find_scored(models, benchmarks)
    measured = {key: read_table(SCORES / path / MEASURES_FILE) for key, path in scored.items()}
    averages = join({key: average_benchmark(table) for key, table in measured.items()})
    bias = collect_tables(BIAS, scored, BIAS_MEANS_FILE)
    statistics = read_json(STATISTICS) if STATISTICS.exists() else {}
    sources = sorted(RAW.glob(f"*/{SOURCE_FILE}"))  # sets of earlier runs are among them, and are left out below
    return Evidence(
        profile=profile,
        seed=seed,
        models=models,
        systems=without_fair(system for _, system in scored),
        languages=languages or trained_languages(statistics),
        summary=summary_table(averages, bias, intervals=read_table(COMPARISONS / INTERVALS_FILE)),
        cells=collect_tables(SCORES, scored, CELLS_FILE),
        by_language=join({key: average_languages(table) for key, table in measured.items()}),
        bias=bias,
        language_pairs=collect_tables(BIAS, scored, BIAS_PAIRS_FILE),
        checks=collect_tables(SCORES, {key: path for key, path in scored.items() if key[1] in models}, CHECK_FILE),
        comparisons=read_table(COMPARISONS / COMPARISONS_FILE),
        plan=read_json(PLAN_SUMMARY) if PLAN_SUMMARY.exists() else {},
        curve=read_table(CURVE) if CURVE.exists() else None,
        statistics=statistics,
        sources={path.parent.name: read_json(path, keys=SOURCE) for path in sources if path.parent.name in statistics},
    )


def trained_languages(statistics: dict[str, Any]) -> list[str]:
    """Return the languages of the training pairs, sorted. ``statistics`` are the counts by the stage prepare."""
    return sorted({lang for counted in statistics.values() for lang in counted.get("pairs_by_language", {})})


def find_scored(models: Sequence[str], benchmarks: list[str]) -> Scored:
    """Return the folder of every system on every benchmark, in the order of the tables."""
    found = {benchmark: find_systems(SCORES, [WITHOUT_MODEL, *models], benchmark=benchmark) for benchmark in benchmarks}
    return {(benchmark, name): path for benchmark, systems in found.items() for name, path in systems.items()}


def join(tables: dict[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of every (benchmark, system) as one, with these two columns first."""
    named = [table.assign(benchmark=benchmark, system=system) for (benchmark, system), table in tables.items()]
    joined = pd.concat(named, ignore_index=True)
    return joined[["benchmark", "system", *(name for name in joined.columns if name not in ("benchmark", "system"))]]


def collect_tables(root: Path, scored: Scored, name: str) -> pd.DataFrame:
    """Return the tables ``name`` of every (benchmark, system) in ``root`` as one.

    Raises:
        UserError: A table is missing or broken.
    """
    return join({key: read_table(root / path / name) for key, path in scored.items()})
