"""Compute the intervals and tests of committed reports again, from the scores of each question beside them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from stages.hybrid.evaluation.layout import REPORTS
from stages.hybrid.evaluation.significance.comparisons import compare_systems, estimate_systems
from stages.hybrid.evaluation.significance.intervals import holm
from stages.hybrid.evaluation.significance.question_table import read_question_tables
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_table
from stages.hybrid.reproduction.collect import collect_findings, write_findings
from stages.hybrid.reproduction.kept import KEPT, read_kept_runs

TOLERANCE = 1e-6  # of a figure's size, or of 1 if it is smaller
FIGURE = ["system", "setting", "measure"]
CONTRAST = ["system", "against", "setting", "measure"]
TEXTS = ["family", "benchmark", "encoder", "system", "sampling", "against", "setting", "measure", "group", "query_lang"]
TEXTS += ["verdict", "better_than"]  # the columns of the reproduction's tables that hold no numbers
INTERVALS, TESTS = ["low", "high"], ["difference", "low", "high", "p", "p_holm"]


def find_reports(reports: Path = REPORTS) -> list[Path]:
    """Return the folders of the reports that have the scores of each question, sorted."""
    return sorted(path.parent for name in ("questions", KEPT.name) for path in reports.glob(f"*/{name}"))


def recompute(folder: Path) -> pd.DataFrame:
    """Return the intervals and tests of a report beside those that are computed again.

    Columns: table, row (its keys and the column), committed, recomputed.

    Raises:
        UserError: A file is missing or broken, or a table has other rows than the one that is computed again.
    """
    parts = list(_reproduction(folder) if (folder / KEPT.name).is_dir() else _report(folder))
    return pd.concat(parts, ignore_index=True)


def differing(checked: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `recompute` whose two numbers differ by more than `TOLERANCE`, or of which one is NaN."""
    one, other = checked["committed"].to_numpy(float), checked["recomputed"].to_numpy(float)
    near = np.isclose(one, other, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    return checked[~near]


def _report(folder: Path) -> Iterator[pd.DataFrame]:
    """Yield what `recompute` returns for the report of a profile, table by table."""
    summary, compared = (read_table(folder / "tables" / f"{name}.csv") for name in ("summary", "comparisons"))
    for path in sorted(path for path in (folder / "questions").iterdir() if path.is_dir()):
        estimates = estimate_systems(read_question_tables(path))
        bounds = [(*key, *found.interval) for key, found in estimates.items()]
        rows = summary[(summary["benchmark"] == path.name) & (summary["low"].astype(str) != "")]
        again = pd.DataFrame(bounds, columns=[*FIGURE, *INTERVALS])
        yield _beside(f"{path.name}: summary.csv", rows, again, keys=FIGURE, columns=INTERVALS)
        rows = compared[compared["benchmark"] == path.name]
        pairs = list(rows[["system", "against"]].drop_duplicates().itertuples(index=False, name=None))
        again = compare_systems(estimates, pairs)
        again["p_holm"] = holm(again["p"])
        yield _beside(f"{path.name}: comparisons.csv", rows, again, keys=CONTRAST, columns=TESTS)


def _reproduction(folder: Path) -> Iterator[pd.DataFrame]:
    """Yield what `recompute` returns for the reproduction: every table is written again and compared."""
    with tempfile.TemporaryDirectory() as partial:
        write_findings(collect_findings(read_kept_runs(folder / KEPT.name)), Path(partial))
        for path in sorted(Path(partial).glob("*.csv")):
            again, committed = read_table(path), read_table(folder / path.name)
            numbers = [name for name in again if name not in TEXTS]
            keys = [name for name in again if name in TEXTS]
            yield _beside(path.name, committed, again, keys=keys, columns=numbers)


def _beside(
    table: str, committed: pd.DataFrame, again: pd.DataFrame, *, keys: list[str], columns: list[str]
) -> pd.DataFrame:
    """Return the numbers of two tables, row by row.

    Raises:
        UserError: The tables have different rows.
    """
    if missing := [name for name in (*keys, *columns) if name not in committed]:
        raise UserError(f"{table}: has no column {missing[0]}; write the report again")
    one, other = (found.set_index(keys)[columns].sort_index() for found in (committed, again))
    if not one.index.equals(other.index):
        raise UserError(
            f"{table}: has {len(one)} rows, expected the {len(other)} that are computed from the scores of each "
            "question; write the report again"
        )
    long = [frame.apply(pd.to_numeric, errors="coerce").stack(future_stack=True) for frame in (one, other)]
    rows = pd.DataFrame({"committed": long[0].to_numpy(), "recomputed": long[1].to_numpy()})
    names = [" ".join(map(str, key)) for key in long[0].index]
    return rows.assign(table=table, row=names)[["table", "row", "committed", "recomputed"]]
