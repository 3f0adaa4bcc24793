"""Files of the hub from a mirror, and from a hub that a fake stands for; nothing here touches the network."""

import json
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import sha256_of
from stages.hybrid.sources.hub_files import HubFiles, fetch_hub_files

PART = HubFiles("owner/data", "c" * 40, ("*topics.tsv", "corpus/docs-*.jsonl"))
CONTENTS = {"a/topics.tsv": "1\tq\n", "corpus/docs-0.jsonl": "{}\n", "corpus/docs-1.jsonl": "{}\n", "load.py": "0/0"}


def write_contents(folder: Path) -> Path:
    for path, text in CONTENTS.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


class FakeHub:
    """Stands for `snapshot_download`: writes what is asked for, with the notes that the real one leaves beside it."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def __call__(self, repository: str, *, local_dir: Path, **asked: Any) -> str:
        self.calls.append({"repository": repository, **asked})
        for path in set(CONTENTS) - {"load.py"}:
            (local_dir / path).parent.mkdir(parents=True, exist_ok=True)
            (local_dir / path).write_text(CONTENTS[path])
        (local_dir / ".cache").mkdir()
        return str(local_dir)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    fake = FakeHub()
    monkeypatch.setattr(huggingface_hub, "snapshot_download", fake)
    return fake


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_files_come_at_the_pinned_commit_and_source_json_tells_their_checksums(tmp_path: Path, hub: FakeHub) -> None:
    fetch_hub_files([PART], tmp_path / "raw")
    (call,) = hub.calls
    assert (call["repository"], call["revision"], call["repo_type"]) == ("owner/data", "c" * 40, "dataset")
    assert call["allow_patterns"] == list(PART.patterns)
    source = json.loads((tmp_path / "raw/SOURCE.json").read_text())
    assert source["files"]["a/topics.tsv"] == {
        "url": "hf://datasets/owner/data",
        "version": "c" * 40,
        "sha256": sha256_of(tmp_path / "raw/a/topics.tsv"),
    }
    assert files_in(tmp_path / "raw") == ["SOURCE.json", "a/topics.tsv", "corpus/docs-0.jsonl", "corpus/docs-1.jsonl"]


def test_what_is_there_and_right_is_not_fetched_again(tmp_path: Path, hub: FakeHub) -> None:
    for _ in range(2):
        fetch_hub_files([PART], tmp_path)
    assert len(hub.calls) == 1
    (tmp_path / "a/topics.tsv").write_text("changed")
    fetch_hub_files([PART], tmp_path)
    fetch_hub_files([PART._replace(revision="d" * 40)], tmp_path)
    assert len(hub.calls) == 3


def test_a_mirror_gives_the_same_files_and_never_a_script(tmp_path: Path) -> None:
    fetch_hub_files([PART], tmp_path / "raw", mirror=write_contents(tmp_path / "mirror"))
    assert files_in(tmp_path / "raw") == ["SOURCE.json", "a/topics.tsv", "corpus/docs-0.jsonl", "corpus/docs-1.jsonl"]
    assert (tmp_path / "raw/corpus/docs-1.jsonl").read_text() == "{}\n"
    source = json.loads((tmp_path / "raw/SOURCE.json").read_text())
    assert source["origin"] == "the user's mirror" and "version" not in source["files"]["a/topics.tsv"]


def test_a_mirror_without_a_file_is_told_which(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mirror: holds no file like corpus/other, expected those of owner/data"):
        mirror = write_contents(tmp_path / "mirror")
        fetch_hub_files([PART._replace(patterns=("corpus/other",))], tmp_path / "raw", mirror=mirror)


def test_a_hub_out_of_reach_is_one_line_with_the_ways_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> str:
        raise LocalEntryNotFoundError("An error happened.\nMore lines.")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(UserError, match=r"owner/data cannot be fetched .* \(An error happened\.\); connect") as told:
        fetch_hub_files([PART], tmp_path)
    assert "\n" not in str(told.value)
