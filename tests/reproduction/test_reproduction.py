"""The reproduction: what is kept of a run, how the runs are collected, and claims that follow from the data."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from stages.hybrid.evaluation.quality.measures import average_benchmark
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_json, read_table
from stages.hybrid.ground.layout import BIAS, CURVE, PLAN_SUMMARY, SCORES
from stages.hybrid.report.tables import PAPER
from stages.hybrid.reproduction.claims import CLAIMS, judge_claims
from stages.hybrid.reproduction.kept import (
    KEPT,
    SAMPLINGS,
    changed_params,
    check_alike,
    keep_run,
    read_kept_run,
    read_kept_runs,
)
from stages.hybrid.reproduction.systems import Judged, judge_runs
from stages.hybrid.reproduction.tables import compare_with_others, group_table, paper_table, system_table
from stages.reproduction import main
from support.stage_scripts import ROOT
from support.toy_runs import FIGURES, PARAMS, Figures, keep_toy_run

MONO = "Hybrid is better than X-Y in monolingual mAP"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three samplings with two seeds each."""
    root = tmp_path_factory.mktemp("toy")
    for sampling in SAMPLINGS:
        for seed in (13, 14):
            keep_toy_run(root, sampling, seed)
    return root


@pytest.fixture(scope="module")
def judged(toy: Path) -> Judged:
    return judge_runs(read_kept_runs(toy / KEPT), "xquad_r")


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


def test_every_figure_of_every_run_is_a_row_and_what_no_run_trained_is_there_once(judged: Judged) -> None:
    figures = judged.figures
    names = ["system", "seed", "benchmark", "setting", "measure", "query_lang", "value", "n_queries"]
    assert figures.columns.tolist() == names
    seeds = figures.groupby("system", sort=False)["seed"].unique().map(list).to_dict()
    untrained = {name: [pd.NA] for name in ("base", "base+centred", "random")}
    trained = {f"{name}{kind}": [13, 14] for name in SAMPLINGS for kind in ("", "+centred")}
    assert seeds == untrained | trained
    assert not figures.duplicated(["system", "seed", "setting", "measure", "query_lang"]).any()


def test_the_mean_row_is_the_benchmarks_figure(toy: Path, judged: Judged) -> None:
    measured = pd.read_parquet(toy / KEPT / "x_y_14" / "xquad_r" / "finetuned" / "measures.parquet")
    figures = judged.figures[(judged.figures["system"] == "x_y") & (judged.figures["seed"] == 14)]
    ours = figures[(figures["query_lang"] == "mean") & (figures["measure"] == "map")].set_index("setting")["value"]
    assert ours.to_dict() == pytest.approx(average_benchmark(measured).set_index("setting")["value"].to_dict())


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
    assert found[found["words"].str.contains("never saw")]["verdict"].tolist() == ["holds"] * 3
    none_unseen = judge_claims([judged], read_table(PAPER), languages=["de", "el", "en"])
    assert none_unseen[none_unseen["words"].str.contains("never saw")]["verdict"].tolist() == ["no data"] * 3


def test_the_papers_differences_stand_beside_ours(judged: Judged) -> None:
    found = judge_claims([judged], read_table(PAPER), languages=["de", "en"]).set_index("words").loc[MONO]
    assert found["xlm_r"] == pytest.approx(0.798 - 0.755)
    assert found["labse"] == pytest.approx(0.817 - 0.801)


def test_table_1_has_ours_the_papers_the_difference_and_who_is_beaten(judged: Judged) -> None:
    table = paper_table("1", [judged], read_table(PAPER))
    assert set(table["benchmark"]) == {"xquad_r"}  # no run was judged on MLQA-R
    rows = table[(table["encoder"] == "XLM-R") & (table["setting"] == "monolingual")].set_index("sampling")
    assert rows["paper"].to_dict() == {"x_x_mono": 0.792, "x_y": 0.755, "hybrid": 0.798}
    assert rows["ours"].to_dict() == pytest.approx({"x_x_mono": 0.6, "x_y": 0.5, "hybrid": 0.6}, abs=0.005)
    assert rows["difference"]["x_y"] == pytest.approx(rows["ours"]["x_y"] - 0.755)
    assert rows["better_than"].to_dict() == {"x_x_mono": "x_y", "x_y": "", "hybrid": "x_y"}
    assert set(rows["seeds"]) == {2}
    seeds = judged.figures[(judged.figures["system"] == "x_y") & (judged.figures["query_lang"] == "mean")]
    values = seeds[(seeds["setting"] == "monolingual") & (seeds["measure"] == "map")]["value"]
    assert rows["sd"]["x_y"] == pytest.approx(abs(values.iloc[0] - values.iloc[1]) / np.sqrt(2))
    # 40 questions in 3 languages and 2 seeds, each with a noise of .01: a standard error of .01 / sqrt(240)
    assert (rows["high"] - rows["low"]).to_dict() == pytest.approx(dict.fromkeys(SAMPLINGS, 0.00253), rel=0.4)
    assert ((rows["low"] < rows["ours"]) & (rows["ours"] < rows["high"])).all()
    assert set(rows["n_queries"]) == {120}


def test_every_system_has_its_headline_figures_with_seeds_and_intervals(judged: Judged) -> None:
    table = system_table([judged]).set_index(["system", "setting", "measure"])
    assert len(table) == (3 + 3 + 3) * 4  # base, base+centred, random; three samplings, and each centred; four figures
    row = table.loc[("base+centred", "multilingual", "map")]
    assert row["ours"] == pytest.approx(0.35, abs=0.005)
    assert row["low"] < row["ours"] < row["high"]
    assert table["seeds"]["base", "monolingual", "map"] == 1
    assert table["seeds"]["hybrid+centred", "multilingual", "rank_distance"] == 2


def test_groups_of_languages_are_the_mean_of_their_languages_with_its_interval(judged: Judged) -> None:
    table = group_table([judged], lambda lang: "seen" if lang in PARAMS["languages"] else "unseen")
    rows = table[(table["system"] == "hybrid") & (table["setting"] == "cross_lingual")].set_index("group")
    assert rows["query_lang"].to_dict() == {"seen": "de en", "unseen": "el"}
    of = judged.figures[(judged.figures["system"] == "hybrid") & (judged.figures["setting"] == "cross_lingual")]
    by_language = of[of["measure"] == "map"].groupby("query_lang")["value"].mean()
    assert rows["ours"]["seen"] == pytest.approx((by_language["de"] + by_language["en"]) / 2)
    assert rows["ours"]["unseen"] == pytest.approx(by_language["el"])
    assert ((rows["low"] < rows["ours"]) & (rows["ours"] < rows["high"])).all()
    assert set(table["system"]) == {"base", "base+centred", "random", "x_x_mono", "x_y", "hybrid"}


def test_a_smaller_rank_distance_is_the_mark_of_table_7(judged: Judged) -> None:
    table = paper_table("7", [judged], read_table(PAPER))
    rows = table[(table["encoder"] == "LaBSE") & (table["query_lang"] == "el")].set_index("sampling")
    assert rows["better_than"].to_dict() == {"x_x_mono": "", "x_y": "x_x_mono", "hybrid": "x_x_mono"}
    assert table[table["query_lang"] == "ar"]["ours"].isna().all()  # a language that the toy lacks


def test_samplings_are_compared_with_every_model_that_no_run_trained(judged: Judged) -> None:
    table = compare_with_others([judged])
    # samplings, other systems, figures; and each sampling centred against the base centred
    assert len(table) == 3 * 3 * 4 + 3 * 4
    row = table[(table["system"] == "x_y") & (table["against"] == "base") & (table["measure"] == "rank_distance")]
    assert row["difference"].item() == pytest.approx(100 - 300, abs=2)
    both = table[table["system"].str.endswith("+centred")].set_index(["system", "setting", "measure"])
    assert set(both["against"]) == {"base+centred"}
    difference = both["difference"]["x_x_mono+centred", "multilingual", "map"]
    assert difference == pytest.approx(0.4 - 0.35, abs=0.005)


def test_the_collection_writes_its_tables_and_a_page_that_says_what_they_hold(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(toy)
    result = CliRunner().invoke(main, [])
    assert result.output == "reports/reproduction/report.html: 6 runs, 1 benchmarks\n"
    reports = toy / "reports" / "reproduction"
    files = ["claims.csv", "comparisons.csv", "report.html", "report.md", "runs.csv"]
    files += ["resources.csv", "seen_languages.csv", "systems.csv"]
    assert sorted(path.name for path in reports.iterdir()) == sorted([*files, *(f"table_{n}.csv" for n in range(1, 9))])
    text = (reports / "report.md").read_text(encoding="utf-8")
    assert (
        "make 15 claims, each about two samplings. Each is tested on each benchmark. Of the 15 results, 15 hold."
        in text
    )
    assert "X-X-mono with seeds 13, 14; X-Y with seeds 13, 14; hybrid with seeds 13, 14" in text
    assert "10 steps of 4 pairs, 40 in all. It trained small on help in 2 languages (de, en)." in text
    assert "Training took 1.0 to 1.2 minutes per run, on Abacus: 2 cores, 1 GiB." in text  # 60, 66 and 72 seconds
    assert "Table 4\n\nNot available: no run was judged on this table's benchmark." in text
    assert "all 4 pairs of seeds on one side with a chance of 0.33" in text  # 2 of the 6 orders of 2 and 2
    gain = re.search(r"\| XQuAD-R \| X-Y minus base\+centred \| multilingual mAP \| \+(\S+) \| \+(\S+) ", text)
    assert gain is not None  # over the base, .2, and over the base centred, .35
    assert [float(value) for value in gain.groups()] == pytest.approx([0.4 - 0.2, 0.4 - 0.35], abs=0.005)
    assert "| XQuAD-R | X-X-mono+centred minus base+centred | rank distance | −" in text
    # over the base's .2: x_x_mono .3, x_y and hybrid .4, the centred base .35
    plain = re.search(
        r"Gains over the base in XQuAD-R multilingual mAP: centring (\S+); X-X-mono (\S+), (\S+) less than centring; "
        r"X-Y (\S+), (\S+) more than centring; hybrid",
        text,
    )
    assert plain is not None
    assert [float(value) for value in plain.groups()] == pytest.approx([0.15, 0.1, 0.05, 0.2, 0.05], abs=0.006)
    assert "On XQuAD-R, hybrid is significantly better than random in all 4 headline figures." in text
    assert "| XQuAD-R | monolingual | lower | el |" in text
    first = {path.name: path.read_bytes() for path in reports.iterdir()}
    CliRunner().invoke(main, [])
    assert {path.name: path.read_bytes() for path in reports.iterdir()} == first


def test_without_languages_in_the_parameters_training_saw_those_of_the_plan(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(toy / KEPT, tmp_path / KEPT)
    for path in (tmp_path / KEPT).glob("*/COMPLETE.json"):
        facts = read_json(path)
        facts["params"]["languages"], facts["plan"]["languages"] = [], [{"lang": "en"}, {"lang": "de"}]
        path.write_text(json.dumps(facts), encoding="utf-8")
    for root in (toy, tmp_path):
        monkeypatch.chdir(root)
        assert CliRunner().invoke(main, []).exit_code == 0
    for name in ("report.md", "seen_languages.csv", "claims.csv"):
        written = [(root / "reports" / "reproduction" / name).read_bytes() for root in (toy, tmp_path)]
        assert written[0] == written[1], name


def test_names_are_escaped_on_the_page(toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(toy / KEPT, tmp_path / KEPT)
    for run in (tmp_path / KEPT).iterdir():
        (run / "xquad_r" / "random").rename(run / "xquad_r" / "<i>x")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, []).exit_code == 0
    page = (tmp_path / "reports" / "reproduction" / "report.html").read_text(encoding="utf-8")
    assert "<i>" not in page
    assert "&lt;i&gt;x" in page


def test_what_was_not_run_is_reported_and_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_toy_run(tmp_path, "x_y", 13)
    keep_toy_run(tmp_path, "x_x_mono", 13)
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, []).exit_code == 0
    text = (tmp_path / "reports" / "reproduction" / "report.md").read_text(encoding="utf-8")
    assert "Of the 15 results, 4 hold, 11 have no data." in text
    assert "hybrid with no seed yet" in text
    assert f"{MONO}: no data on XQuAD-R." in text


def test_without_a_run_the_collection_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 1
    assert (
        "data/reproduction: there is no run; make the runs with `python -m stages.reproduction --run`" in result.stderr
    )


def test_runs_that_differ_in_more_than_sampling_and_seed_are_refused(tmp_path: Path) -> None:
    keep_toy_run(tmp_path, "x_y", 13)
    folder = keep_toy_run(tmp_path, "hybrid", 13)
    facts = read_json(folder / "COMPLETE.json")
    facts["params"]["sampler"]["batches"] = 20
    (folder / "COMPLETE.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(UserError, match=r"hybrid_13: ran with sampler.batches 20, but .*x_y_13 has 10; move one away"):
        read_kept_runs(tmp_path / KEPT)
    facts["params"]["sampler"]["batches"], facts["plan"]["batches"] = 10, 9
    (folder / "COMPLETE.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(UserError, match=r"hybrid_13: trained on 9 batches, but .*x_y_13 on 10; run it again"):
        read_kept_runs(tmp_path / KEPT)


def test_a_kept_run_that_lacks_a_fact_is_one_line(tmp_path: Path) -> None:
    folder = keep_toy_run(tmp_path, "hybrid", 13)
    (folder / "COMPLETE.json").write_text("[]", encoding="utf-8")
    with pytest.raises(UserError, match=r'COMPLETE\.json: has no "sampling", expected an object with .*; delete it'):
        read_kept_runs(tmp_path / KEPT)


def test_models_and_mirrors_may_differ_between_runs(tmp_path: Path) -> None:
    run = read_kept_run(keep_toy_run(tmp_path, "x_y", 13))
    check_alike(run, PARAMS | {"models": ["base"], "fetch": {"mirror": "elsewhere"}}, whose="this one has")


def test_changes_are_put_where_dvc_would_put_them() -> None:
    changed = changed_params(PARAMS, ["sampler.batches=5", "seed=7"])
    assert (changed["sampler"]["batches"], changed["seed"]) == (5, 7)
    assert PARAMS["sampler"]["batches"] == 10
    for change in ("sampler.batch=5", "seed", "nowhere.at=1", "seed.deeper=1"):
        with pytest.raises(UserError, match=f"-S {change}: expected KEY=VALUE with a key of params.yaml"):
            changed_params(PARAMS, [change])
    with pytest.raises(UserError, match=r"-S seed=\[: '\[' is not a YAML value; quote it"):
        changed_params(PARAMS, ["seed=["])


def test_a_run_without_bias_on_a_benchmark_is_not_kept(tmp_path: Path) -> None:
    keep_toy_run(tmp_path, "x_y", 13)
    shutil.rmtree(tmp_path / BIAS)
    with pytest.raises(UserError, match=r"data/bias/baseline/xquad_r/random: bias.parquet is missing, so random"):
        keep_run("hybrid", root=tmp_path, params=PARAMS, commit="0")
    assert [path.name for path in (tmp_path / KEPT).iterdir()] == ["x_y_13"]


STAGE = """
import os, sys, pathlib
sys.path[:0] = {paths!r}
from stages.hybrid.ground.params import PARAMS, read_mapping
from support.toy_runs import FIGURES, write_scores, write_training
params = read_mapping(PARAMS)
sampling = {{"monolingual": "x_x_mono", "cross_lingual": "x_y", "hybrid": "hybrid"}}[params["sampler"]["strategy"]]
if sampling == os.environ.get("BREAK"):
    sys.exit(7)
root = pathlib.Path()
write_scores(root, "base/xquad_r", FIGURES["base"], seed=99)
write_scores(root, "finetuned/xquad_r", FIGURES[sampling], seed=params["seed"])
write_training(root)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a git and DVC project whose only stage writes toy scores; it becomes the current folder."""
    monkeypatch.chdir(tmp_path)
    variables = {"DVC_NO_ANALYTICS": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SITE_CACHE_DIR"):
        variables[name] = str(tmp_path.parent / f"{tmp_path.name}_{name}")
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    stage = {"cmd": "python toy_stage.py", "params": ["sampler", "seed"]}
    outs = [str(path) for path in (SCORES, BIAS, CURVE, PLAN_SUMMARY)]
    Path("toy_stage.py").write_text(STAGE.format(paths=[str(ROOT), str(ROOT / "tests")]), encoding="utf-8")
    Path("dvc.yaml").write_text(json.dumps({"stages": {"toy": stage | {"outs": outs}}}), encoding="utf-8")  # is YAML
    Path("params.yaml").write_text(json.dumps(PARAMS), encoding="utf-8")
    Path(".gitignore").write_text("/data/\n/reports/\n", encoding="utf-8")
    git = ("init", "config user.name Toy", "config user.email toy@example.org")
    commands = [
        *(f"git {words}" for words in git),
        f"{sys.executable} -m dvc init",
        "git add --all",
        "git commit -m toy",
    ]
    for command in commands:
        subprocess.run(command.split(), check=True, capture_output=True)
    return tmp_path


def test_runs_are_experiments_each_made_once_and_a_broken_one_is_made_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Path("params.yaml").read_bytes()
    kept = project / KEPT
    command = ["--run", "--seed", "13", "-S", "sampler.batches=10"]
    monkeypatch.setenv("BREAK", "x_y")
    broken = CliRunner().invoke(main, command)
    assert broken.exit_code == 1
    assert "error: x_y_13: `dvc exp run` ended with" in broken.stderr
    assert [path.name for path in kept.iterdir()] == ["x_x_mono_13"]
    assert Path("params.yaml").read_bytes() == before

    monkeypatch.setenv("BREAK", "")
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    made = [line.split(":")[0] for line in done.output.splitlines() if ": dvc exp run" in line]
    assert made == ["x_y_13", "hybrid_13"]
    assert {path.name for path in kept.iterdir()} == {"x_x_mono_13", "x_y_13", "hybrid_13"}
    assert {run.params["sampler"]["strategy"] for run in read_kept_runs(kept)} == set(SAMPLINGS.values())
    listed = subprocess.run([sys.executable, "-m", "dvc", "exp", "list", "--name-only"], capture_output=True, text=True)
    assert set(listed.stdout.split()) == {f"reproduction-{name}_13" for name in SAMPLINGS}

    # one that was over but not kept when it was killed
    shutil.rmtree(kept / "hybrid_13")
    assert CliRunner().invoke(main, command).exit_code == 0
    assert (kept / "hybrid_13" / "COMPLETE.json").exists()

    other = CliRunner().invoke(main, ["--run", "--seed", "13", "-S", "sampler.batches=9"])
    assert "ran with sampler.batches 10, but this run would have 9" in other.stderr
