"""The built-in collections: each has a reader, a home and a licence."""

import re

from stages.hybrid.corpora import gnome_help, homes, libreoffice_help, libreoffice_messages
from stages.hybrid.corpora.catalogue import BENCHMARKS, DATASETS
from stages.hybrid.report.licences import LICENCES

PACKAGED = {libreoffice_help.NAME, libreoffice_messages.NAME, gnome_help.NAME}
COMMIT = re.compile(r"[0-9a-f]{40}")


def test_every_collection_has_one_reader_one_home_and_a_licence() -> None:
    known = sorted([*DATASETS, *BENCHMARKS])
    assert sorted([*PACKAGED, *homes.HUB, *homes.BY_LANGUAGE, *homes.WHOLE]) == known == sorted(LICENCES)
    assert len(set(known)) == len(known)


def test_every_public_file_is_pinned_by_a_checksum_and_a_mirror_holds_each_at_a_place_of_its_own() -> None:
    files = {file for name, files_of in homes.WHOLE.items() for file in files_of(name)}
    files |= {file for files_of in homes.BY_LANGUAGE.values() for file in files_of([])}
    assert all(re.fullmatch(r"[0-9a-f]{64}", file.sha256) and file.url.startswith("https://") for file in files)
    assert len({file.mirror_path for file in files}) == len({file.url for file in files}) == len(files)


def test_every_repository_of_the_hub_is_pinned_by_a_whole_commit() -> None:
    assert all(COMMIT.fullmatch(part.revision) for parts_of in homes.HUB.values() for part in parts_of([]))
