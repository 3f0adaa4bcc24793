"""Fetching the raw files of a collection, or of the user's own data, with SOURCE.json beside them."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from stages.hybrid.corpora.catalogue import find_collections
from stages.hybrid.corpora.collection import Collection, TrainingSet
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_json, write_json
from stages.hybrid.ground.layout import SOURCE_FILE
from stages.hybrid.sources.home import Home
from stages.hybrid.sources.own_files import OwnFiles
from stages.hybrid.sources.params import FetchParams

NAME = re.compile(r"\w+")


def check_names(key: str, names: Iterable[str], *, known: Iterable[str], folders: Iterable[str]) -> None:
    """Check that each of ``names`` can name a folder, and is known or has a folder of the user's.

    Args:
        key: The parameter that lists the names.
        names: What it lists.
        known: Names of the public collections that may stand there.
        folders: Names in fetch.folders.

    Raises:
        UserError: A name has other characters, or is neither known nor in ``folders``.
    """
    known = list(known)
    for name in names:
        if not NAME.fullmatch(name):
            raise UserError(f"{key}: found {name!r}, expected letters, digits and underscores; rename it")
        if name not in known and name not in folders:
            raise UserError(
                f"{key}: found {name!r}, expected one of {', '.join(known)}; for data of your own, name its folder "
                f"or file in fetch.folders.{name}"
            )


def fetch_raw(name: str, folder: Path, languages: list[str], params: FetchParams) -> None:
    """Write the raw files of the collection ``name``, or of the user's own data, to ``folder``.

    SOURCE.json beside them has their origin, licence and description, the benchmarks that a training set is in-domain
    for, and the source and sha256 of every file.

    Args:
        name: A public collection, or a name in fetch.folders.
        folder: data/raw/NAME.
        languages: Codes of ISO 639-1; an empty list means all.
        params: Where files come from, if not from their public homes.

    Raises:
        UserError: The files cannot be had, or the collection has none of ``languages``. The message names a way out.
    """
    known = find_collections().get(name)
    home = _home_of(name, known, params)
    if not isinstance(home, OwnFiles) and _holds_own_files(folder):
        shutil.rmtree(folder)  # a reader would take them for files of the collection
    files = home.fetch(folder, languages, params.mirror_folder)
    words = {
        "name": name,
        "origin": home.origin(params.mirror_folder),
        "licence": known.licence if known else "its owner's",
        "description": known.description if known else "The user's own data.",
        "in_domain_for": list(known.in_domain_for) if isinstance(known, TrainingSet) else [],
        "files": files,
    }
    write_json(folder / SOURCE_FILE, words)


def _home_of(name: str, known: Collection | None, params: FetchParams) -> Home:
    if name in params.folders:
        return OwnFiles(Path(params.folders[name]).expanduser())
    if known is None:
        raise UserError(f"{name}: is not a public collection; name your own folder or file in fetch.folders.{name}")
    return known.home


def _holds_own_files(folder: Path) -> bool:
    path = folder / SOURCE_FILE
    return path.exists() and read_json(path, keys=("origin",))["origin"] == OwnFiles(folder).origin(None)
