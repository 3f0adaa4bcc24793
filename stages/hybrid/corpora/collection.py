"""What the project knows of a public training set or benchmark, in one place."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from stages.hybrid.records import Benchmark, Pair
from stages.hybrid.sources.home import Home

SMALL_FILES = "only small files in the documented layout"  # what many readers were checked on


@dataclass(frozen=True, kw_only=True)
class Collection:
    """A public training set or benchmark. A module of this folder registers it as ``COLLECTION``.

    Attributes:
        kind: What it is used for.
        name: Its name in params.yaml and in data/raw/NAME. Letters, digits and underscores.
        description: What a query is, what a passage is, and how many languages there are. One or a few sentences.
        languages: Codes of ISO 639-1, with a region or script if a source has two written forms.
        licence: SPDX name, if there is one.
        source: Who published it, with a Markdown link.
        home: Where its files come from.
        checked: Which published files its reader has read, in a few words.
    """

    kind: ClassVar[Literal["training set", "benchmark"]]

    name: str
    description: str
    languages: tuple[str, ...]
    licence: str
    source: str
    home: Home
    checked: str


@dataclass(frozen=True, kw_only=True)
class TrainingSet(Collection):
    """A collection of training pairs.

    Attributes:
        kind: What it is used for.
        read: Returns the pairs in a raw folder. An empty list of languages means all.
        in_domain_for: Benchmarks of the same task and the same kind of text. The report says so beside their figures.
    """

    kind: ClassVar[Literal["training set", "benchmark"]] = "training set"

    read: Callable[[Path, list[str]], list[Pair]]
    in_domain_for: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BenchmarkSet(Collection):
    """A collection of queries, passages and judgements.

    Attributes:
        kind: What it is used for.
        read: Returns the benchmark in a raw folder. An empty list of languages means all.
    """

    kind: ClassVar[Literal["training set", "benchmark"]] = "benchmark"

    read: Callable[[Path, list[str]], Benchmark]
