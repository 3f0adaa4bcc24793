"""Lay the base encoder in models/base as a sentence-transformers folder with safetensors weights."""

from pathlib import Path

import click

from stages.hybrid.ground.costs import measured
from stages.hybrid.ground.errors import one_line_errors

OUT = Path("models/base")


@click.command(help=__doc__)
@one_line_errors
@measured
def main() -> None:
    from stages.hybrid.base.encoder import BaseSettings, save_base_encoder
    from stages.hybrid.ground.files import whole_folder
    from stages.hybrid.ground.params import read_settings

    settings = read_settings("base", BaseSettings)
    with whole_folder(OUT) as partial:
        save_base_encoder(settings, partial)
    click.echo(f"{OUT}: {settings.name} from {settings.source}")


if __name__ == "__main__":
    main()
