"""How docstrings are written, as far as ruff does not check it."""

import re
from pathlib import Path

import pytest

from support.stage_scripts import ROOT

SMALL = re.compile(r"^ +\w+Error: [a-z].*", re.MULTILINE)  # ``code`` may begin the text


@pytest.mark.parametrize(
    "module", sorted((ROOT / "stages").rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_what_raises_an_error_begins_with_a_capital_letter(module: Path) -> None:
    assert SMALL.findall(module.read_text(encoding="utf-8")) == []
