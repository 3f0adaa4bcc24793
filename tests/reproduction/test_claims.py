"""The paper's claims: their verdicts follow from the data, and reasons are computed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.hybrid.ground.files import read_table
from stages.hybrid.report.tables import PAPER
from stages.hybrid.reproduction.claims import BETTER, SAME, WORSE, judge_claims
from stages.hybrid.reproduction.kept import KEPT, read_kept_runs
from stages.hybrid.reproduction.page_claims import count_verdicts, reason_of, verdict_of
from stages.hybrid.reproduction.systems import Judged, judge_runs
from support.toy_runs import FIGURES, PARAMS, Figures, keep_toy_run


def claims_of(judged: Judged, *, languages: list[str] = PARAMS["languages"]) -> pd.DataFrame:
    return judge_claims([judged], read_table(PAPER), languages=languages)


def row_of(claims: pd.DataFrame, family: str, setting: str, measure: str = "map") -> "pd.Series":
    rows = claims[claims["family"] == family].set_index(["setting", "measure"])
    found = rows.loc[(setting, measure)]
    assert isinstance(found, pd.Series)
    return found


def judged_with(root: Path, hybrid: list[Figures]) -> Judged:
    """Judge runs whose hybrid has other figures, one entry per seed."""
    for seed, figures in enumerate(hybrid, start=13):
        keep_toy_run(root, "x_x_mono", seed)
        keep_toy_run(root, "x_y", seed)
        keep_toy_run(root, "hybrid", seed, figures)
    return judge_runs(read_kept_runs(root / KEPT), "xquad_r")


def test_hybrid_is_compared_with_the_strong_and_apart_with_the_weak_sampling_of_the_setting(judged: Judged) -> None:
    claims = claims_of(judged)
    counts = claims["family"].value_counts().to_dict()
    assert counts == {"thesis": 6, "ranks": 1, "weaker": 7, "as_good": 7, "unseen": 7}
    # monolingual mAP: X-X-mono .6, X-Y .5; in the pool X-X-mono .3, X-Y .4; rank distance 200 and 100
    assert row_of(claims, "thesis", "monolingual")["against"] == "x_x_mono"
    assert row_of(claims, "weaker", "monolingual")["against"] == "x_y"
    assert row_of(claims, "thesis", "multilingual")["against"] == "x_y"
    assert row_of(claims, "ranks", "multilingual", "rank_distance")["against"] == "x_y"
    assert row_of(claims, "weaker", "multilingual", "rank_distance")["against"] == "x_x_mono"


def test_a_figure_that_is_as_good_is_open_with_threshold_zero_and_a_win_over_the_weaker_is_no_claim(
    judged: Judged,
) -> None:
    claims = claims_of(judged)
    assert set(claims[claims["family"] == "thesis"]["verdict"]) == {SAME}
    assert set(claims[claims["family"] == "weaker"]["verdict"]) == {BETTER}
    shares = claims[(claims["family"] == "as_good") & (claims["measure"] != "rank_distance")]
    assert set(shares["verdict"]) == {BETTER}  # loses less than 1 %; a rank distance of 100 is too noisy for that


@pytest.mark.parametrize(("hybrid", "verdict"), [(0.65, BETTER), (0.55, WORSE)])
def test_the_claim_holds_or_fails_as_the_data_say(tmp_path: Path, hybrid: float, verdict: str) -> None:
    claims = claims_of(judged_with(tmp_path, [(hybrid, *FIGURES["hybrid"][1:])] * 2))
    row = row_of(claims, "thesis", "monolingual")
    assert row["verdict"] == verdict
    assert row["difference"] == pytest.approx(hybrid - 0.6, abs=0.005)
    assert row["low"] < row["difference"] < row["high"]
    assert row["agreeing"] == row["seeds"] == 2
    assert row["p_holm"] < 0.05


def test_a_larger_rank_distance_is_worse(tmp_path: Path) -> None:
    claims = claims_of(judged_with(tmp_path, [(*FIGURES["hybrid"][:3], 150.0)] * 2))
    assert row_of(claims, "ranks", "multilingual", "rank_distance")["verdict"] == WORSE
    assert row_of(claims, "weaker", "multilingual", "rank_distance")["verdict"] == BETTER
    assert row_of(claims, "as_good", "multilingual", "rank_distance")["verdict"] == WORSE


def test_seeds_that_disagree_leave_a_claim_open(tmp_path: Path) -> None:
    claims = claims_of(judged_with(tmp_path, [(0.65, 0.5, 0.4, 100.0), (0.56, 0.5, 0.4, 100.0)]))
    row = row_of(claims, "thesis", "monolingual")
    assert (row["verdict"], row["agreeing"], row["seeds"]) == (SAME, 1, 2)
    assert row["difference"] == pytest.approx((0.65 + 0.56) / 2 - 0.6, abs=0.005)
    assert reason_of(row.to_dict() | {"measure": "map"}) == "only 1 of 2 seeds agree"


def test_the_margin_is_one_per_cent_of_the_better_figure(tmp_path: Path) -> None:
    # X-X-mono has .6 and X-Y in the pool .4: losses of .002 and .016
    claims = claims_of(judged_with(tmp_path, [(0.598, 0.5, 0.384, 100.0)] * 2))
    good, bad = row_of(claims, "as_good", "monolingual"), row_of(claims, "as_good", "multilingual")
    assert (good["verdict"], bad["verdict"]) == (BETTER, WORSE)
    assert good["margin"] == pytest.approx(0.006, abs=1e-4)
    assert good["gain"] == pytest.approx(-0.002 + 0.006, abs=0.002)
    assert row_of(claims, "thesis", "monolingual")["margin"] == 0


def test_unseen_languages_are_asked_alone(judged: Judged) -> None:
    unseen = claims_of(judged)
    row = row_of(unseen, "unseen", "monolingual")
    assert row["hybrid"] == pytest.approx(
        judged.figures.query(
            "system == 'hybrid' and setting == 'monolingual' and measure == 'map' and query_lang == 'el'"
        )["value"].mean()
    )
    assert "unseen" not in set(claims_of(judged, languages=["de", "el", "en"])["family"])


def test_the_papers_own_differences_are_those_of_its_own_better_rival(judged: Judged) -> None:
    claims = claims_of(judged)
    mono = row_of(claims, "thesis", "monolingual")
    assert mono["xlm_r"] == pytest.approx(0.7977 - 0.7918)  # table 3: X-X-mono .7918, X-Y .7554
    assert mono["labse"] == pytest.approx(0.8167 - 0.8083)
    assert row_of(claims, "weaker", "monolingual")["xlm_r"] == pytest.approx(0.7977 - 0.7554)
    pool = row_of(claims, "thesis", "multilingual", "recall@10")
    assert pool["xlm_r"] == pytest.approx(0.5169 - 0.5155)
    assert row_of(claims, "ranks", "multilingual", "rank_distance")["xlm_r"] == pytest.approx(287 - 295)
    assert row_of(claims, "unseen", "monolingual")["xlm_r"] == pytest.approx(
        np.mean([row["value"] for row in _paper_rows("hybrid")])
        - np.mean([row["value"] for row in _paper_rows("X-X-mono")])
    )


def _paper_rows(sampling: str) -> list[dict[str, float]]:
    """Return the paper's monolingual mAP of XLM-R on XQuAD-R in el and vi."""
    paper = read_table(PAPER)
    rows = paper[(paper["table"] == "3") & (paper["setting"] == "monolingual") & (paper["measure"] == "map")]
    chosen = rows[rows["query_lang"].isin(["el", "vi"]) & (rows["sampling"] == sampling)]
    return chosen[["value"]].to_dict("records")


def test_without_all_three_samplings_nothing_is_claimed(tmp_path: Path) -> None:
    keep_toy_run(tmp_path, "x_y", 13)
    assert claims_of(judge_runs(read_kept_runs(tmp_path / KEPT), "xquad_r")).empty


def test_the_rival_is_fixed_beforehand_even_if_the_other_has_the_better_figure(tmp_path: Path) -> None:
    for seed in (13, 14):
        keep_toy_run(tmp_path, "x_x_mono", seed, (0.4, 0.4, 0.3, 200.0))
        keep_toy_run(tmp_path, "x_y", seed)
        keep_toy_run(tmp_path, "hybrid", seed)
    claims = claims_of(judge_runs(read_kept_runs(tmp_path / KEPT), "xquad_r"))
    assert row_of(claims, "thesis", "monolingual")["against"] == "x_x_mono"
    assert row_of(claims, "weaker", "monolingual")["against"] == "x_y"


def test_what_is_better_is_not_more_than_the_margin_worse_whatever_the_other_rows_of_the_family(tmp_path: Path) -> None:
    claims = claims_of(judged_with(tmp_path, [(0.65, 0.3, 0.2, 300.0)] * 2))
    assert row_of(claims, "thesis", "monolingual")["verdict"] == BETTER
    assert row_of(claims, "as_good", "monolingual")["verdict"] == BETTER
    assert row_of(claims, "as_good", "cross_lingual")["verdict"] == WORSE


ROW = {"family": "thesis", "setting": "monolingual", "measure": "map", "verdict": SAME, "p": 0.2}
ROW |= {"agreeing": 3, "seeds": 3, "margin": 0.0, "low": -0.02, "high": 0.01}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"verdict": BETTER}, ""),
        ({"p": 0.031}, "p is 0.031 before Holm's correction"),
        ({"agreeing": 2, "p": 0.031}, "only 2 of 3 seeds agree"),
        ({}, "the interval contains 0.000"),
        ({"margin": 0.008}, "the interval contains −0.008"),
        ({"margin": 2.0, "measure": "rank_distance", "low": -5.0, "high": 3.0}, "the interval contains +2.0"),
        ({"low": 0.0001, "p": 0.051}, "p is 0.051 even before Holm's correction"),
    ],
)
def test_the_reason_for_an_open_claim_is_computed(changes: dict[str, object], reason: str) -> None:
    assert reason_of(ROW | changes) == reason


def test_verdicts_are_counted_in_the_words_of_their_family_and_pools_apart() -> None:
    pool = ROW | {"setting": "multilingual"}
    rows = pd.DataFrame([ROW | {"verdict": BETTER}, ROW, ROW | {"verdict": WORSE}, pool | {"verdict": WORSE}])
    assert count_verdicts("thesis", rows) == (
        "Of 3 comparisons in which the paper calls it the highest, hybrid is significantly better in 1, significantly "
        "worse in 1, and not significantly different in 1. Of 1 in which the paper calls it the highest or comparable, "
        "hybrid is significantly better in 0, significantly worse in 1, and not significantly different in 0."
    )
    words = "Of 4 comparisons, hybrid is significantly better in 1, significantly worse in 2, and not significantly "
    assert count_verdicts("weaker", rows) == f"{words}different in 1."
    assert verdict_of(pool | {"verdict": WORSE}) == "not the highest"
    assert verdict_of(ROW | {"family": "as_good", "verdict": WORSE}) == "more than 1 % worse"
