"""Where the files lie that stages hand to each other: one home for each path, relative to the project's root."""

from pathlib import Path

RAW = Path("data/raw")  # NAME/: files as they were published, and SOURCE.json
PAIRS = Path("data/pairs")  # NAME.parquet: training pairs
BENCHMARKS = Path("data/benchmarks")  # NAME/{queries,passages,qrels}.parquet
VALIDATION = Path("data/validation.parquet")  # pairs whose loss is measured while training
STATISTICS = Path("data/statistics.json")  # counts of pairs, queries and passages
PLAN = Path("data/plan.parquet")  # every batch, in training order
PLAN_SUMMARY = Path("data/plan_summary.json")  # what the plan is made of, beside what was expected
PLAN_LANGUAGE_PAIRS = Path("data/plan_language_pairs.csv")  # the same by ordered pair of languages
NEGATIVES = Path("data/negatives")  # NAME.parquet: hard negatives of the training queries
BASE = Path("models/base")  # sentence-transformers folders
FINETUNED = Path("models/finetuned")
CHECKPOINTS = Path("models/checkpoints")  # of a training that was stopped; no output of a stage, so DVC leaves them
CURVE = Path("data/training.csv")  # loss by step
BLOCKS = Path("data/.blocks")  # of encodings that were stopped; no output of a stage either
EMBEDDINGS = Path("data/embeddings")  # MODEL/BENCHMARK/{queries,passages}.npy
INDEXES = Path("data/indexes")  # MODEL/BENCHMARK/passages.faiss
MEANS = Path("data/means")  # MODEL/{queries,passages}.parquet: languages' mean embeddings of training text
SCORES = Path("data/scores")  # MODEL/BENCHMARK/: ranks, measures and runs of a model, of adjusted systems below it
BIAS = Path("data/bias")  # MODEL/BENCHMARK/: language bias of the same systems
COMPARISONS = Path("data/comparisons")  # intervals.parquet and comparisons.parquet
COSTS = Path("data/costs")  # time and memory of each stage's last run; differs from run to run, so no stage reads it
REPORTS = Path("reports")  # PROFILE/: tables, pictures and pages
