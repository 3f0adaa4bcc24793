"""The stage fetch, as it is run; nothing here touches the network."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from support.stage_scripts import ROOT, parameters_read


def run(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "stages.fetch", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HYBRID_MIRROR": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def write_params(folder: Path, folders: dict[str, str] | None = None, **params: object) -> None:
    """Write params.yaml. One training set and one benchmark are needed. If a test gives none, it is an empty file."""
    (folder / "empty.jsonl").touch()
    defaults = {
        "datasets": ["empty"],
        "benchmarks": ["empty_too"],
        "validation_set": "",
        "languages": ["de"],
        "evaluation_languages": ["sw"],
        "fetch": {"mirror": "", "folders": {"empty": "empty.jsonl", "empty_too": "empty.jsonl", **(folders or {})}},
    }
    (folder / "params.yaml").write_text(json.dumps(defaults | params))  # JSON is YAML too


def test_help_is_shown_in_under_a_second(tmp_path: Path) -> None:
    start = time.monotonic()
    answer = run(tmp_path, "--help")
    assert answer.returncode == 0 and "fetch.folders" in answer.stdout
    assert time.monotonic() - start < 1


def source_of(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "data/raw" / name / "SOURCE.json").read_text(encoding="utf-8"))
    return found


def test_the_list_is_data_md_and_needs_no_parameters(tmp_path: Path) -> None:
    assert run(tmp_path, "--list").stdout == (ROOT / "DATA.md").read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == []  # not a run of the stage: neither raw files nor a cost


NEW = """
from stages.hybrid.corpora.collection import TrainingSet
from stages.hybrid.corpora.formats.own_pairs import read_pairs
from stages.hybrid.sources.public_files import PublicFiles, RemoteFile

SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # of no bytes
COLLECTION = TrainingSet(
    name="words",
    description="A query is a word, a passage is a sentence with it.",
    languages=("eo",),
    licence="CC0-1.0",
    source="[nobody](https://example.org)",
    home=PublicFiles((RemoteFile("words.jsonl", "https://example.org/words.jsonl", SHA256, "words/words.jsonl"),)),
    checked="all files",
    read=read_pairs,
)
"""


def test_one_new_file_makes_a_collection_known_to_the_list_and_to_fetch(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "stages", tmp_path / "code/stages", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "code/stages/hybrid/corpora/words.py").write_text(NEW)
    (tmp_path / "mirror/words").mkdir(parents=True)
    (tmp_path / "mirror/words/words.jsonl").touch()
    environment = {"PYTHONPATH": str(tmp_path / "code"), "HYBRID_MIRROR": str(tmp_path / "mirror")}
    assert "| `words` | A query is a word, a passage" in run(tmp_path, "--list", **environment).stdout
    write_params(tmp_path, datasets=["words"])
    answer = run(tmp_path, **environment)
    assert answer.returncode == 0, answer.stderr
    assert source_of(tmp_path, "words")["licence"] == "CC0-1.0"


def test_a_name_in_folders_is_copied_even_if_it_is_a_public_collection(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/pairs.jsonl").write_text("{}\n")
    write_params(
        tmp_path,
        datasets=["mine"],
        benchmarks=["gnome"],
        folders={"mine": "own", "gnome": "own"},
    )
    assert run(tmp_path).returncode == 0
    for name in ("mine", "gnome"):
        assert (tmp_path / "data/raw" / name / "pairs.jsonl").read_text() == "{}\n"
        assert list(source_of(tmp_path, name)["files"]) == ["pairs.jsonl"]


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ({"datasets": ["squad"]}, "error: datasets: found 'squad', expected one of libreoffice_help, "),
        ({"datasets": ["gnome"]}, "error: datasets: found 'gnome', expected one of libreoffice_help, "),
        ({"benchmarks": ["mmarco"]}, "error: benchmarks and validation_set: found 'mmarco', expected one of afriqa, "),
        ({"validation_set": "dev"}, "error: benchmarks and validation_set: found 'dev', expected one of afriqa, "),
        ({"datasets": ["../own"]}, "error: datasets: found '../own', expected letters, digits and underscores"),
    ],
)
def test_a_wrong_name_is_named_before_anything_is_fetched(
    tmp_path: Path, listed: dict[str, object], message: str
) -> None:
    (tmp_path / "own").mkdir()
    write_params(tmp_path, {"mine": "own", "../own": "."}, **{"datasets": ["mine"], **listed})
    answer = run(tmp_path)
    assert answer.returncode == 1
    assert answer.stderr.startswith(message) and answer.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


TWICE = (
    "which benchmarks or validation_set has too, expected different names; remove one, or give your own files two "
    "names in fetch.folders"
)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"datasets": ["empty", "empty"]},
            "datasets is ['empty', 'empty'], expected each name once; remove one 'empty'",
        ),
        ({"benchmarks": ["a", "a"]}, "benchmarks is ['a', 'a'], expected each name once; remove one 'a'"),
        ({"benchmarks": ["empty"]}, f"datasets has 'empty', {TWICE}"),
        ({"validation_set": "empty"}, f"datasets has 'empty', {TWICE}"),
        ({"datasets": []}, "datasets is [], expected a list of at least 1"),
        ({"benchmarks": []}, "benchmarks is [], expected a list of at least 1"),
    ],
)
def test_what_a_later_stage_could_not_do_is_refused_by_the_first(
    tmp_path: Path, wrong: dict[str, Any], message: str
) -> None:
    write_params(tmp_path, **wrong)
    answer = run(tmp_path)
    assert (answer.returncode, answer.stderr) == (1, f"error: params.yaml: {message}\n")
    assert not (tmp_path / "data").exists()


def test_fetch_does_not_run_again_when_a_measure_changes() -> None:
    assert not {"measures", "bias"} & parameters_read(ROOT / "stages/fetch.py")


def test_a_mirror_named_in_the_environment_gives_the_public_files(tmp_path: Path) -> None:
    (tmp_path / "mirror/xquad-r").mkdir(parents=True)
    (tmp_path / "mirror/xquad-r/ar.json").write_text("not the pinned file")
    write_params(tmp_path, benchmarks=["xquad_r"])
    answer = run(tmp_path, HYBRID_MIRROR=str(tmp_path / "mirror"))
    assert answer.returncode == 1
    assert "xquad-r/ar.json: sha256 is" in answer.stderr and "Traceback" not in answer.stderr


def write_mirror(folder: Path, *paths: str) -> dict[str, str]:
    for path in paths:
        (folder / "mirror" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "mirror" / path).write_text("{}\n")
    return {"HYBRID_MIRROR": str(folder / "mirror")}


def test_a_training_set_of_the_hub_comes_from_the_mirror_in_the_training_languages(tmp_path: Path) -> None:
    train = "mrtydi-v1.1-{}/train.jsonl.gz"
    mirror = write_mirror(tmp_path, *(f"mr_tydi/{train.format(name)}" for name in ("thai", "finnish")))
    write_params(tmp_path, datasets=["mr_tydi"], languages=["th", "tr"])
    assert run(tmp_path, **mirror).returncode == 0
    raw = tmp_path / "data/raw/mr_tydi"
    assert (raw / train.format("thai")).exists() and not (raw / train.format("finnish")).exists()


def test_benchmarks_come_in_the_evaluation_languages_and_a_file_that_a_mirror_lacks_is_named(tmp_path: Path) -> None:
    judged = [f"miracl/{kind}.miracl-v1.0-sw-dev.tsv" for kind in ("topics", "qrels")]
    mirror = write_mirror(tmp_path, *judged)
    write_params(tmp_path, benchmarks=["miracl"])
    assert "has no file miracl-corpus-v1.0-sw/docs-*.jsonl.gz" in run(tmp_path, **mirror).stderr
    write_mirror(tmp_path, "miracl/miracl-corpus-v1.0-sw/docs-0.jsonl.gz")
    assert run(tmp_path, **mirror).returncode == 0


def test_a_validation_set_is_fetched_though_it_is_not_a_benchmark(tmp_path: Path) -> None:
    write_params(tmp_path, validation_set="squadshifts_nyt")
    answer = run(tmp_path, **write_mirror(tmp_path, "squadshifts/nyt_v1.0.json"))
    assert "squadshifts/nyt_v1.0.json: sha256 is" in answer.stderr


def test_without_apt_get_one_line_names_the_ways_out(tmp_path: Path) -> None:
    write_params(tmp_path, datasets=["libreoffice_help"])
    answer = run(tmp_path, PATH=str(tmp_path))
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: apt-get: not found on this machine") and answer.stderr.count("\n") == 1


def test_languages_of_which_libreoffice_has_none_are_refused(tmp_path: Path) -> None:
    write_params(tmp_path, datasets=["libreoffice_help"], languages=["th", "ar"])
    answer = run(tmp_path)
    assert answer.returncode == 1 and "th, ar" in answer.stderr
