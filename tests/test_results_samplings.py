"""What README and docs/results.md say of the paper's samplings is what the committed reproduction says."""

import re
from typing import Any

import pandas as pd
import pytest

from stages.hybrid.report.figures import name_figure, show, show_interval, show_p
from stages.hybrid.reproduction.claims import BETTER, SAME, WORSE, name_of
from support.committed import (
    COUNTS,
    EXPERIMENTS,
    README,
    RESULTS,
    headline_rows,
    kept_runs,
    read_profile,
    read_report,
    reproduction_made_by,
    section_of,
    table_rows,
    verdicts,
)

SAMPLINGS = section_of(RESULTS, "The paper's samplings")
TEXT = " ".join(README.split())
NAMES = {"X-X-mono": "x_x_mono", "X-Y": "x_y", "hybrid": "hybrid", "base+centred": "base+centred"}


def claims_of(*families: str) -> pd.DataFrame:
    claims = read_report("reproduction/claims.csv")
    return claims[claims["family"].isin(families)]


def count(rows: pd.DataFrame) -> tuple[int, int, int]:
    """Return how many comparisons are significantly better, significantly worse, and neither."""
    counts = rows["verdict"].value_counts()
    better, worse, same = (int(counts.get(verdict, 0)) for verdict in (BETTER, WORSE, SAME))
    return better, worse, same


def in_full(row: dict[str, Any]) -> str:
    """Return a difference as the page shows it, with its interval."""
    measure = row["measure"]
    interval = show_interval(measure, row["low"], row["high"], sign=True)
    return show(measure, row["difference"], sign=True) + interval


def test_the_table_of_samplings_is_that_of_the_committed_runs() -> None:
    rows = table_rows(RESULTS, "| benchmark | sampling |")
    assert len(rows) == 8
    for benchmark, sampling, *figures in rows:
        found = headline_rows("reproduction/systems.csv", benchmark=benchmark, system=NAMES[sampling])
        for (figure, row), shown in zip(found.items(), figures, strict=True):
            spread = "" if pd.isna(row["sd"]) else f" ± {show(figure[1], row['sd'])}"
            assert shown == show(figure[1], row["ours"]) + spread, (benchmark, sampling, figure)


def test_the_seeds_steps_and_languages_are_those_of_the_runs() -> None:
    systems = read_report("reproduction/systems.csv")
    trained = systems[systems["system"].isin(["x_x_mono", "x_y", "hybrid"])]
    assert set(trained["seeds"]) == {3}
    profile = read_profile("samplings")
    sampler = profile["sampler"]
    words = f"over seeds 13, 14 and 15. Nine runs of {sampler['batches']} steps of {sampler['batch_size']} pairs on"
    assert words in SAMPLINGS
    assert f"help pages in {len(profile['languages'])} languages" in SAMPLINGS
    assert f"three seeds, {sampler['batches']} steps each, on help pages" in TEXT
    assert reproduction_made_by() in SAMPLINGS


def test_the_cost_of_the_runs_is_that_of_the_page() -> None:
    costs = [run["training"] for run in kept_runs()]
    minutes = [cost["seconds"] / 60 for cost in costs]
    peak = max(cost["peak_memory_gib"] for cost in costs)
    (row,) = (row for row in table_rows(EXPERIMENTS, "## Other profiles") if row[0] == "samplings")
    times = f"training alone {min(minutes):.1f} to {max(minutes):.1f} minutes per run"
    assert row[3:] == [times, f"{peak:.1f} GiB"]


def test_the_table_of_claims_is_that_of_the_committed_claims() -> None:
    rows = claims_of("thesis", "ranks").to_dict("records")
    shown = table_rows(RESULTS, "| benchmark | figure | rival |")
    assert len(shown) == len(rows) == 14
    found = {(name_of(row["benchmark"]), name_figure(row["setting"], row["measure"])): row for row in rows}
    for benchmark, figure, rival, *figures in shown:
        row = found.pop((benchmark, figure))
        paper = [show(row["measure"], row[encoder], sign=True) for encoder in ("xlm_r", "labse")]
        assert [rival, *figures] == [name_of(row["against"]), in_full(row), show_p(row["p_holm"]), *paper], figure


def test_the_counts_of_the_paper_s_claim_are_those_of_the_committed_claims() -> None:
    rows = claims_of("thesis")
    better, worse, same = count(rows)
    below = int((rows["difference"] < 0).sum())  # every figure of the family is better if it is larger
    words = f"Of {len(rows)} comparisons, hybrid is significantly better in {better}, significantly worse in {worse}"
    assert f"{words}, and not significantly different in {same}." in SAMPLINGS
    assert f"Its figure is below the other one in {below} of {len(rows)}." in SAMPLINGS
    assert count(claims_of("ranks")) == (0, 2, 0) and "Both are significantly worse." in SAMPLINGS
    assert f"In {len(rows)} comparisons with the better of the other two, hybrid is" in TEXT
    assert (
        f"significantly better in {COUNTS[better] if better else 'none'} and significantly worse in {COUNTS[worse]}"
        in TEXT
    )


def test_the_other_counts_are_those_of_the_committed_claims() -> None:
    weaker, as_good = claims_of("weaker"), claims_of("as_good")
    assert count(weaker) == (len(weaker), 0, 0)
    assert f"Hybrid is significantly better in all {len(weaker)} comparisons." in SAMPLINGS
    assert f"all {len(weaker)} comparisons with the sampling that is not made for the setting" in TEXT
    better, worse, same = count(as_good)
    words = f"Of {len(as_good)} comparisons, the loss is significantly smaller in {better} and larger in {worse}"
    assert f"{words}; {same} are open." in SAMPLINGS
    lost = as_good[as_good["verdict"] == WORSE]
    found = [(row["benchmark"], row["setting"], row["measure"]) for row in lost.to_dict("records")]
    pool = [("xquad_r", "multilingual", measure) for measure in ("map", "recall@10", "rank_distance")]
    assert found == [*pool, ("mlqa_r", "multilingual", "rank_distance")]
    assert "The four are XQuAD-R's multilingual mAP, its recall@10, and both rank distances." in SAMPLINGS


def test_the_table_against_the_centred_base_is_that_of_the_committed_comparisons() -> None:
    rows = read_report("reproduction/comparisons.csv", against="base+centred")
    rows = rows[rows["system"].isin(NAMES.values())]
    assert f"({len(rows)} comparisons)" in SAMPLINGS
    found = rows.set_index(["benchmark", "setting", "measure", "system"])
    names = {
        (name_of(name), name_figure(setting, measure)): (name, setting, measure)
        for name, setting, measure, _ in found.index
    }
    shown = table_rows(RESULTS, "| benchmark | figure | X-X-mono |")
    assert len(shown) * 3 == len(rows) == 24
    for benchmark, figure, *cells in shown:
        for sampling, cell in zip(["x_x_mono", "x_y", "hybrid"], cells, strict=True):
            row = found.loc[(*names[benchmark, figure], sampling)]
            value = show(names[benchmark, figure][2], row["difference"], sign=True)
            assert cell == f"{value} ({show_p(row['p_holm'])})", (benchmark, figure, sampling)


@pytest.mark.parametrize("benchmark", ["XQuAD-R", "MLQA-R"])
def test_the_words_on_hybrid_and_the_centred_base_are_those_of_the_committed_comparisons(benchmark: str) -> None:
    names = {"XQuAD-R": "xquad_r", "MLQA-R": "mlqa_r"}
    where = {"benchmark": names[benchmark], "system": "hybrid", "against": "base+centred"}
    rows = read_report("reproduction/comparisons.csv", **where).to_dict("records")
    (words,) = re.findall(rf"On {benchmark}, (?:hybrid|it) (.*?)\.", SAMPLINGS)
    found = verdicts(rows)
    expected = {
        word: [
            name_figure(row["setting"], row["measure"]) for row, side in zip(rows, found, strict=True) if side == sign
        ]
        for word, sign in (("better", 1), ("worse", -1))
    }
    parts = [f"significantly {word} in {' and '.join(names)}" for word, names in expected.items() if names]
    assert words == (f"is {' and '.join(parts)}" if parts else "does not differ significantly")
