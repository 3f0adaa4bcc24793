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
BASE = Path("models/base")  # sentence-transformers folders
FINETUNED = Path("models/finetuned")
CHECKPOINTS = Path("models/checkpoints")  # of a stopped training; not an output of a stage, so DVC keeps them
CURVE = Path("data/training.csv")  # loss at each step
BLOCKS = Path("data/.blocks")  # of stopped encodings; not an output of a stage either
EMBEDDINGS = Path("data/embeddings")  # MODEL/BENCHMARK/{queries,passages}.npy
INDEXES = Path("data/indexes")  # MODEL/BENCHMARK/passages.faiss
MEANS = Path("data/means")  # MODEL/{queries,passages}.parquet: mean embedding of each language's training text
SCORES = Path("data/scores")  # MODEL/BENCHMARK/: ranks, measures and run of a model; adjusted systems in subfolders
BIAS = Path("data/bias")  # MODEL/BENCHMARK/: language bias of the same systems
COMPARISONS = Path("data/comparisons")  # intervals.parquet and comparisons.parquet
COSTS = Path("data/costs")  # time and memory of each stage's last run; they vary, so no stage depends on them
REPORTS = Path("reports")  # PROFILE/: tables, plots, pages and metrics
