"""Fetch the raw files of the data sets and benchmarks that params.yaml names, into data/raw/NAME/.

Help pages come from Debian packages, which apt-get downloads as files (no root, nothing installed); the others from
their public homes, the Hugging Face hub among them, or from fetch.mirror; a name in fetch.folders from that folder,
archive or file. What is there and right stays.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.hybrid.ground.costs import measured
from stages.hybrid.ground.errors import UserError, one_line_errors

if TYPE_CHECKING:
    from stages.hybrid.sources.downloads import FetchSettings

RAW = Path("data/raw")
NAME = re.compile(r"\w+")


@click.command(help=__doc__)
@one_line_errors
@measured
def main() -> None:
    from stages.hybrid.ground.params import read_settings, read_value
    from stages.hybrid.sources.downloads import FetchSettings

    settings = read_settings("fetch", FetchSettings)
    training, evaluation = read_value("languages", list[str]), read_value("evaluation_languages", list[str])
    validation = [name for name in [read_value("validation_set", str)] if name]
    wanted = dict.fromkeys([*read_value("benchmarks", list[str]), *validation], evaluation)
    wanted |= dict.fromkeys(read_value("datasets", list[str]), training)
    check_names(wanted, settings.folders)
    with click.progressbar(wanted, label="fetch", item_show_func=lambda name: name or "") as progress:
        for name in progress:
            fetch_source(name, RAW / name, wanted[name], settings)


def check_names(names: Iterable[str], folders: Iterable[str]) -> None:
    """Check that every name can name a folder, and is built in or has a folder of the user's.

    Raises:
        UserError: one does not.
    """
    from stages.hybrid.corpora.catalogue import BENCHMARKS, DATASETS

    built_in = [*DATASETS, *BENCHMARKS]
    for name in names:
        if not NAME.fullmatch(name):
            raise UserError(f"{name!r} cannot name a folder under {RAW}; use letters, digits and underscores")
        if name not in built_in and name not in folders:
            raise UserError(
                f"{name!r} is none of the built-in {', '.join(built_in)}; give its folder or file as "
                f"fetch.folders.{name}"
            )


def fetch_source(name: str, folder: Path, languages: list[str], settings: "FetchSettings") -> None:
    """Write the raw files of one data set or benchmark to ``folder``, with their origin and checksums in SOURCE.json.

    Raises:
        UserError: they cannot be had; the message names a way out.
    """
    from stages.hybrid.corpora import gnome_help, homes, libreoffice_help, libreoffice_messages
    from stages.hybrid.sources.downloads import copy_own, fetch_files
    from stages.hybrid.sources.hub_files import fetch_hub_files
    from stages.hybrid.sources.packages import fetch_archives

    mirror = settings.mirror_folder
    if name in settings.folders:
        copy_own(Path(settings.folders[name]).expanduser(), folder)
    elif name == libreoffice_help.NAME:
        fetch_archives(libreoffice_help.packages_for(languages), folder, libreoffice_help.is_page)
    elif name == libreoffice_messages.NAME:
        fetch_archives(libreoffice_messages.packages_for(languages), folder, libreoffice_messages.is_page)
    elif name == gnome_help.NAME:
        fetch_archives(gnome_help.PACKAGES, folder, gnome_help.is_page)
    elif name in homes.HUB:
        fetch_hub_files(homes.HUB[name](languages), folder, mirror=mirror / name if mirror else None)
    elif name in homes.BY_LANGUAGE:
        fetch_files(homes.BY_LANGUAGE[name](languages), folder, mirror=mirror)
    else:
        fetch_files(homes.WHOLE[name](name), folder, mirror=mirror)


if __name__ == "__main__":
    main()
