"""What is kept of a run, and which runs are refused."""

import json
import re
import shutil
from pathlib import Path

import pytest

from stages.hybrid.evaluation.layout import questions_folder
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_json
from stages.hybrid.reproduction.kept import (
    KEPT,
    UNTRAINED,
    changed_params,
    check_alike,
    keep_run,
    paired_runs,
    read_kept_run,
    read_kept_runs,
)
from support.toy_runs import FIGURES, PARAMS, keep_toy_run, write_scores, write_texts


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


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("sampling", "x_x", "sampling is 'x_x', expected one of x_x_mono, x_y, hybrid"),
        ("sampling", ["x_y"], r"sampling is \['x_y'\], expected one of"),
        ("seed", "13", "seed is '13', expected a whole number"),
        ("plan", {"batches": 10}, "plan is incomplete, expected an object with batches, pairs, languages"),
        ("plan", [], "plan is incomplete"),
        ("params", {}, "params is incomplete, expected an object with profile, "),
    ],
)
def test_a_kept_run_with_a_wrong_fact_is_one_line(tmp_path: Path, key: str, value: object, words: str) -> None:
    folder = keep_toy_run(tmp_path, "hybrid", 13)
    facts = read_json(folder / "COMPLETE.json") | {key: value}
    (folder / "COMPLETE.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(UserError, match=rf"COMPLETE\.json: {words}.*; move .*hybrid_13 away and make the run again"):
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


def test_a_run_without_the_scores_of_its_model_is_not_kept(tmp_path: Path) -> None:
    keep_toy_run(tmp_path, "x_y", 13)
    shutil.rmtree(tmp_path / questions_folder("toy"))
    with pytest.raises(UserError, match=r"reports/toy/questions/xquad_r: finetuned.parquet is missing, so the run"):
        keep_run("hybrid", root=tmp_path, params=PARAMS, commit="0")
    assert sorted(path.name for path in (tmp_path / KEPT).iterdir()) == ["untrained", "x_y_13"]


def test_a_run_keeps_what_it_trained_and_the_first_run_what_none_trained(tmp_path: Path) -> None:
    write_scores(tmp_path, "finetuned+lir", FIGURES["hybrid"], seed=1)
    kept = [keep_toy_run(tmp_path, name, 13) / "xquad_r" for name in ("x_y", "hybrid")]
    for folder in kept:
        assert sorted(path.stem for path in folder.iterdir()) == ["finetuned", "finetuned+centred"]
    untrained = tmp_path / KEPT / UNTRAINED / "xquad_r"
    assert sorted(path.stem for path in untrained.iterdir()) == ["base", "base+centred", "random"]


def test_a_run_on_other_texts_is_not_kept(tmp_path: Path) -> None:
    keep_toy_run(tmp_path, "x_y", 13)
    write_texts(tmp_path, "2.0")
    words = "1 of help-de have other versions than in the committed run (1.0 there, 2.0 here)"
    with pytest.raises(UserError, match=rf"hybrid_0: ran with other texts than the kept runs .*{re.escape(words)}"):
        keep_run("hybrid", root=tmp_path, params=PARAMS, commit="0")


def test_only_seeds_that_every_sampling_has_are_paired(tmp_path: Path) -> None:
    for sampling, seed in (("x_y", 13), ("x_y", 14), ("hybrid", 14), ("hybrid", 15)):
        keep_toy_run(tmp_path, sampling, seed)
    runs = paired_runs(read_kept_runs(tmp_path / KEPT))
    assert [(run.sampling, run.seed) for run in runs] == [("x_y", 14), ("hybrid", 14)]


def test_without_a_common_seed_there_is_nothing_to_compare(tmp_path: Path) -> None:
    keep_toy_run(tmp_path, "x_y", 13)
    keep_toy_run(tmp_path, "hybrid", 14)
    with pytest.raises(
        UserError, match="no seed has every sampling: hybrid with 14; x_y with 13; make the missing runs"
    ):
        paired_runs(read_kept_runs(tmp_path / KEPT))


def test_a_run_with_another_base_is_not_kept_beside_the_untrained_systems_of_the_first(tmp_path: Path) -> None:
    shutil.rmtree(keep_toy_run(tmp_path, "x_y", 13))
    other = PARAMS | {"base": PARAMS["base"] | {"name": "large"}}
    with pytest.raises(
        UserError, match=r"untrained: ran with base\.name 'small', but this run has 'large'; move one away"
    ):
        keep_run("hybrid", root=tmp_path, params=other, commit="0")
