"""Mine hard negatives with the base encoder: data/pairs -> data/negatives. A stopped run resumes."""

import click

from stages.hybrid.encoding.params import EncoderParams
from stages.hybrid.ground.layout import BASE, NEGATIVES, PAIRS
from stages.hybrid.ground.params import Names, Params
from stages.hybrid.ground.stage import stage
from stages.hybrid.retrieval.params import NegativesParams


class Reads(Params):
    """What this stage reads of params.yaml."""

    datasets: Names
    encoder: EncoderParams
    negatives: NegativesParams


@stage
def main(params: Reads) -> None:
    import numpy as np

    from stages.hybrid.encoding.corpus import resumable_encoder
    from stages.hybrid.ground.files import write_table
    from stages.hybrid.records import read_training_pairs
    from stages.hybrid.retrieval.negatives import mine_negatives, no_negatives

    for name in params.datasets:
        found, target = no_negatives(), NEGATIVES / f"{name}.parquet"
        if params.negatives.per_query:
            pairs = read_training_pairs(PAIRS, [name])
            with resumable_encoder(BASE, params.encoder) as encode:
                queries, passages = (
                    encode(pairs[side].tolist(), prompt=side).astype(np.float32) for side in ("query", "passage")
                )
                found = mine_negatives(pairs, params.negatives, queries=queries, passages=passages)
        write_table(target, found)
        click.echo(f"{target}: {len(found)} hard negatives")


if __name__ == "__main__":
    main()
