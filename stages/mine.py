"""Mine hard negatives for the training queries with the base encoder; a run that was stopped resumes where it was."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.hybrid.ground.costs import measured
from stages.hybrid.ground.errors import one_line_errors

if TYPE_CHECKING:
    import pandas as pd

    from stages.hybrid.encoding.corpus import EncoderSettings
    from stages.hybrid.retrieval.negatives import NegativesSettings

BASE = Path("models/base")
PAIRS = Path("data/pairs")
OUT = Path("data/negatives")


@click.command(help=__doc__)
@one_line_errors
@measured
def main() -> None:
    from stages.hybrid.encoding.corpus import EncoderSettings
    from stages.hybrid.ground.files import read_table, write_table
    from stages.hybrid.ground.params import read_settings, read_value
    from stages.hybrid.retrieval.negatives import NegativesSettings, no_negatives

    settings = read_settings("negatives", NegativesSettings)
    encoder_settings = read_settings("encoder", EncoderSettings)
    for name in read_value("datasets", list[str]):
        found = no_negatives()
        if settings.per_query:
            table = read_table(PAIRS / f"{name}.parquet")
            found = mine(table[~table["held_out"]].reset_index(drop=True), settings, encoder_settings)
        write_table(OUT / f"{name}.parquet", found)
        click.echo(f"{OUT / name}.parquet: {len(found)} hard negatives")


def mine(pairs: "pd.DataFrame", settings: "NegativesSettings", encoder_settings: "EncoderSettings") -> "pd.DataFrame":
    """Return the hard negatives of ``pairs``, by embeddings of the base encoder."""
    import numpy as np

    from stages.hybrid.encoding.corpus import resumable_encoder
    from stages.hybrid.retrieval.negatives import mine_negatives

    with resumable_encoder(BASE, encoder_settings) as encode:
        sides = {side: encode(pairs[side].tolist(), prompt=side).astype(np.float32) for side in ("query", "passage")}
        return mine_negatives(pairs, sides["query"], sides["passage"], settings)


if __name__ == "__main__":
    main()
