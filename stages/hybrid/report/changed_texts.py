"""Which texts of a run are not those of the committed run, whose figures may then differ."""

from collections.abc import Iterable
from pathlib import Path

from stages.hybrid.ground.git import ask_git
from stages.hybrid.report.provenance import RawFile, count_files, parse_files


def compare_with_committed(files: list[RawFile], path: Path) -> list[str]:
    """Return `compare_files` of ``files`` and git's committed table at ``path``; if all is equal, one line says so."""
    committed = parse_files(ask_git("show", f"HEAD:./{path.as_posix()}"))
    if committed is None:
        return [f"note: git has no committed {path}, so the texts were not compared with those of a committed run"]
    return compare_files(files, committed) or ["The texts are those of the committed run."]


def compare_files(files: list[RawFile], committed: list[RawFile]) -> list[str]:
    """Return a line for each training set and benchmark whose text differs. ``committed`` are the other run's files."""
    names = dict.fromkeys(file.name for file in [*files, *committed])
    sets = {name: [[file for file in run if file.name == name] for run in (files, committed)] for name in names}
    differences = {name: _difference(here, there) for name, (here, there) in sets.items()}
    return [f"note: {name}: {words}, so figures may differ" for name, words in differences.items() if words]


def _difference(here: list[RawFile], there: list[RawFile]) -> str:
    """Return how the files of one set differ from those of the committed run, in words; empty if its text is equal."""
    if not here or not there:
        return f"only {'this' if here else 'the committed'} run has it"
    if here[0].sha256_of_text == there[0].sha256_of_text:
        return ""
    committed = {file.file: file for file in there}
    both = [file for file in here if file.file in committed]
    other = [file for file in both if file.version != committed[file.file].version]
    if other:
        versions = f"{_versions(committed[file.file] for file in other)} there, {_versions(other)} here"
        return f"{len(other)} of {count_files(here)} have other versions than in the committed run ({versions})"
    equal = sum(file.sha256 == committed[file.file].sha256 for file in both)
    if equal < max(len(here), len(there)):
        return f"files here: {len(here)}, in the committed run: {len(there)}, equal: {equal}"
    return "its files are those of the committed run, but were prepared in another way"


def _versions(files: Iterable[RawFile]) -> str:
    return " and ".join(sorted({file.version or "none" for file in files}))
