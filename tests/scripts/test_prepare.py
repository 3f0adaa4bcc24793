"""The stage prepare, run as a command on training pairs and a cross-lingual benchmark of the user's own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd

from support.params import write_params
from support.stage_scripts import ROOT

LONG = "The sampler keeps apart what says the same, and the loss masks what it cannot keep apart."
PARAMS = {
    "datasets": ["pairs"],
    "benchmarks": ["cross"],
    "validation_set": "",
    "languages": [],
    "evaluation_languages": [],
    "prepare": {"held_out_share": 0.5, "leaks": "stop"},
}


def make_project(root: Path, passage: str, **params: object) -> Path:
    """Write 20 groups in two languages, the first with ``passage``, and a German query with an English passage."""
    pairs, cross = root / "data/raw/pairs/own.jsonl", root / "data/raw/cross"
    (cross / "qrels").mkdir(parents=True)
    pairs.parent.mkdir()
    rows = [
        {
            "group_id": f"g{i}",
            "lang": lang,
            "query": f"{lang} query {i}",
            "passage": passage if i == 0 else f"{lang} {i}",
        }
        for i in range(20)
        for lang in ("de", "en")
    ]
    pairs.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (cross / "languages.json").write_text('{"queries": "de", "corpus": "en"}')
    (cross / "queries.jsonl").write_text('{"_id": "q", "text": "Was maskiert der Verlust?"}\n')
    (cross / "corpus.jsonl").write_text(json.dumps({"_id": "p", "text": LONG}) + "\n")
    (cross / "qrels/test.tsv").write_text("q\tp\t2\n")
    write_params(root, PARAMS | params)
    return root


def run(root: Path) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "stages.prepare"]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_a_group_with_a_leak_is_dropped_with_its_translations_and_counted(tmp_path: Path) -> None:
    root = make_project(tmp_path, "unlike")
    (root / "params.yaml").write_text((root / "params.yaml").read_text().replace('"stop"', '"drop"'))
    (root / "data/raw/cross/queries.jsonl").write_text('{"_id": "q", "text": "EN 7"}\n')  # a passage of g7
    done = run(root)
    assert done.returncode == 0, done.stderr
    assert "pairs: dropped every group that has a text of a benchmark: 1 groups with 2 pairs\n" in done.stdout
    assert "g7" not in set(pd.read_parquet(root / "data/pairs/pairs.parquet")["group_id"])
    counts = json.loads((root / "data/statistics.json").read_text())["pairs"]
    assert counts["leaking_pairs"] == {"cross passage equal to query": 1}


def test_a_passage_that_differs_from_a_benchmark_s_in_one_word_stops_the_run_and_is_named(tmp_path: Path) -> None:
    done = run(make_project(tmp_path, LONG.replace("masks", "marks")))
    assert done.returncode == 1
    assert done.stderr == (
        "error: training set pairs: 1 of 20 groups have a text of a benchmark, expected none: g0 (its en passage "
        "nearly equals passage p of cross); remove them from the data, or set prepare.leaks to drop or allow\n"
    )
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["raw"]  # nothing was written


def test_the_held_out_pairs_are_the_validation_pairs(tmp_path: Path) -> None:
    done = run(make_project(tmp_path, "unlike"))
    assert done.returncode == 0, done.stderr
    pairs = pd.read_parquet(tmp_path / "data/pairs/pairs.parquet")
    held_out = pairs[pairs["held_out"]].drop(columns="held_out").assign(dataset="pairs").reset_index(drop=True)
    assert 0 < len(held_out) < len(pairs)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "data/validation.parquet"), held_out)


def test_a_validation_set_is_read_and_compared_with_training_but_is_not_a_benchmark(tmp_path: Path) -> None:
    root = make_project(tmp_path, "de 5", validation_set="squadshifts_nyt")
    article = {"paragraphs": [{"context": "en 7", "qas": [{"id": "q", "question": "Which?"}]}]}
    (root / "data/raw/squadshifts_nyt").mkdir()
    (root / "data/raw/squadshifts_nyt/nyt_v1.0.json").write_text(json.dumps({"data": [article]}))
    assert "g7 (its en passage equals passage nyt-0000-000:en of squadshifts_nyt)" in run(root).stderr
    (root / "params.yaml").write_text((root / "params.yaml").read_text().replace('"stop"', '"allow"'))
    assert run(root).returncode == 0
    validation = pd.read_parquet(root / "data/validation.parquet")
    assert validation[["dataset", "lang", "query", "passage"]].to_numpy().tolist() == [
        ["squadshifts_nyt", "en", "Which?", "en 7"]
    ]
    assert [path.name for path in (root / "data/benchmarks").iterdir()] == ["cross"]


def test_a_language_that_no_training_set_has_is_refused(tmp_path: Path) -> None:
    done = run(make_project(tmp_path, "another text", languages=["de", "en", "sw"]))
    assert done.returncode == 1
    assert done.stderr == "error: languages: no training set has a pair in sw; remove them, or add a training set\n"
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["raw"]
