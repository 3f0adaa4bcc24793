"""The paper's claims: their verdicts follow from the data."""

from pathlib import Path

import numpy as np
import pytest

from stages.hybrid.ground.files import read_table
from stages.hybrid.report.tables import PAPER
from stages.hybrid.reproduction.claims import CLAIMS, judge_claims
from stages.hybrid.reproduction.kept import KEPT, read_kept_runs
from stages.hybrid.reproduction.systems import Judged, judge_runs
from support.toy_runs import FIGURES, PARAMS, Figures, keep_toy_run

MONO = "Hybrid is better than X-Y in monolingual mAP"


def verdicts(judged: Judged) -> dict[str, str]:
    table = judge_claims([judged], read_table(PAPER), languages=PARAMS["languages"])
    return dict(zip(table["words"], table["verdict"], strict=True))


def judged_with(root: Path, hybrid: list[Figures]) -> Judged:
    """Judge runs whose hybrid has other figures, one entry per seed."""
    for seed, figures in enumerate(hybrid, start=13):
        keep_toy_run(root, "x_x_mono", seed)
        keep_toy_run(root, "x_y", seed)
        keep_toy_run(root, "hybrid", seed, figures)
    return judge_runs(read_kept_runs(root / KEPT), "xquad_r")


def test_the_papers_claims_hold_on_runs_that_are_made_that_way(judged: Judged) -> None:
    found = verdicts(judged)
    assert len(found) == len(CLAIMS)
    assert set(found.values()) == {"holds"}


def test_a_claim_flips_when_the_data_flip(tmp_path: Path) -> None:
    found = verdicts(judged_with(tmp_path, [(0.4, *FIGURES["hybrid"][1:])] * 2))
    assert found[MONO] == "does not hold"
    assert found["Hybrid is at least as good as X-X-mono in monolingual mAP"] == "does not hold"
    assert found["Hybrid is better than X-X-mono in cross-lingual mAP"] == "holds"


def test_a_larger_rank_distance_is_worse(tmp_path: Path) -> None:
    found = verdicts(judged_with(tmp_path, [(*FIGURES["hybrid"][:3], 250.0)] * 2))
    assert found["Hybrid is better than X-X-mono in rank distance"] == "does not hold"
    assert found["X-Y is better than X-X-mono in rank distance"] == "holds"


def test_seeds_that_disagree_and_differences_too_small_leave_a_claim_open(tmp_path: Path) -> None:
    figures = judged_with(tmp_path, [(0.65, 0.5, 0.4, 100.0), (0.49, 0.5, 0.4, 100.0)])
    found = judge_claims([figures], read_table(PAPER), languages=["de", "en"]).set_index("words").loc[MONO]
    assert (found["verdict"], found["agreeing"], found["seed_pairs"]) == ("not significant", 2, 4)
    assert found["p_holm"] < 0.05
    assert found["difference"] == pytest.approx((0.65 + 0.49) / 2 - 0.5, abs=0.005)
    # the standard error of the two means over two seeds each, X-Y's seeds being almost alike
    assert found["seed_error"] == pytest.approx(np.std([0.65, 0.49], ddof=1) / np.sqrt(2), abs=0.005)
    equal = judged_with(tmp_path, [(0.5, 0.5, 0.4, 100.0)] * 2)
    assert verdicts(equal)[MONO] == "not significant"


def test_as_good_as_forgives_one_per_cent_and_better_than_forgives_nothing(tmp_path: Path) -> None:
    found = verdicts(judged_with(tmp_path, [(0.598, 0.396, 0.4, 100.0)] * 2))  # X-X-mono has 0.6 and 0.4
    assert found["Hybrid is at least as good as X-X-mono in monolingual mAP"] == "holds"
    assert found["Hybrid is better than X-X-mono in cross-lingual mAP"] == "does not hold"


def test_claims_about_unseen_languages_look_at_these_alone(judged: Judged) -> None:
    found = judge_claims([judged], read_table(PAPER), languages=["de", "en"])
    assert found[found["words"].str.contains("not seen in training")]["verdict"].tolist() == ["holds"] * 3
    none_unseen = judge_claims([judged], read_table(PAPER), languages=["de", "el", "en"])
    assert none_unseen[none_unseen["words"].str.contains("not seen in training")]["verdict"].tolist() == ["no data"] * 3


def test_the_papers_differences_stand_beside_ours(judged: Judged) -> None:
    found = judge_claims([judged], read_table(PAPER), languages=["de", "en"]).set_index("words").loc[MONO]
    assert found["xlm_r"] == pytest.approx(0.798 - 0.755)
    assert found["labse"] == pytest.approx(0.817 - 0.801)
