"""Paths of the files that stages pass to each other, relative to the project's root."""

from pathlib import Path

RAW = Path("data/raw")  # NAME/: files as they were published, and SOURCE.json, which says where they are from
PAIRS = Path("data/pairs")  # NAME.parquet: training pairs
BENCHMARKS = Path("data/benchmarks")  # NAME/{queries,passages,qrels}.parquet
VALIDATION = Path("data/validation.parquet")  # pairs whose loss is measured during training
STATISTICS = Path("data/statistics.json")  # counts of pairs, queries and passages
PLAN = Path("data/plan.parquet")  # every batch, in training order
PLAN_SUMMARY = Path("data/plan_summary.json")  # counts and shares of the plan, beside the expected ones
PLAN_LANGUAGE_PAIRS = Path("data/plan_language_pairs.csv")  # the same for each ordered pair of languages
NEGATIVES = Path("data/negatives")  # NAME.parquet: hard negatives of the training queries
MODELS = Path("models")  # MODEL/: sentence-transformers folders
BASE = MODELS / "base"
FINETUNED = MODELS / "finetuned"
CHECKPOINTS = Path("models/checkpoints")  # of a stopped training; not an output of a stage, so DVC keeps them
CURVE = Path("data/training.csv")  # loss at each step
BLOCKS = Path("data/.blocks")  # of stopped encodings; not an output of a stage either
EMBEDDINGS = Path("data/embeddings")  # MODEL/BENCHMARK/{queries,passages}.npy
INDEXES = Path("data/indexes")  # MODEL/BENCHMARK/INDEX_FILE
MEANS = Path("data/means")  # MODEL/{queries,passages}.parquet: mean embedding of each language's training text
SCORES = Path("data/scores")  # MODEL/BENCHMARK/: ranks, measures and run of a model; other systems in subfolders
BIAS = Path("data/bias")  # MODEL/BENCHMARK/: language bias of the same systems
COMPARISONS = Path("data/comparisons")  # intervals.parquet and comparisons.parquet
COSTS = Path("data/costs")  # time and memory of each stage's last run; they vary, so no stage depends on them
REPORTS = Path("reports")  # PROFILE/: tables, plots, pages and metrics

SIDES = {"queries": "query", "passages": "passage"}  # names of files and tables -> prompts and columns of pairs
INDEX_FILE = "passages.faiss"

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


def metrics_folder(profile: str, benchmark: str) -> Path:
    """Return the folder of the figures that `dvc metrics` shows: MODEL/SYSTEM.json."""
    return REPORTS / profile / "metrics" / benchmark
