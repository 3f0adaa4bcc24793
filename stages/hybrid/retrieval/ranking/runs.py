"""Runs and judgements in TREC's format, which most evaluation tools read."""

import csv
import gzip
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from stages.hybrid.ground.errors import UserError, first_line
from stages.hybrid.ground.files import whole_file, write_text
from stages.hybrid.records import Benchmark

Found = tuple[np.ndarray, np.ndarray]  # rows and scores, both (queries, depth), as `search_passages` returns them


def write_run(path: Path, benchmark: Benchmark, *, found: Found, name: str) -> None:
    """Write ``found`` as a gzipped TREC run: query id, Q0, passage id, rank from 1, score, ``name``.

    Scores have nine digits, from which a float32 can be restored exactly. The archive has no time stamp, so equal runs
    have equal bytes. Rows below 0 stand for passages that were not found, and are left out.

    Raises:
        UserError: An id has white space in it, which the format does not allow.
    """
    _check_ids(benchmark)
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
        UserError: An id has white space in it, which the format does not allow.
    """
    _check_ids(benchmark)
    rows = benchmark.qrels[["query_id", "passage_id", "relevance"]].itertuples(index=False)
    write_text(path, "".join(f"{query} 0 {passage} {grade}\n" for query, passage, grade in rows))


def _check_ids(benchmark: Benchmark) -> None:
    """Check that no query or passage id has white space in it.

    Raises:
        UserError: An id has.
    """
    for ids in (benchmark.queries["query_id"], benchmark.passages["passage_id"]):
        spaced = ids[ids.str.contains(r"\s", regex=True)]
        if len(spaced):
            raise UserError(
                f"the id {spaced.iloc[0]!r} holds white space, expected none, because TREC runs cannot have it; rename "
                "the id"
            )


def read_run(path: Path, *, depth: int) -> pd.DataFrame:
    """Return the first ``depth`` passages of each query in a gzipped TREC run: columns query_id, passage_id, rank.

    Raises:
        UserError: The file is missing or broken, or no query in it has ``depth`` passages.
    """
    if not path.exists():
        raise UserError(f"{path}: not found, expected a TREC run; run the stage score, or `dvc repro`")
    names = ["query_id", "q0", "passage_id", "rank", "score", "name"]
    types = {"query_id": str, "passage_id": str, "rank": int}
    form = {"sep": " ", "names": names, "usecols": list(types), "dtype": types, "quoting": csv.QUOTE_NONE}
    try:
        run = pd.read_csv(path, keep_default_na=False, **form)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise UserError(
            f"{path}: not a whole TREC run ({first_line(error)}); delete it and run the stage score again"
        ) from None
    if len(run) and run["rank"].max() < depth:
        raise UserError(
            f"{path}: has at most {run['rank'].max()} passages per query, expected {depth}; raise measures.run_depth"
        )
    return run[run["rank"] <= depth].reset_index(drop=True)
