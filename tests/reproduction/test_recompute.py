"""Intervals and tests can be computed again from what is committed: by the tool, and by a few lines of plain pandas."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from stages.hybrid.evaluation.significance.comparisons import compare_benchmark
from stages.hybrid.evaluation.significance.intervals import SEED, draw
from stages.hybrid.evaluation.significance.question_table import read_question_tables
from stages.hybrid.ground.files import write_table
from stages.hybrid.reproduction.kept import KEPT
from stages.hybrid.reproduction.recompute import differing, find_reports, recompute
from stages.recompute import main
from stages.reproduction import main as collect
from support.stage_scripts import ROOT


@pytest.fixture
def reports(toy_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a report of a profile and one of the reproduction, both from the toy runs."""
    shutil.copytree(toy_runs / KEPT, tmp_path / KEPT)
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(collect, []).exit_code == 0
    folder = tmp_path / "reports" / "toy"
    (folder / "questions" / "xquad_r").mkdir(parents=True)
    for path in [*(KEPT / "untrained" / "xquad_r").iterdir(), *(KEPT / "x_y_13" / "xquad_r").iterdir()]:
        shutil.copyfile(path, folder / "questions" / "xquad_r" / path.name)
    tables = read_question_tables(folder / "questions" / "xquad_r")
    bounds, compared = compare_benchmark(tables, ["base", "finetuned"])
    write_table(folder / "tables" / "summary.csv", bounds.assign(benchmark="xquad_r"))
    write_table(folder / "tables" / "comparisons.csv", compared.assign(benchmark="xquad_r"))
    return tmp_path


def test_every_interval_and_every_p_is_computed_again(reports: Path) -> None:
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 0, result.output
    # five systems with seven figures of two bounds; three contrasts with four figures of five numbers
    assert f"reports/toy: {5 * 7 * 2 + 3 * 4 * 5} numbers computed again, 0 differ" in result.output
    assert "reports/reproduction: " in result.output


def test_a_number_that_was_changed_is_named(reports: Path) -> None:
    path = reports / "reports" / "toy" / "tables" / "comparisons.csv"
    table = pd.read_csv(path)
    table.loc[0, "p"] = 0.5
    write_table(path, table)
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 1
    assert "xquad_r: comparisons.csv, finetuned base monolingual map p: 0.5 in the table, " in result.output
    assert "1 numbers differ from those that are computed again; write these reports again" in result.output


def test_a_table_with_other_rows_is_refused(reports: Path) -> None:
    path = reports / "reports" / "reproduction" / "claims.csv"
    write_table(path, pd.read_csv(path, keep_default_na=False).head(3))
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 1
    assert "claims.csv: has 3 rows, expected the 28 that are computed from the scores" in result.stderr


def test_without_scores_there_is_nothing_to_compute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 1
    assert "reports: no report has the scores of each question, expected one; run `dvc repro`" in result.stderr


def test_a_missing_number_differs_and_two_missing_ones_do_not() -> None:
    checked = pd.DataFrame({"committed": [1.0, np.nan, np.nan], "recomputed": [1.0 + 1e-9, np.nan, 2.0]})
    assert differing(checked).index.tolist() == [2]


# The committed reports


def figure(table: pd.DataFrame, setting: str, measure: str) -> "pd.Series[float]":
    """Return a measure by question, query language and passage language."""
    rows = table[(table["setting"] == setting) & table[measure].notna()].astype({measure: float})
    return rows.set_index(["question_id", "query_lang", "passage_lang"])[measure]


def resampled(values: "pd.Series[float]", weights: pd.DataFrame) -> np.ndarray:
    """Return the mean over cells of the weighted mean of ``values`` in each cell, for each resample."""
    cells = values.unstack(["query_lang", "passage_lang"]).reindex(weights.columns)
    known = weights.to_numpy() @ cells.notna().to_numpy(float)
    return ((weights.to_numpy() @ cells.fillna(0.0).to_numpy()) / known).mean(axis=1)


def plain_test(differences: list["pd.Series[float]"], pages: "pd.Series[str]") -> tuple[float, float, float]:
    """Return low, high and p of a difference with one entry per seed, by a hierarchical bootstrap in plain pandas."""
    draws = draw(pages.tolist(), np.random.default_rng(SEED), seeds=len(differences))
    weights = pd.DataFrame(draws.questions.astype(float), columns=pages.index)
    means = np.stack([resampled(values, weights) for values in differences], axis=1)
    found = means[:, 0] if len(differences) == 1 else (means * draws.seeds).sum(axis=1)
    smaller = min((found <= 0).sum(), (found >= 0).sum())
    low, high = np.quantile(found, [0.025, 0.975])
    return low, high, min(1.0, 2 * (1 + smaller) / (1 + len(found)))


COMMITTED = [folder for folder in find_reports(ROOT / "reports") if folder.name != "reproduction"]


@pytest.mark.parametrize("folder", COMMITTED, ids=lambda folder: folder.name)
def test_plain_pandas_computes_three_intervals_and_ps_of_a_committed_report_again(folder: Path) -> None:
    compared = pd.read_csv(folder / "tables" / "comparisons.csv")
    for row in compared.sample(3, random_state=1).to_dict("records"):
        tables = read_question_tables(folder / "questions" / row["benchmark"])
        pages = pd.concat(tables.values()).drop_duplicates("question_id").set_index("question_id")["page_id"]
        one, other = (figure(tables[row[key]], row["setting"], row["measure"]) for key in ("system", "against"))
        expected = row["low"], row["high"], row["p"]
        assert plain_test([one - other], pages.sort_index()) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.skipif(not (ROOT / KEPT).exists(), reason="the runs of the reproduction are not there yet")
@pytest.mark.parametrize("place", [0, 9, 17])
def test_plain_pandas_computes_an_interval_and_p_of_the_reproduction_again(place: int) -> None:
    row = (
        pd.read_csv(ROOT / "reports" / "reproduction" / "claims.csv")
        .query("family in ('thesis', 'weaker')")
        .iloc[place]
    )
    runs = {path.name: path for path in (ROOT / KEPT).iterdir()}
    seeds = sorted(int(name.rpartition("_")[2]) for name in runs if name.startswith("hybrid_"))
    tables = {
        (name, seed): read_question_tables(runs[f"{name}_{seed}"] / row["benchmark"])["finetuned"]
        for name in ("hybrid", row["against"])
        for seed in seeds
    }
    untrained = read_question_tables(runs["untrained"] / row["benchmark"])
    known = pd.concat([*tables.values(), *untrained.values()]).drop_duplicates("question_id")
    pages = known.set_index("question_id")["page_id"].sort_index()
    figures = {key: figure(table, row["setting"], row["measure"]) for key, table in tables.items()}
    differences = [figures["hybrid", seed] - figures[row["against"], seed] for seed in seeds]
    expected = row["low"], row["high"], row["p"]
    assert plain_test(differences, pages) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("folder", COMMITTED, ids=lambda folder: folder.name)
def test_the_tool_computes_a_committed_report_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert differing(recompute(folder)).empty
