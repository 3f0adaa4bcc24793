"""Runs and judgements in TREC's format, which every evaluation tool reads."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import whole_file, write_text
from stages.hybrid.records import Benchmark

Rows = tuple[np.ndarray, np.ndarray]  # rows and scores, both (queries, depth), as `search_passages` returns them


def write_run(path: Path, benchmark: Benchmark, *, found: Rows, name: str) -> None:
    """Write ``found`` as a gzipped TREC run: query id, Q0, passage id, rank from 1, score, ``name``.

    Scores have the nine digits that give back a float32. The archive carries no time, so equal runs have equal bytes.

    Raises:
        UserError: an id holds white space, which the format cannot carry.
    """
    check_ids(benchmark)
    passage_ids = benchmark.passages["passage_id"].to_numpy()
    with (
        whole_file(path) as partial,
        partial.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=0) as file,
    ):
        for query_id, rows, scores in zip(benchmark.queries["query_id"], *found, strict=True):
            ranked = zip(passage_ids[rows[rows >= 0]], scores[rows >= 0].tolist(), strict=True)
            lines = [f"{query_id} Q0 {id_} {rank} {score:.9g} {name}\n" for rank, (id_, score) in enumerate(ranked, 1)]
            file.write("".join(lines).encode())


def write_qrels(path: Path, benchmark: Benchmark) -> None:
    """Write the judgements as TREC qrels: query id, 0, passage id, relevance.

    Raises:
        UserError: an id holds white space, which the format cannot carry.
    """
    check_ids(benchmark)
    rows = benchmark.qrels[["query_id", "passage_id", "relevance"]].itertuples(index=False)
    write_text(path, "".join(f"{query} 0 {passage} {grade}\n" for query, passage, grade in rows))


def check_ids(benchmark: Benchmark) -> None:
    """Raise `UserError` where a query or passage id holds white space."""
    for ids in (benchmark.queries["query_id"], benchmark.passages["passage_id"]):
        spaced = ids[ids.str.contains(r"\s", regex=True)]
        if len(spaced):
            raise UserError(f"the id {spaced.iloc[0]!r} holds white space, which a TREC run cannot carry; rename it")


def read_run(path: Path, *, depth: int) -> pd.DataFrame:
    """Return the first ``depth`` passages of each query in a gzipped TREC run: columns query_id, passage_id, rank.

    Raises:
        UserError: the file is missing, or no query in it has so many passages.
    """
    if not path.exists():
        raise UserError(f"{path}: not found; run `python -m stages.score`, or `dvc repro`")
    names = ["query_id", "q0", "passage_id", "rank", "score", "name"]
    types = {"query_id": str, "passage_id": str, "rank": int}
    run = pd.read_csv(path, sep=" ", names=names, usecols=list(types), dtype=types, keep_default_na=False, quoting=3)
    if len(run) and run["rank"].max() < depth:
        raise UserError(
            f"{path}: holds {run['rank'].max()} passages a query, expected {depth}; raise measures.run_depth"
        )
    return run[run["rank"] <= depth].reset_index(drop=True)
