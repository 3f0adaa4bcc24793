"""How every test is run, and what tests of several rooms need."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from stages.hybrid.reproduction.systems import Judged
    from stages.hybrid.sources.public_files import RemoteFile

# No deadline: a busy machine is no failure. The same examples each time: a failure can be run again.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a tiny encoder for the tests that only read it."""
    from support.tiny_encoder import save_tiny_encoder  # heavy, and few tests need it

    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_tiny_encoder(folder)
    return folder


@pytest.fixture
def files_of() -> "Callable[[str], list[RemoteFile]]":
    """Return what finds the public files of a collection by its name."""
    from stages.hybrid.corpora.catalogue import find_collections
    from stages.hybrid.sources.public_files import PublicFiles

    def find(name: str) -> "list[RemoteFile]":
        home = find_collections()[name].home
        assert isinstance(home, PublicFiles)
        return [*home.files, *home.by_language.values()]

    return find


@pytest.fixture(scope="session")
def toy_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep runs of the three samplings, with two seeds each, and return their project."""
    from stages.hybrid.reproduction.kept import SAMPLINGS
    from support.toy_runs import keep_toy_run

    root = tmp_path_factory.mktemp("toy")
    for sampling in SAMPLINGS:
        for seed in (13, 14):
            keep_toy_run(root, sampling, seed)
    return root


@pytest.fixture(scope="session")
def judged(toy_runs: Path) -> "Judged":
    """Judge the toy runs on their benchmark."""
    from stages.hybrid.reproduction.kept import KEPT, read_kept_runs
    from stages.hybrid.reproduction.systems import judge_runs

    return judge_runs(read_kept_runs(toy_runs / KEPT), "xquad_r")
