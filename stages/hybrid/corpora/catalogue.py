"""The built-in training sets and benchmarks by name; any other name is the user's own files."""

from collections.abc import Callable
from pathlib import Path

from stages.hybrid.corpora import (
    dream,
    gnome_help,
    lareqa,
    libreoffice_help,
    libreoffice_messages,
    miracl,
    mmarco,
    mr_tydi,
    squad_translated,
    squadshifts,
)
from stages.hybrid.corpora.formats import beir, own_pairs
from stages.hybrid.records import Benchmark, Pair

PairReader = Callable[[Path, list[str]], list[Pair]]
BenchmarkReader = Callable[[Path, list[str]], Benchmark]

DATASETS: dict[str, PairReader] = {
    libreoffice_help.NAME: libreoffice_help.read_pairs,
    libreoffice_messages.NAME: libreoffice_messages.read_pairs,
    mmarco.NAME: mmarco.read_pairs,
    squad_translated.MLQA: squad_translated.read_pairs,
    squad_translated.XTREME: squad_translated.read_pairs,
    mr_tydi.NAME: mr_tydi.read_pairs,
}
BENCHMARKS: dict[str, BenchmarkReader] = {
    gnome_help.NAME: gnome_help.read_benchmark,
    **dict.fromkeys(lareqa.COMMITS, lareqa.read_benchmark),
    miracl.NAME: miracl.read_benchmark,
    **dict.fromkeys(dream.SPLITS, dream.read_benchmark),
    **dict.fromkeys(squadshifts.NAMES, squadshifts.read_benchmark),
}


def read_pairs(name: str, folder: Path, languages: list[str]) -> list[Pair]:
    """Return the training pairs of data set ``name`` from its raw folder; no language means all."""
    return DATASETS.get(name, own_pairs.read_pairs)(folder, languages)


def read_benchmark(name: str, folder: Path, languages: list[str]) -> Benchmark:
    """Return benchmark ``name`` from its raw folder; no language means all."""
    return BENCHMARKS.get(name, beir.read_benchmark)(folder, languages)
