"""Rank a benchmark without a model, in random order and by BM25: data/benchmarks -> data/scores, data/bias."""

import click

from stages.hybrid.evaluation.bias.params import BiasParams
from stages.hybrid.evaluation.quality.params import MeasuresParams
from stages.hybrid.ground.layout import BASE, BENCHMARKS, BIAS, REPORTS, SCORES
from stages.hybrid.ground.params import Params
from stages.hybrid.ground.stage import stage
from stages.hybrid.retrieval.params import BaselinesParams


class Reads(Params):
    """What this stage reads of params.yaml."""

    profile: str
    seed: int
    measures: MeasuresParams
    baselines: BaselinesParams
    bias: BiasParams


@stage
def main(params: Reads, benchmark: str) -> None:
    from stages.hybrid.evaluation.bias.tables import write_bias
    from stages.hybrid.evaluation.quality.tables import write_scores
    from stages.hybrid.ground.files import whole_folder
    from stages.hybrid.records import read_tables
    from stages.hybrid.retrieval.baselines import LEXICAL, WITHOUT_MODEL
    from stages.hybrid.retrieval.lexical import scorer_of
    from stages.hybrid.retrieval.ranking.ranks import rank_passages

    data, cutoffs = read_tables(BENCHMARKS / benchmark), params.measures.cutoffs
    with (
        whole_folder(SCORES / WITHOUT_MODEL / benchmark) as scores,
        whole_folder(BIAS / WITHOUT_MODEL / benchmark) as bias,
        whole_folder(REPORTS / params.profile / "metrics" / benchmark / WITHOUT_MODEL) as figures,
    ):
        for name in (name for name in LEXICAL if name in params.baselines.names):
            scorer = scorer_of(name, data, seed=params.seed, tokenizer=BASE / "tokenizer.json")
            ranking = rank_passages(data, scorer, depth=params.measures.run_depth)
            write_scores(scores / name, ranking, data=data, cutoffs=cutoffs, name=name)
            metrics = figures / f"{name}.json"
            write_bias(bias / name, data, scores=scores / name, top_k=params.bias.top_k, metrics=metrics)
            click.echo(f"{name}: {len(data.queries)} queries, {len(data.passages)} passages in the pool")


if __name__ == "__main__":
    main()
