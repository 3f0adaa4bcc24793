"""Paths of the files that score, bias, baseline, compare and report pass to each other, relative to the root."""

from pathlib import Path

SCORES = Path("data/scores")  # MODEL/BENCHMARK/: ranks, measures and run of a model; other systems in subfolders
BIAS = Path("data/bias")  # MODEL/BENCHMARK/: language bias of the same systems
COMPARISONS = Path("data/comparisons")
REPORTS = Path("reports")  # PROFILE/: tables, plots, pages and metrics

# In a system's folder below SCORES:
RANKS_FILE = "ranks.parquet"  # the exact rank of every relevant passage
MEASURES_FILE = "measures.parquet"  # every measure of each query in each cell
CELLS_FILE = "cells.csv"  # their means by cell
RUN_FILE = "run.trec.gz"  # the best passages of each query
CHECK_FILE = "check.csv"  # measures of the run by ranx, beside those by exact ranks

# In a system's folder below BIAS:
BIAS_FILE = "bias.parquet"  # every bias measure of each query
BIAS_MEANS_FILE = "bias.csv"  # their means by query language
BIAS_PAIRS_FILE = "pairs.csv"  # bias measures by query language and passage language

# In COMPARISONS:
INTERVALS_FILE = "intervals.parquet"  # of each figure of each system
COMPARISONS_FILE = "comparisons.parquet"  # of pairs of systems, with tests


def metrics_folder(profile: str, benchmark: str) -> Path:
    """Return the folder of the figures that `dvc metrics` shows: MODEL/SYSTEM.json."""
    return REPORTS / profile / "metrics" / benchmark


def questions_folder(profile: str) -> Path:
    """Return the folder with the scores of each question: BENCHMARK/SYSTEM.parquet."""
    return REPORTS / profile / "questions"
