"""Encode a benchmark with a model: data/benchmarks -> data/embeddings. A stopped run resumes.

Each distinct text is encoded once.
"""

import click

from stages.hybrid.encoding.params import EncoderParams
from stages.hybrid.ground.layout import BENCHMARKS, MODELS, SIDES, embeddings_file
from stages.hybrid.ground.params import Params
from stages.hybrid.ground.stage import stage


class Reads(Params):
    """What this stage reads of params.yaml."""

    encoder: EncoderParams


@stage
def main(params: Reads, model: str, benchmark: str) -> None:
    from stages.hybrid.encoding.corpus import resumable_encoder
    from stages.hybrid.ground.files import read_table, write_array

    with resumable_encoder(MODELS / model, params.encoder) as encode:
        for side, prompt in SIDES.items():
            texts = read_table(BENCHMARKS / benchmark / f"{side}.parquet")["text"].tolist()
            file = embeddings_file(model, benchmark, side)
            write_array(file, encode(texts, prompt=prompt))
            click.echo(f"{file}: {len(texts)} texts, of which {len(set(texts))} are distinct")


if __name__ == "__main__":
    main()
