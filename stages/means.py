"""Average a model's embeddings of training texts, for each language: data/pairs -> data/means."""

import click

from stages.hybrid.encoding.params import EncoderParams
from stages.hybrid.ground.layout import MEANS, MODELS, PAIRS, SIDES
from stages.hybrid.ground.params import Names, Params
from stages.hybrid.ground.stage import stage
from stages.hybrid.retrieval.params import BaselinesParams


class Reads(Params):
    """What this stage reads of params.yaml."""

    datasets: Names
    encoder: EncoderParams
    baselines: BaselinesParams


@stage
def main(params: Reads, model: str) -> None:
    from stages.hybrid.encoding.corpus import resumable_encoder
    from stages.hybrid.ground.files import whole_folder
    from stages.hybrid.records import read_training_pairs
    from stages.hybrid.retrieval.dense.centring import language_means, spread_rows, write_means

    with whole_folder(MEANS / model) as folder:
        if "centred_training" not in params.baselines.names:
            click.echo("no means, because baselines.names does not have centred_training")
            return
        pairs = read_training_pairs(PAIRS, params.datasets)
        pairs = pairs.iloc[spread_rows(pairs["lang"].to_numpy(dtype=str), params.baselines.training_texts)]
        langs = pairs["lang"].to_numpy(dtype=str)
        with resumable_encoder(MODELS / model, params.encoder) as encode:
            for side, prompt in SIDES.items():
                write_means(folder, side, language_means(encode(pairs[prompt].tolist(), prompt=prompt), langs))
                click.echo(f"{model}: means of {len(pairs)} {side} in {len(set(langs))} languages")


if __name__ == "__main__":
    main()
