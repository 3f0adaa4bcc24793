"""The built-in training sets and benchmarks by name; any other name is the user's own files."""

from collections.abc import Callable
from pathlib import Path

from stages.hybrid.corpora import gnome_help, lareqa, libreoffice_help, own_files
from stages.hybrid.records import Benchmark, Pair

PairReader = Callable[[Path, list[str]], list[Pair]]
BenchmarkReader = Callable[[Path, list[str]], Benchmark]

DATASETS: dict[str, PairReader] = {"libreoffice_help": libreoffice_help.read_pairs}
BENCHMARKS: dict[str, BenchmarkReader] = {
    "gnome": gnome_help.read_benchmark,
    "xquad_r": lareqa.read_benchmark,
    "mlqa_r": lareqa.read_benchmark,
}


def read_pairs(name: str, folder: Path, languages: list[str]) -> list[Pair]:
    """Return the training pairs of data set ``name`` from its raw folder; no language means all."""
    return DATASETS.get(name, own_files.read_pairs)(folder, languages)


def read_benchmark(name: str, folder: Path, languages: list[str]) -> Benchmark:
    """Return benchmark ``name`` from its raw folder; no language means all."""
    return BENCHMARKS.get(name, own_files.read_benchmark)(folder, languages)
