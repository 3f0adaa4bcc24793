"""The published files that HYBRID_MIRROR names a folder of; tests that need them are skipped without."""

import os
from pathlib import Path

import pytest


def published_folder(name: str) -> Path:
    """Return the mirror's folder ``name``."""
    mirror = os.environ.get("HYBRID_MIRROR", "")
    folder = Path(mirror, name)
    if not mirror or not folder.is_dir():
        pytest.skip(f"HYBRID_MIRROR names no folder with {name}")
    return folder
