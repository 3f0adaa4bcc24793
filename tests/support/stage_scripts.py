"""Finds in the source of a stage's script what it imports and which parameters it reads. Nothing is run."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def imported_files(script: Path) -> set[str]:
    """Return the project's files that ``script`` loads, itself included, relative to the root.

    Imports inside functions and for type checkers count. If a package itself is imported, all of its modules count,
    because corpora/catalogue.py imports a package to find them. A package's ``__init__.py`` does not count. A test
    checks that it has only a docstring.
    """
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in found and path.name != "__init__.py":
            found.add(path)
            waiting += _imported_files(path)
    return {path.relative_to(ROOT).as_posix() for path in found}


def expand_folders(paths: Iterable[str]) -> set[str]:
    """Return the files of code in ``paths``, relative to the root. A folder means every module in it."""
    found: set[str] = set()
    for path in paths:
        files = (ROOT / path).rglob("*.py") if (ROOT / path).is_dir() else [ROOT / path]
        found |= {file.relative_to(ROOT).as_posix() for file in files if file.name != "__init__.py"}
    return found


def parameters_read(script: Path) -> set[str]:
    """Return the top-level keys of params.yaml that ``script`` reads: the fields of its class `Reads`."""
    classes = [node for node in _parse(script).body if isinstance(node, ast.ClassDef) and node.name == "Reads"]
    fields = [node for found in classes for node in found.body if isinstance(node, ast.AnnAssign)]
    return {field.target.id for field in fields if isinstance(field.target, ast.Name)}


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imported_files(path: Path) -> Iterator[Path]:
    """Yield the project's files that a file imports."""
    for node in ast.walk(_parse(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path}:{node.lineno}: relative import; write it from `stages` on"
            yield from _files_of(node.module, packages=False)
            names = [f"{node.module}.{alias.name}" for alias in node.names]  # may be a module or a package
        else:
            continue
        for name in names:
            yield from _files_of(name, packages=True)


def _files_of(module: str, *, packages: bool) -> list[Path]:
    """Return the file of a module. For a package, return the files in its folder if ``packages``, else none."""
    if module.split(".")[0] != "stages":
        return []
    path = ROOT.joinpath(*module.split("."))
    if path.with_suffix(".py").is_file():
        return [path.with_suffix(".py")]
    return sorted(path.glob("*.py")) if packages and path.is_dir() else []
