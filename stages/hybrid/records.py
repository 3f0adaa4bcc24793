"""The rows that stages pass on to each other, and how the tables of these rows are read and written.

Parallel translations share an id. It is called ``group_id`` in training pairs and ``question_id`` in benchmarks.
Questions about one page or paragraph share a ``page_id``. Intervals and tests resample pages, then their questions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from stages.hybrid.ground.files import read_table, write_table


class Pair(NamedTuple):
    """A query and the passage that answers it, in one language."""

    group_id: str  # shared by parallel translations; two pages never have the same group
    page_id: str  # two groups of one page meet in a batch only if no other group is left
    lang: str  # ISO 639-1, with a region if a source has two written forms ("zh-TW", "pt-BR")
    query: str
    passage: str


class Query(NamedTuple):
    """A query of a benchmark; translations of one question share ``question_id``."""

    query_id: str  # unique in the benchmark
    question_id: str
    lang: str
    text: str
    page_id: str  # shared by questions about one page or paragraph, which are not independent


class Passage(NamedTuple):
    """A passage of a benchmark's pool."""

    passage_id: str  # unique in the benchmark
    lang: str
    text: str


class Qrel(NamedTuple):
    """A judgement: how relevant a passage is to a query. A passage that is not listed is not relevant."""

    query_id: str
    passage_id: str
    relevance: int  # from 1 if relevant; 0 if not


class Batch(NamedTuple):
    """A batch of the plan. The three lists have one entry for each pair, in the same order."""

    step: int  # from 0
    kind: str  # monolingual, cross_lingual, en_en or x_x
    dataset: str
    group_ids: list[str]
    query_langs: list[str]
    passage_langs: list[str]


class Negative(NamedTuple):
    """A hard negative: the passage of another group that is near a training query but does not answer it."""

    group_id: str
    lang: str
    negative_group_id: str
    negative_lang: str
    score: float  # cosine of query and negative, by the encoder that mined it


BENCHMARK_TABLES = ("queries", "passages", "qrels")


@dataclass(frozen=True)
class Benchmark:
    """Queries, passages and judgements of a benchmark, over all its languages.

    The tables have the columns of `Query`, `Passage` and `Qrel`. Queries are sorted by (lang, query_id), passages by
    (lang, passage_id). Embeddings, indexes and ranks keep that order.
    """

    queries: pd.DataFrame
    passages: pd.DataFrame
    qrels: pd.DataFrame

    @classmethod
    def from_rows(cls, queries: Iterable[Query], passages: Iterable[Passage], qrels: Iterable[Qrel]) -> "Benchmark":
        """Return the benchmark with these rows, which may be in any order."""
        return cls(
            queries=_sorted_table(queries, Query._fields, by=["lang", "query_id"]),
            passages=_sorted_table(passages, Passage._fields, by=["lang", "passage_id"]),
            qrels=_sorted_table(qrels, Qrel._fields, by=["query_id", "passage_id"]),
        )


def _sorted_table(rows: Iterable[NamedTuple], columns: Iterable[str], *, by: list[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns)).sort_values(by, ignore_index=True)


def read_tables(folder: Path) -> Benchmark:
    """Return a benchmark from the tables that the prepare stage wrote to ``folder``.

    Raises:
        UserError: A table is missing or broken.
    """
    return Benchmark(*(read_table(folder / f"{name}.parquet") for name in BENCHMARK_TABLES))


def write_benchmark(folder: Path, benchmark: Benchmark) -> None:
    """Write a benchmark's tables to ``folder``, as `read_tables` reads them."""
    for name in BENCHMARK_TABLES:
        write_table(folder / f"{name}.parquet", getattr(benchmark, name))


def read_data_sets(folder: Path, datasets: Iterable[str]) -> pd.DataFrame:
    """Return the tables ``folder``/NAME.parquet of the training sets ``datasets`` as one table.

    The column ``dataset`` has the NAME.

    Raises:
        UserError: A table is missing or broken.
    """
    tables = [read_table(folder / f"{name}.parquet").assign(dataset=name) for name in datasets]
    return pd.concat(tables, ignore_index=True)


def read_training_pairs(folder: Path, datasets: Iterable[str]) -> pd.DataFrame:
    """Return the pairs of `read_data_sets` that are trained on, which are those that are not held out.

    Raises:
        UserError: A table is missing or broken.
    """
    pairs = read_data_sets(folder, datasets)
    return pairs[~pairs["held_out"]].reset_index(drop=True)


def is_parallel_text(pairs: pd.DataFrame) -> bool:
    """Return whether every query is its own passage, as in sentences with their translations."""
    return bool((pairs["query"] == pairs["passage"]).all())
