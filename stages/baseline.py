"""Rank a benchmark without a model, in random order, by BM25 and fairly: data/benchmarks -> data/scores, data/bias."""

from typing import Self

import click
from pydantic import model_validator

from stages.hybrid.evaluation.bias.params import BiasParams
from stages.hybrid.evaluation.layout import BIAS, SCORES, metrics_folder
from stages.hybrid.evaluation.quality.params import MeasuresParams
from stages.hybrid.ground.layout import BASE, BENCHMARKS, TOKENIZER_FILE
from stages.hybrid.ground.params import Params, ProfileName, Seed
from stages.hybrid.ground.stage import stage
from stages.hybrid.retrieval.params import BaselinesParams


class Reads(Params):
    """What this stage reads of params.yaml."""

    profile: ProfileName
    seed: Seed
    measures: MeasuresParams
    baselines: BaselinesParams
    bias: BiasParams

    @model_validator(mode="after")
    def _check(self) -> Self:
        self.bias.check_run_depth(self.measures.run_depth)  # here, because this stage reads both
        return self


@stage
def main(params: Reads, benchmark: str) -> None:
    from stages.hybrid.evaluation.bias.tables import write_bias
    from stages.hybrid.evaluation.quality.tables import write_scores
    from stages.hybrid.ground.files import whole_folder
    from stages.hybrid.records import read_tables
    from stages.hybrid.retrieval.baselines import MODEL_FREE, WITHOUT_MODEL
    from stages.hybrid.retrieval.model_free import scorer_of
    from stages.hybrid.retrieval.ranking.ranks import rank_passages

    tables, cutoffs = read_tables(BENCHMARKS / benchmark), params.measures.cutoffs
    with (
        whole_folder(SCORES / WITHOUT_MODEL / benchmark) as scores,
        whole_folder(BIAS / WITHOUT_MODEL / benchmark) as bias,
        whole_folder(metrics_folder(params.profile, benchmark) / WITHOUT_MODEL) as figures,
    ):
        for name in (name for name in MODEL_FREE if name in params.baselines.names):
            scorer = scorer_of(name, tables, seed=params.seed, tokenizer=BASE / TOKENIZER_FILE)
            ranking = rank_passages(tables, scorer, depth=params.measures.run_depth)
            write_scores(scores / name, ranking, benchmark=tables, cutoffs=cutoffs, name=name)
            metrics = figures / f"{name}.json"
            write_bias(bias / name, tables, scores=scores / name, top_k=params.bias.top_k, metrics=metrics)
            click.echo(f"{name}: {len(tables.queries)} queries, {len(tables.passages)} passages in the pool")


if __name__ == "__main__":
    main()
