"""Where files come from, as params.yaml and the environment say."""

from pathlib import Path

import pytest

from stages.hybrid.sources.params import FetchParams


def test_the_environment_s_mirror_is_used_only_if_the_parameter_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYBRID_MIRROR", "/from/environment")
    assert FetchParams(mirror="", folders={}).mirror_folder == Path("/from/environment")
    assert FetchParams(mirror="/from/params", folders={}).mirror_folder == Path("/from/params")
    monkeypatch.delenv("HYBRID_MIRROR")
    assert FetchParams(mirror="", folders={}).mirror_folder is None
