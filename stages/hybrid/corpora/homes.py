"""Where the files of each public collection are, by its name; help pages come from the system's packages instead."""

from collections.abc import Callable

from stages.hybrid.corpora import dream, lareqa, miracl, mmarco, mr_tydi, squad_translated, squadshifts
from stages.hybrid.sources.downloads import RemoteFile
from stages.hybrid.sources.hub_files import HubFiles

HUB: dict[str, Callable[[list[str]], list[HubFiles]]] = {  # by languages, an empty list for all
    miracl.NAME: miracl.hub_files,
    mmarco.NAME: mmarco.hub_files,
    mr_tydi.NAME: mr_tydi.hub_files,
}
BY_LANGUAGE: dict[str, Callable[[list[str]], list[RemoteFile]]] = {
    squad_translated.MLQA: squad_translated.mlqa_files,
    squad_translated.XTREME: squad_translated.xtreme_files,
}
WHOLE: dict[str, Callable[[str], list[RemoteFile]]] = {  # by the collection's name
    **dict.fromkeys(lareqa.COMMITS, lareqa.files),
    **dict.fromkeys(dream.SPLITS, dream.files),
    **dict.fromkeys(squadshifts.NAMES, squadshifts.files),
}
