"""Rank passages by a model's embeddings, plain and adjusted, and measure: data/embeddings, indexes -> data/scores."""

import click

from stages.hybrid.evaluation.layout import CHECK_FILE, SCORES
from stages.hybrid.evaluation.quality.params import MeasuresParams
from stages.hybrid.ground.layout import BENCHMARKS, INDEX_FILE, INDEXES, MEANS, SIDES, embeddings_file
from stages.hybrid.ground.params import Params
from stages.hybrid.ground.stage import stage
from stages.hybrid.retrieval.params import BaselinesParams


class Reads(Params):
    """What this stage reads of params.yaml."""

    measures: MeasuresParams
    baselines: BaselinesParams


@stage
def main(params: Reads, model: str, benchmark: str) -> None:
    from stages.hybrid.evaluation.quality.tables import write_check, write_scores
    from stages.hybrid.ground.files import read_array, whole_folder
    from stages.hybrid.records import read_tables
    from stages.hybrid.retrieval.baselines import ADJUSTMENTS, adjusted_name
    from stages.hybrid.retrieval.dense.centring import adjust
    from stages.hybrid.retrieval.dense.search import load_index, search_passages
    from stages.hybrid.retrieval.ranking.ranks import dense_scores, rank_passages
    from stages.hybrid.retrieval.ranking.runs import write_qrels

    tables = read_tables(BENCHMARKS / benchmark)
    queries, passages = (read_array(embeddings_file(model, benchmark, side)) for side in SIDES)
    index = load_index(INDEXES / model / benchmark / INDEX_FILE)
    cutoffs, depth = params.measures.cutoffs, params.measures.run_depth
    with whole_folder(SCORES / model / benchmark) as folder:
        ids = tables.passages["passage_id"].to_numpy(dtype=str)
        rows, scores = search_passages(index, queries, k=depth, passage_ids=ids)
        ranking = rank_passages(tables, dense_scores(tables, queries=queries, passages=passages), depth=depth)
        ranking = ranking._replace(rows=rows, scores=scores)  # the run is from the index, which may be approximate
        measured = write_scores(folder, ranking, benchmark=tables, cutoffs=cutoffs, name=model)
        write_check(folder / CHECK_FILE, ranking, benchmark=tables, measured=measured)
        write_qrels(folder / "qrels.trec", tables)
        click.echo(f"{model}: {len(tables.queries)} queries, {len(tables.passages)} passages in the pool")
        for adjustment in (known for known in ADJUSTMENTS if known in params.baselines.names):
            both, means, name = (queries, passages), MEANS / model, adjusted_name(model, adjustment)
            adjusted = adjust(adjustment, tables, embeddings=both, params=params.baselines, means=means)
            scorer = dense_scores(tables, queries=adjusted[0], passages=adjusted[1])
            ranking = rank_passages(tables, scorer, depth=depth)
            write_scores(folder / adjustment, ranking, benchmark=tables, cutoffs=cutoffs, name=name)
            click.echo(f"{name}: ranked and measured")


if __name__ == "__main__":
    main()
