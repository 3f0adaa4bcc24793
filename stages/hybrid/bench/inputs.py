"""What is measured with: the run's own parameters and training pairs, and XQuAD-R from wherever it is found."""

from pathlib import Path

from stages.hybrid.encoding.params import EncoderParams
from stages.hybrid.evaluation.bias.params import BiasParams
from stages.hybrid.evaluation.quality.params import MeasuresParams
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.layout import BASE, BENCHMARKS, PLAN, RAW
from stages.hybrid.ground.params import Names, Params, Seed
from stages.hybrid.records import Benchmark, read_tables
from stages.hybrid.report.tables import BENCHMARK_NAMES
from stages.hybrid.sources.params import FetchParams
from stages.hybrid.training.params import TrainingParams

XQUAD_R = "xquad_r"
GNOME = "gnome"
NAMES = {XQUAD_R: BENCHMARK_NAMES[XQUAD_R], GNOME: "the GNOME benchmark, because XQuAD-R is not available"}


class BenchParams(Params):
    """What the benchmark reads of params.yaml.

    Attributes:
        seed: of the training runs and of made-up embeddings
        datasets: names of the training sets
        fetch: where copies of public files are
        training: how the encoder is fine-tuned
        encoder: how texts are encoded
        measures: what is measured of each query
        bias: number of top passages in which language bias is measured
    """

    seed: Seed
    datasets: Names
    fetch: FetchParams
    training: TrainingParams
    encoder: EncoderParams
    measures: MeasuresParams
    bias: BiasParams


def read_inputs() -> BenchParams:
    """Return the parameters, after a check that all inputs exist.

    Raises:
        UserError: The plan or the base encoder is missing, or params.yaml is wrong.
    """
    for path in (PLAN, BASE / "modules.json"):
        if not path.exists():
            raise UserError(f"{path} is missing, and the benchmark needs it; run `make run` first")
    return BenchParams.read()


def find_benchmark(mirror: Path | None) -> tuple[str, Benchmark]:
    """Return the name and the tables of XQuAD-R if it is prepared, fetched or in ``mirror``, else of gnome.

    Raises:
        UserError: Neither is found.
    """
    if (BENCHMARKS / XQUAD_R).exists():
        return NAMES[XQUAD_R], read_tables(BENCHMARKS / XQUAD_R)
    for folder in [RAW / XQUAD_R, *([mirror / "xquad-r"] if mirror else [])]:
        if (folder / "en.json").exists():
            from stages.hybrid.corpora import xquad_r_mlqa_r as lareqa  # a measured process loads only what it measures

            return NAMES[XQUAD_R], lareqa.read_benchmark(folder, [])
    if (BENCHMARKS / GNOME).exists():
        return NAMES[GNOME], read_tables(BENCHMARKS / GNOME)
    raise UserError(
        f"{BENCHMARKS} has neither {XQUAD_R} nor {GNOME}; run `make run` first, or name a folder with copies in "
        "HYBRID_MIRROR"
    )


def take_part(benchmark: Benchmark, *, questions: int, others: int) -> Benchmark:
    """Return a part of the benchmark: at most ``questions`` of its questions, in all their languages.

    Its pool holds what is relevant to them, and the first ``others`` passages of each language.
    """
    ids = sorted(benchmark.queries["question_id"].unique())
    chosen = ids[:: max(1, len(ids) // questions)][:questions]
    queries = benchmark.queries[benchmark.queries["question_id"].isin(chosen)]
    qrels = benchmark.qrels[benchmark.qrels["query_id"].isin(queries["query_id"])]
    first = benchmark.passages.groupby("lang").cumcount() < others
    passages = benchmark.passages[first | benchmark.passages["passage_id"].isin(qrels["passage_id"])]
    return Benchmark(*(table.reset_index(drop=True) for table in (queries, passages, qrels)))
