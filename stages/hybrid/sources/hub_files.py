"""Raw files of data set repositories on the Hugging Face hub, each pinned by the repository's commit.

Files only: a repository's own loading script is never fetched, let alone run.
"""

import shutil
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_json, sha256_of, whole_file, write_json
from stages.hybrid.sources.downloads import SOURCE

HUB_CACHE = ".cache"  # the hub's own notes beside what it downloads


class HubFiles(NamedTuple):
    """Files of a data set repository at one commit, which fixes their bytes."""

    repository: str
    revision: str  # a whole commit hash
    patterns: tuple[str, ...]  # of paths in the repository; "*" also stands for folders


def fetch_hub_files(parts: list[HubFiles], folder: Path, *, mirror: Path | None = None) -> None:
    """Write the files to ``folder``, from the hub or the folder ``mirror``, and SOURCE.json beside them.

    What an earlier call fetched from the same place stays, if all of it is there and right.

    Raises:
        UserError: the hub cannot be reached, or a pattern fits no file.
    """
    origin = "the user's mirror" if mirror else "the Hugging Face hub"
    asked = [[part.repository, part.revision, *part.patterns] for part in parts]
    if _is_complete(folder, origin, asked):
        return
    for part in parts:
        if mirror:
            _copy(part, mirror, folder)
        else:
            _download(part, folder)
    shutil.rmtree(folder / HUB_CACHE, ignore_errors=True)
    sources = {}
    for part in parts:
        pin = {} if mirror else {"version": part.revision}  # which a mirror's files cannot be held to
        for path in _matching(part, folder):
            sources[path] = {"url": f"hf://datasets/{part.repository}", **pin, "sha256": sha256_of(folder / path)}
    write_json(folder / SOURCE, {"origin": origin, "asked": asked, "files": sources})


def _is_complete(folder: Path, origin: str, asked: list[list[str]]) -> bool:
    if not (folder / SOURCE).exists():
        return False
    source = read_json(folder / SOURCE)
    return (source.get("origin"), source.get("asked")) == (origin, asked) and all(
        (folder / path).is_file() and sha256_of(folder / path) == entry["sha256"]
        for path, entry in source["files"].items()
    )


def _matching(part: HubFiles, folder: Path) -> list[str]:
    """Return the files below ``folder`` that fit the patterns, sorted.

    Raises:
        UserError: a pattern fits none.
    """
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    for pattern in part.patterns:
        if not any(fnmatch(path, pattern) for path in paths):
            raise UserError(f"{folder}: holds no file like {pattern}, expected those of {part.repository}; add it")
    return [path for path in paths if any(fnmatch(path, pattern) for pattern in part.patterns)]


def _copy(part: HubFiles, mirror: Path, folder: Path) -> None:
    for path in _matching(part, mirror):
        with whole_file(folder / path) as partial:
            shutil.copyfile(mirror / path, partial)


def _download(part: HubFiles, folder: Path) -> None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        snapshot_download(
            part.repository,
            repo_type="dataset",
            revision=part.revision,
            allow_patterns=list(part.patterns),
            local_dir=folder,
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"data set {part.repository} cannot be fetched from the Hugging Face hub ({reason}); connect to the "
            "internet, or give a folder with its files as fetch.mirror, HYBRID_MIRROR or in fetch.folders"
        ) from None
    _matching(part, folder)
