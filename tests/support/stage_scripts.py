"""What a stage's script imports and which parameters it reads, found in its source without running it."""

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
READERS = ("read_settings", "read_value")


class ParameterRead(NamedTuple):
    """One call of `read_settings` or `read_value` in a script."""

    key: str
    reader: str
    kind: str  # the second argument as it is written: a dataclass's name, or a type such as list[str]


def imported_files(script: Path) -> set[str]:
    """Return the project's files that ``script`` loads, itself included, relative to the root.

    Imports inside functions and for type checkers count. Packages' ``__init__.py`` do not: they hold a docstring only,
    which a test says.
    """
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in found and path.name != "__init__.py":
            found.add(path)
            waiting += [ROOT / file for module in _imported_modules(path) for file in _file_of(module)]
    return {path.relative_to(ROOT).as_posix() for path in found}


def expand_folders(paths: Iterable[str]) -> set[str]:
    """Return the code that ``paths`` name, relative to the root: a folder stands for every module below it."""
    found: set[str] = set()
    for path in paths:
        files = (ROOT / path).rglob("*.py") if (ROOT / path).is_dir() else [ROOT / path]
        found |= {file.relative_to(ROOT).as_posix() for file in files if file.name != "__init__.py"}
    return found


def parameters_read(script: Path) -> list[ParameterRead]:
    """Return the parameters that ``script`` asks for, in the order of its lines."""
    calls = [node for node in ast.walk(_parse(script)) if isinstance(node, ast.Call)]
    return [
        ParameterRead(ast.literal_eval(call.args[0]), call.func.id, ast.unparse(call.args[1]))
        for call in sorted(calls, key=lambda call: call.lineno)
        if isinstance(call.func, ast.Name) and call.func.id in READERS
    ]


def resolve_kind(script: Path, kind: str) -> Any:
    """Return the type that ``kind`` means in ``script``: one that the script imports, or one of Python's own."""
    names: dict[str, Any] = {}
    for node in ast.walk(_parse(script)):
        if isinstance(node, ast.ImportFrom) and kind.split(".")[0] in [alias.name for alias in node.names]:
            exec(ast.unparse(node), names)
    return eval(kind, names)


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imported_modules(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(_parse(path)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path}:{node.lineno}: relative import; write it from `stages` on"
            # `from package import name`: the name may be a module
            modules |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {module for module in modules if module.split(".")[0] == "stages"}


def _file_of(module: str) -> list[Path]:
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    return [path] if path.is_file() else []
