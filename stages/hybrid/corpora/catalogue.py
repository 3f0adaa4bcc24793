"""The public collections by name, found in the modules of this folder; any other name means files of the user's own.

A module registers its collections as ``COLLECTION`` or ``COLLECTIONS``. Nothing else needs to know of them.
"""

import importlib
import pkgutil
from pathlib import Path

from stages.hybrid import corpora
from stages.hybrid.corpora.checks import check_benchmark, check_pairs, whole_characters
from stages.hybrid.corpora.collection import BenchmarkSet, Collection, TrainingSet
from stages.hybrid.corpora.formats import beir, own_pairs
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark, Pair


def find_collections() -> dict[str, Collection]:
    """Return the public collections by name, in the order of their modules.

    Raises:
        UserError: Two collections have one name.
    """
    found: dict[str, Collection] = {}
    for module in pkgutil.iter_modules(corpora.__path__):
        for collection in [] if module.ispkg else _registered(module.name):
            if collection.name in found:
                raise UserError(
                    f"{corpora.__name__}.{module.name}: registers the name {collection.name!r}, which another "
                    "collection has; give it a name of its own"
                )
            found[collection.name] = collection
    return found


def _registered(module_name: str) -> tuple[Collection, ...]:
    """Return the collections that a module of this folder registers."""
    module = importlib.import_module(f"{corpora.__name__}.{module_name}")
    if hasattr(module, "COLLECTION"):
        return (module.COLLECTION,)
    return tuple(getattr(module, "COLLECTIONS", ()))


def find_training_sets() -> dict[str, TrainingSet]:
    """Return the public training sets by name."""
    return {name: found for name, found in find_collections().items() if isinstance(found, TrainingSet)}


def find_benchmarks() -> dict[str, BenchmarkSet]:
    """Return the public benchmarks by name."""
    return {name: found for name, found in find_collections().items() if isinstance(found, BenchmarkSet)}


def read_pairs(name: str, folder: Path, languages: list[str]) -> list[Pair]:
    """Return the training pairs of ``name`` from its raw folder; an empty list of languages means all.

    Raises:
        UserError: A file is missing or malformed, or there are no pairs in ``languages``, or as for `check_pairs`.
    """
    known = find_training_sets().get(name)
    pairs = known.read(folder, languages) if known else own_pairs.read_pairs(folder, languages)
    check_pairs(name, pairs)
    return pairs


def read_benchmark(name: str, folder: Path, languages: list[str]) -> Benchmark:
    """Return the benchmark ``name`` from its raw folder; an empty list of languages means all.

    Raises:
        UserError: A file is missing or malformed, or there are no judgements in ``languages``, or as for
            `check_benchmark`.
    """
    known = find_benchmarks().get(name)
    with whole_characters(name):
        benchmark = known.read(folder, languages) if known else beir.read_benchmark(folder, languages)
    check_benchmark(name, benchmark)
    return benchmark
