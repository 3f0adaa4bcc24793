"""Rank passages by a model's embeddings, plain and adjusted, and measure: data/embeddings, indexes -> data/scores."""

import click

from stages.hybrid.evaluation.quality.params import MeasuresParams
from stages.hybrid.ground.layout import BENCHMARKS, EMBEDDINGS, INDEXES, MEANS, SCORES
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

    data = read_tables(BENCHMARKS / benchmark)
    queries, passages = (read_array(EMBEDDINGS / model / benchmark / f"{side}.npy") for side in ("queries", "passages"))
    index = load_index(INDEXES / model / benchmark / "passages.faiss")
    cutoffs, depth = params.measures.cutoffs, params.measures.run_depth
    with whole_folder(SCORES / model / benchmark) as folder:
        ids = data.passages["passage_id"].to_numpy(dtype=str)
        rows, scores = search_passages(index, queries, k=depth, passage_ids=ids)
        ranking = rank_passages(data, dense_scores(data, queries=queries, passages=passages), depth=depth)
        ranking = ranking._replace(rows=rows, scores=scores)  # the run is from the index, which may be approximate
        measured = write_scores(folder, ranking, data=data, cutoffs=cutoffs, name=model)
        write_check(folder / "run.csv", ranking, data=data, measured=measured)
        write_qrels(folder / "qrels.trec", data)
        click.echo(f"{model}: {len(data.queries)} queries, {len(data.passages)} passages in the pool")
        for kind in (kind for kind in ADJUSTMENTS if kind in params.baselines.names):
            adjusted = adjust(kind, data, (queries, passages), params.baselines, means=MEANS / model)
            ranking = rank_passages(data, dense_scores(data, queries=adjusted[0], passages=adjusted[1]), depth=depth)
            write_scores(folder / kind, ranking, data=data, cutoffs=cutoffs, name=adjusted_name(model, kind))
            click.echo(f"{adjusted_name(model, kind)}: ranked and measured")


if __name__ == "__main__":
    main()
