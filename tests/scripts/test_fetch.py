"""The stage fetch, as it is run; nothing here touches the network."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stages.fetch", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HYBRID_MIRROR": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def write_params(folder: Path, **params: object) -> None:
    defaults = {
        "datasets": [],
        "benchmarks": [],
        "validation_set": "",
        "languages": ["de"],
        "evaluation_languages": ["sw"],
        "fetch": {"mirror": "", "folders": {}},
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(defaults | params))


def test_help_is_shown_in_under_a_second(tmp_path: Path) -> None:
    start = time.monotonic()
    answer = run(tmp_path, "--help")
    assert answer.returncode == 0 and "fetch.folders" in answer.stdout
    assert time.monotonic() - start < 1


def test_a_name_in_folders_is_copied_even_where_it_is_built_in(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/pairs.jsonl").write_text("{}\n")
    write_params(
        tmp_path,
        datasets=["mine"],
        benchmarks=["gnome"],
        fetch={"mirror": "", "folders": {"mine": "own", "gnome": "own"}},
    )
    assert run(tmp_path).returncode == 0
    for name in ("mine", "gnome"):
        assert (tmp_path / "data/raw" / name / "pairs.jsonl").read_text() == "{}\n"
        assert list(json.loads((tmp_path / "data/raw" / name / "SOURCE.json").read_text())["files"]) == ["pairs.jsonl"]


def test_an_unknown_name_is_told_the_built_in_ones_before_anything_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    write_params(tmp_path, datasets=["mine", "squad"], fetch={"mirror": "", "folders": {"mine": "own"}})
    answer = run(tmp_path)
    assert answer.returncode == 1
    assert answer.stderr.startswith(
        "error: 'squad' is none of the built-in libreoffice_help, libreoffice_messages, mmarco, "
    )
    assert answer.stderr.endswith("; give its folder or file as fetch.folders.squad\n")
    assert not (tmp_path / "data").exists()


def test_a_name_that_would_leave_the_raw_folder_is_refused(tmp_path: Path) -> None:
    write_params(tmp_path, datasets=["../own"], fetch={"mirror": "", "folders": {"../own": "."}})
    assert "'../own' cannot name a folder under data/raw" in run(tmp_path).stderr


def test_the_environment_s_mirror_is_asked_for_the_public_files(tmp_path: Path) -> None:
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


def test_a_data_set_of_the_hub_comes_from_the_mirror_in_the_languages_asked_for(tmp_path: Path) -> None:
    train = "mrtydi-v1.1-{}/train.jsonl.gz"
    mirror = write_mirror(tmp_path, *(f"mr_tydi/{train.format(name)}" for name in ("thai", "finnish")))
    write_params(tmp_path, datasets=["mr_tydi"], languages=["th", "tr"])
    assert run(tmp_path, **mirror).returncode == 0
    raw = tmp_path / "data/raw/mr_tydi"
    assert (raw / train.format("thai")).exists() and not (raw / train.format("finnish")).exists()


def test_benchmarks_come_in_the_evaluation_languages_and_what_a_mirror_lacks_is_told(tmp_path: Path) -> None:
    judged = [f"miracl/{kind}.miracl-v1.0-sw-dev.tsv" for kind in ("topics", "qrels")]
    mirror = write_mirror(tmp_path, *judged)
    write_params(tmp_path, benchmarks=["miracl"])
    assert "holds no file like miracl-corpus-v1.0-sw/docs-*.jsonl.gz" in run(tmp_path, **mirror).stderr
    write_mirror(tmp_path, "miracl/miracl-corpus-v1.0-sw/docs-0.jsonl.gz")
    assert run(tmp_path, **mirror).returncode == 0


def test_a_validation_set_is_fetched_though_it_is_no_benchmark(tmp_path: Path) -> None:
    write_params(tmp_path, validation_set="squadshifts_nyt")
    answer = run(tmp_path, **write_mirror(tmp_path, "squadshifts/nyt_v1.0.json"))
    assert "squadshifts/nyt_v1.0.json: sha256 is" in answer.stderr


def test_without_apt_get_one_line_names_the_ways_out(tmp_path: Path) -> None:
    write_params(tmp_path, datasets=["libreoffice_help"])
    answer = run(tmp_path, PATH=str(tmp_path))
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: apt-get: not found on this machine") and answer.stderr.count("\n") == 1


def test_languages_that_libreoffice_lacks_altogether_are_refused(tmp_path: Path) -> None:
    write_params(tmp_path, datasets=["libreoffice_help"], languages=["th", "ar"])
    assert "and none of th, ar that is asked for" in run(tmp_path).stderr
