"""What is measured with: the run's own settings, pairs and base encoder, and XQuAD-R wherever it lies."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from stages.hybrid.corpora import lareqa
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_table
from stages.hybrid.ground.params import read_settings, read_value
from stages.hybrid.records import Benchmark

if TYPE_CHECKING:  # a measured process loads only what it measures
    from stages.hybrid.encoding.corpus import EncoderSettings
    from stages.hybrid.evaluation.bias import BiasSettings
    from stages.hybrid.evaluation.measures import MeasuresSettings
    from stages.hybrid.training.settings import TrainingSettings

BASE = Path("models/base")
PLAN = Path("data/batches.parquet")
PAIRS = Path("data/pairs")
XQUAD_R = "XQuAD-R"


@dataclass(frozen=True)
class Inputs:
    """The settings of params.yaml that what is measured runs with."""

    training: "TrainingSettings"
    encoder: "EncoderSettings"
    measures: "MeasuresSettings"
    bias: "BiasSettings"
    seed: int
    datasets: list[str]


def read_inputs() -> Inputs:
    """Return what params.yaml says.

    Raises:
        UserError: it is wrong, or what `make run` makes is not there.
    """
    from stages.hybrid.encoding.corpus import EncoderSettings
    from stages.hybrid.evaluation.bias import BiasSettings
    from stages.hybrid.evaluation.measures import MeasuresSettings
    from stages.hybrid.training.settings import TrainingSettings

    if not PLAN.exists() or not (BASE / "modules.json").exists():
        raise UserError(f"{PLAN} or {BASE} is missing, which is measured with; run `make run` first")
    return Inputs(
        training=read_settings("training", TrainingSettings),
        encoder=read_settings("encoder", EncoderSettings),
        measures=read_settings("measures", MeasuresSettings),
        bias=read_settings("bias", BiasSettings),
        seed=read_value("seed", int),
        datasets=read_value("datasets", list[str]),
    )


def read_pairs(datasets: list[str]) -> pd.DataFrame:
    """Return the training pairs, with their data set's name in ``dataset``."""
    tables = [read_table(PAIRS / f"{name}.parquet").assign(dataset=name) for name in datasets]
    pairs = pd.concat(tables, ignore_index=True)
    return pairs[~pairs["held_out"]].reset_index(drop=True)


def find_benchmark() -> tuple[str, Benchmark]:
    """Return the name and the tables of XQuAD-R if it is prepared, fetched or in HYBRID_MIRROR, else of gnome.

    Raises:
        UserError: there is neither.
    """
    prepared = Path("data/benchmarks")
    raw = [Path("data/raw/xquad_r"), Path(os.environ.get("HYBRID_MIRROR", "data/raw"), "xquad-r")]
    if (prepared / "xquad_r").exists():
        return XQUAD_R, _read_tables(prepared / "xquad_r")
    for folder in raw:
        if (folder / "en.json").exists():
            return XQUAD_R, lareqa.read_benchmark(folder, [])
    if (prepared / "gnome").exists():
        return "the GNOME benchmark, XQuAD-R not being at hand", _read_tables(prepared / "gnome")
    raise UserError(f"{prepared}: neither xquad_r nor gnome; run `make run` first, or name copies in HYBRID_MIRROR")


def _read_tables(folder: Path) -> Benchmark:
    return Benchmark(*(read_table(folder / f"{name}.parquet") for name in ("queries", "passages", "qrels")))


def take_part(benchmark: Benchmark, *, questions: int, others: int) -> Benchmark:
    """Return the benchmark with so many of its questions, in all their languages.

    Its pool is what is relevant to them, and of each language the first ``others`` passages.
    """
    ids = sorted(benchmark.queries["question_id"].unique())
    chosen = ids[:: max(1, len(ids) // questions)][:questions]
    queries = benchmark.queries[benchmark.queries["question_id"].isin(chosen)]
    qrels = benchmark.qrels[benchmark.qrels["query_id"].isin(queries["query_id"])]
    first = benchmark.passages.groupby("lang").cumcount() < others
    passages = benchmark.passages[first | benchmark.passages["passage_id"].isin(qrels["passage_id"])]
    return Benchmark(*(table.reset_index(drop=True) for table in (queries, passages, qrels)))
