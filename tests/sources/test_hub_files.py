"""Files of the hub from a mirror and from a fake hub; nothing here touches the network."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import sha256_of, write_json
from stages.hybrid.ground.layout import SOURCE_FILE
from stages.hybrid.sources.hub_files import HubFiles, HubRepository

REPOSITORY = HubRepository("owner/data", "c" * 40, ("*topics.tsv", "corpus/docs-*.jsonl"))
CONTENTS = {"a/topics.tsv": "1\tq\n", "corpus/docs-0.jsonl": "{}\n", "corpus/docs-1.jsonl": "{}\n", "load.py": "0/0"}


def write_contents(folder: Path) -> Path:
    for path, text in CONTENTS.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


class FakeHub:
    """Replaces `snapshot_download`: writes all files, and a folder of notes as the real one does."""

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


def fetch(folder: Path, *repositories: HubRepository, mirror: Path | None = None) -> dict[str, dict[str, str]]:
    """Fetch into ``folder`` as the stage does, with what SOURCE.json says of each file."""
    files = HubFiles(repositories or (REPOSITORY,), mirror_folder="data").fetch(folder, [], mirror)
    write_json(folder / SOURCE_FILE, {"files": files})
    return files


FETCHED = ["SOURCE.json", "a/topics.tsv", "corpus/docs-0.jsonl", "corpus/docs-1.jsonl"]


def test_files_come_at_the_pinned_commit_with_their_checksums(tmp_path: Path, hub: FakeHub) -> None:
    files = fetch(tmp_path / "raw")
    (call,) = hub.calls
    assert (call["repository"], call["revision"], call["repo_type"]) == ("owner/data", "c" * 40, "dataset")
    assert call["allow_patterns"] == list(REPOSITORY.patterns)
    assert files["a/topics.tsv"] == {
        "url": "hf://datasets/owner/data",
        "version": "c" * 40,
        "sha256": sha256_of(tmp_path / "raw/a/topics.tsv"),
    }
    assert files_in(tmp_path / "raw") == FETCHED


def test_files_that_match_their_checksum_are_not_fetched_again(tmp_path: Path, hub: FakeHub) -> None:
    first = fetch(tmp_path)
    assert fetch(tmp_path) == first
    assert len(hub.calls) == 1


@pytest.mark.parametrize("change", ["a file was changed", "a file is missing", "another commit"])
def test_files_are_fetched_again_if_something_changed(tmp_path: Path, hub: FakeHub, change: str) -> None:
    fetch(tmp_path)
    repository = REPOSITORY
    if change == "a file was changed":
        (tmp_path / "corpus/docs-1.jsonl").write_text("changed")
    elif change == "a file is missing":
        (tmp_path / "corpus/docs-1.jsonl").unlink()
    else:
        repository = replace(REPOSITORY, revision="d" * 40)
    fetch(tmp_path, repository)
    assert len(hub.calls) == 2


def test_an_added_language_is_fetched_and_a_removed_one_is_not(tmp_path: Path, hub: FakeHub) -> None:
    fetch(tmp_path, replace(REPOSITORY, patterns=("*topics.tsv",)))
    fetch(tmp_path)
    assert len(hub.calls) == 2
    assert list(fetch(tmp_path, replace(REPOSITORY, patterns=("*topics.tsv",)))) == ["a/topics.tsv"]
    assert len(hub.calls) == 2


def test_of_two_repositories_only_the_one_with_a_damaged_file_is_fetched_again(tmp_path: Path, hub: FakeHub) -> None:
    topics = HubRepository("owner/topics", "c" * 40, ("*topics.tsv",))
    corpus = HubRepository("owner/corpus", "c" * 40, ("corpus/docs-*.jsonl",))
    fetch(tmp_path, topics, corpus)
    (tmp_path / "corpus/docs-0.jsonl").write_text("changed")
    fetch(tmp_path, topics, corpus)
    assert [call["repository"] for call in hub.calls] == ["owner/topics", "owner/corpus", "owner/corpus"]


def test_a_folder_that_an_earlier_version_of_this_project_wrote_is_kept(tmp_path: Path, hub: FakeHub) -> None:
    files = fetch(tmp_path)
    asked = [["owner/data", "c" * 40, *REPOSITORY.patterns]]
    write_json(tmp_path / SOURCE_FILE, {"origin": "the Hugging Face hub", "asked": asked, "files": files})
    assert fetch(tmp_path) == files
    assert len(hub.calls) == 1


def test_only_patterns_of_the_wanted_languages_are_taken() -> None:
    repository = replace(REPOSITORY, patterns=("all",), by_language={"de": ("d1", "d2"), "fr": ("f",)})
    assert repository.patterns_for(["de", "tr"], source="set") == ["all", "d1", "d2"]
    assert repository.patterns_for([], source="set") == ["all", "d1", "d2", "f"]
    with pytest.raises(UserError, match=r"^set: has de, fr.*tr"):
        repository.patterns_for(["tr"], source="set")


def test_a_mirror_gives_the_same_files_without_a_version_and_never_a_script(tmp_path: Path) -> None:
    write_contents(tmp_path / "mirror/data")
    files = fetch(tmp_path / "raw", mirror=tmp_path / "mirror")
    assert files_in(tmp_path / "raw") == FETCHED
    assert (tmp_path / "raw/corpus/docs-1.jsonl").read_text() == "{}\n"
    assert "version" not in files["a/topics.tsv"]
    home = HubFiles((REPOSITORY,), mirror_folder="data")
    assert home.origin(tmp_path) == "the user's mirror" and home.origin(None) == "the Hugging Face hub"


def test_files_of_a_mirror_are_replaced_by_those_of_the_hub(tmp_path: Path, hub: FakeHub) -> None:
    write_contents(tmp_path / "mirror/data")
    fetch(tmp_path / "raw", mirror=tmp_path / "mirror")
    assert fetch(tmp_path / "raw")["a/topics.tsv"]["version"] == "c" * 40
    assert len(hub.calls) == 1


def test_a_file_that_a_mirror_lacks_is_named(tmp_path: Path) -> None:
    write_contents(tmp_path / "mirror/data")
    with pytest.raises(UserError, match=r"mirror/data: has no file corpus/other, expected the files of owner/data"):
        fetch(tmp_path / "raw", replace(REPOSITORY, patterns=("corpus/other",)), mirror=tmp_path / "mirror")


def test_if_the_hub_cannot_be_reached_one_line_names_the_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> str:
        raise LocalEntryNotFoundError("An error happened.\nMore lines.")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(UserError, match=r"owner/data: cannot be .* \(An error happened\.\); connect") as error:
        fetch(tmp_path)
    assert "\n" not in str(error.value)
