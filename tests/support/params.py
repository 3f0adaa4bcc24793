"""Parameter files for tests."""

import json
from pathlib import Path
from typing import Any

from stages.hybrid.all_params import PROFILES, composed_values
from support.stage_scripts import ROOT


def toy_params() -> dict[str, Any]:
    """Return the parameters of profile toy."""
    return composed_values("toy", ROOT / PROFILES)


def write_params(root: Path, params: dict[str, Any]) -> None:
    """Write ``params`` as params.yaml in ``root``; JSON is YAML too."""
    (root / "params.yaml").write_text(json.dumps(params, indent=2), encoding="utf-8")
