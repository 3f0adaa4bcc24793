"""Encode a benchmark with a model, each distinct text once; a run that was stopped resumes where it was."""

from pathlib import Path

import click

from stages.hybrid.ground.costs import measured
from stages.hybrid.ground.errors import one_line_errors

OUT = Path("data/embeddings")


@click.command(help=__doc__)
@click.argument("model")
@click.argument("benchmark")
@one_line_errors
@measured
def main(model: str, benchmark: str) -> None:
    from stages.hybrid.encoding.corpus import EncoderSettings, resumable_encoder
    from stages.hybrid.ground.files import read_table, write_array
    from stages.hybrid.ground.params import read_settings

    settings = read_settings("encoder", EncoderSettings)
    with resumable_encoder(Path("models", model), settings) as encode:
        for side, prompt in (("queries", "query"), ("passages", "passage")):
            texts = read_table(Path("data/benchmarks", benchmark, f"{side}.parquet"))["text"].tolist()
            write_array(OUT / model / benchmark / f"{side}.npy", encode(texts, prompt=prompt))
            click.echo(f"{OUT / model / benchmark / side}.npy: {len(texts)} texts of {len(set(texts))} wordings")


if __name__ == "__main__":
    main()
