"""The rows that pass from stage to stage, and the columns of the tables that hold them."""

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd


class Pair(NamedTuple):
    """A query and the passage that answers it, in one language; parallel translations share the group."""

    group_id: str  # what parallel translations share, unique over pages
    page_id: str  # two groups of one page never meet in a batch
    lang: str  # ISO 639-1, with a region where a source has two written forms ("zh-TW", "pt-BR")
    query: str
    passage: str


class Query(NamedTuple):
    """A query of a benchmark; translations of one question share ``question_id``."""

    query_id: str  # unique in the benchmark
    question_id: str
    lang: str
    text: str


class Passage(NamedTuple):
    """A passage of a benchmark's pool."""

    passage_id: str  # unique in the benchmark
    lang: str
    text: str


class Qrel(NamedTuple):
    """A judgement: how relevant a passage is to a query, from 1 up; what is not listed is not relevant."""

    query_id: str
    passage_id: str
    relevance: int


class Batch(NamedTuple):
    """A batch of the plan; the three lists are parallel, one entry a pair."""

    step: int  # from 0
    kind: str  # monolingual, cross_lingual, en_en or x_x
    dataset: str
    group_ids: list[str]
    query_langs: list[str]
    passage_langs: list[str]


class Negative(NamedTuple):
    """A hard negative of a training query: the passage of another group, near the query though it does not answer."""

    group_id: str
    lang: str
    negative_group_id: str
    negative_lang: str
    score: float  # cosine of query and negative, by the encoder that mined it


@dataclass(frozen=True)
class Benchmark:
    """Queries, passages and judgements of a benchmark, over all its languages.

    Tables have the columns of `Query`, `Passage` and `Qrel`. Queries are sorted by (lang, query_id), passages by
    (lang, passage_id); embeddings, indexes and ranks keep that order.
    """

    queries: pd.DataFrame
    passages: pd.DataFrame
    qrels: pd.DataFrame
