"""Put the base encoder into models/base, as a sentence-transformers folder with safetensors weights."""

import click

from stages.hybrid.base.params import BaseParams
from stages.hybrid.ground.layout import BASE
from stages.hybrid.ground.params import Params
from stages.hybrid.ground.stage import stage


class Reads(Params):
    """What this stage reads of params.yaml."""

    base: BaseParams


@stage
def main(params: Reads) -> None:
    from stages.hybrid.base.encoder import save_base_encoder
    from stages.hybrid.ground.files import whole_folder

    with whole_folder(BASE) as partial:
        save_base_encoder(params.base, partial)
    click.echo(f"{BASE}: {params.base.name} from {params.base.source}")


if __name__ == "__main__":
    main()
