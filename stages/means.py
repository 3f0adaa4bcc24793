"""Each language's mean embedding over some training texts, by a model: data/pairs -> data/means/MODEL."""

from pathlib import Path

import click

from stages.hybrid.ground.costs import measured
from stages.hybrid.ground.errors import one_line_errors


@click.command(help=__doc__)
@click.argument("model")
@one_line_errors
@measured
def main(model: str) -> None:
    import pandas as pd

    from stages.hybrid.encoding.corpus import EncoderSettings, resumable_encoder
    from stages.hybrid.ground.files import read_table, whole_folder
    from stages.hybrid.ground.params import read_settings, read_value
    from stages.hybrid.retrieval.baselines import BaselinesSettings
    from stages.hybrid.retrieval.offsets import language_means, spread_rows, write_means

    baselines = read_settings("baselines", BaselinesSettings)
    settings = read_settings("encoder", EncoderSettings)
    tables = [read_table(Path("data/pairs", f"{name}.parquet")) for name in read_value("datasets", list[str])]
    pairs = pd.concat([table[~table["held_out"]] for table in tables], ignore_index=True)
    pairs = pairs.iloc[spread_rows(pairs["lang"].to_numpy(dtype=str), baselines.training_texts)]
    with whole_folder(Path("data/means", model)) as folder:
        if "centred_training" not in baselines.names:
            click.echo("no means: baselines.names does not hold centred_training")
            return
        with resumable_encoder(Path("models", model), settings) as encode:
            for side, prompt in (("queries", "query"), ("passages", "passage")):
                found = encode(pairs[prompt].tolist(), prompt=prompt)
                write_means(folder, side, language_means(found, pairs["lang"].to_numpy(dtype=str)))
                click.echo(f"{model}: means of {len(pairs)} {side} in {pairs['lang'].nunique()} languages")


if __name__ == "__main__":
    main()
