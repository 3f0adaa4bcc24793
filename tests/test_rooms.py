"""The rooms of stages/hybrid, and which may import which. Scripts may import every room, the ground none."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.stage_scripts import ROOT

HYBRID = ROOT / "stages" / "hybrid"
GROUND = {"ground", "records", "languages", "fair_negatives"}  # what every room may import
MAY_IMPORT: dict[str, set[str]] = {
    "ground": set(),
    "records": {"ground"},
    "fair_negatives": set(),
    "languages": {"ground"},
    "all_params": {"base", "batches", "encoding", "evaluation", "pairs", "retrieval", "sources", "training"},
    "sources": set(),
    "base": set(),
    "pairs": set(),
    "batches": set(),
    "encoding": set(),
    "retrieval": set(),
    "corpora": {"sources"},
    "training": {"encoding"},
    "evaluation": {"retrieval"},
    "report": {"base", "batches", "evaluation", "retrieval", "training"},
    "terminal": {"report"},
    "reproduction": {"report", "evaluation", "retrieval"},
    "bench": {"corpora", "encoding", "evaluation", "report", "retrieval", "sources", "training"},
}
ONLY_PARAMS: dict[str, set[str]] = {  # rooms of which the importer may use the params.py, and no other module
    "all_params": MAY_IMPORT["all_params"],
    "report": {"base", "batches", "training"},
}


def room_of(path: Path) -> str:
    """Return the room of a module: its folder below stages/hybrid, or if it is in none, its own name."""
    return path.relative_to(HYBRID).parts[0].removesuffix(".py")


def imported_names(path: Path) -> Iterator[list[str]]:
    """Yield what a module imports from stages/hybrid, as parts of dotted names without the first two."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}".split(".") for alias in node.names]
            yield from (name[2:] for name in names if name[:2] == ["stages", "hybrid"])


MODULES = [path for path in sorted(HYBRID.rglob("*.py")) if path.name != "__init__.py"]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(HYBRID).as_posix())
def test_a_room_imports_only_the_ground_and_the_rooms_that_it_may(module: Path) -> None:
    room = room_of(module)
    allowed = MAY_IMPORT[room] | {room} | (set() if room in GROUND else GROUND)
    assert {name[0] for name in imported_names(module)} <= allowed


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(HYBRID).as_posix())
def test_from_some_rooms_only_the_parameters_are_imported(module: Path) -> None:
    rooms = ONLY_PARAMS.get(room_of(module), set())
    assert not [name for name in imported_names(module) if name[0] in rooms and name[-2:-1] != ["params"]]


def test_the_list_has_every_room_and_no_other() -> None:
    assert {room_of(module) for module in MODULES} == set(MAY_IMPORT)


def test_imports_between_rooms_have_no_circle() -> None:
    def reached(room: str) -> set[str]:
        return MAY_IMPORT[room] | {far for near in MAY_IMPORT[room] for far in reached(near)}

    assert not [room for room in MAY_IMPORT if room in reached(room)]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(HYBRID).as_posix())
def test_no_room_imports_a_script(module: Path) -> None:
    tree = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    imported = [node.module or "" for node in tree if isinstance(node, ast.ImportFrom)]
    assert not [name for name in imported if name.startswith("stages.") and not name.startswith("stages.hybrid")]
