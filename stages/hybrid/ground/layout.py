"""Paths of the files that stages pass to each other, relative to the project's root.

Those of scores, bias and reports, which only the last stages read, are in evaluation/layout.py.
"""

from pathlib import Path

RAW = Path("data/raw")  # NAME/: files as they were published, and SOURCE_FILE
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
COSTS = Path("data/costs")  # each stage's last run: `Cost`; they vary, so no stage depends on them

SIDES = {"queries": "query", "passages": "passage"}  # names of files and tables -> prompts and columns of pairs
INDEX_FILE = "passages.faiss"
TOKENIZER_FILE = "tokenizer.json"  # in a model's folder
SOURCE_FILE = "SOURCE.json"  # beside raw files: where they come from, their licence and their checksums


def embeddings_file(model: str, benchmark: str, side: str) -> Path:
    """Return the file of the embeddings of a benchmark's queries or passages. ``side`` is a key of `SIDES`."""
    return EMBEDDINGS / model / benchmark / f"{side}.npy"
