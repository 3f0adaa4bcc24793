"""How every test is run, and the encoder that tests train."""

from pathlib import Path

import pytest
from hypothesis import settings

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
