"""The public collections: each says all that the project needs to know of it, and is found by itself."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stages.hybrid import corpora
from stages.hybrid.corpora.catalogue import (
    find_benchmarks,
    find_collections,
    find_training_sets,
    read_benchmark,
    read_pairs,
)
from stages.hybrid.corpora.collection import Collection
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark, Pair
from stages.hybrid.sources.hub_files import HubFiles
from stages.hybrid.sources.public_files import PublicFiles

COLLECTIONS = find_collections()
ONE_PAIR = """
from stages.hybrid.corpora.collection import TrainingSet
from stages.hybrid.records import Pair
from stages.hybrid.sources.public_files import PublicFiles

COLLECTION = TrainingSet(
    name="{name}",
    description="A query is a word.",
    languages=("eo",),
    licence="CC0-1.0",
    source="[nobody](https://example.org)",
    home=PublicFiles(),
    checked="all files",
    read=lambda folder, languages: [Pair("g", "p", "eo", "kio", "tio")],
)
"""


def test_every_collection_is_a_training_set_or_a_benchmark() -> None:
    training, benchmarks = find_training_sets(), find_benchmarks()
    assert {"libreoffice_help", "mmarco", "mlqa_train", "xtreme_train"} <= set(training)
    assert {"gnome", "xquad_r", "mlqa_r", "afriqa", "dream_dev", "squadshifts_nyt"} <= set(benchmarks)
    assert {**training, **benchmarks} == COLLECTIONS and not set(training) & set(benchmarks)


def test_a_training_set_is_in_domain_for_benchmarks_only() -> None:
    found = {name: known.in_domain_for for name, known in find_training_sets().items() if known.in_domain_for}
    squad = ("xquad_r",)
    assert found == {"libreoffice_help": ("gnome",), "mlqa_train": squad, "xtreme_train": squad}
    assert {name for names in found.values() for name in names} <= set(find_benchmarks())


@pytest.mark.parametrize("collection", COLLECTIONS.values(), ids=COLLECTIONS)
def test_a_collection_says_all_that_a_reader_of_the_report_needs(collection: Collection) -> None:
    assert re.fullmatch(r"\w+", collection.name)
    assert "quer" in collection.description and "passage" in collection.description
    assert collection.description.endswith(".") and "|" not in collection.description
    assert re.search(r"\[.+\]\(https://.+\)", collection.source)
    assert len(set(collection.languages)) == len(collection.languages) > 0
    assert collection.licence and collection.checked


@pytest.mark.parametrize("collection", COLLECTIONS.values(), ids=COLLECTIONS)
def test_the_sentences_of_a_description_have_at_most_25_words(collection: Collection) -> None:
    sentences = re.split(r"(?<=\w\.) ", collection.description)
    assert [sentence for sentence in sentences if len(sentence.split()) > 25] == []


def test_every_public_file_is_pinned_by_a_checksum_and_has_a_place_of_its_own_in_a_mirror() -> None:
    homes = [collection.home for collection in COLLECTIONS.values() if isinstance(collection.home, PublicFiles)]
    files = {file for home in homes for file in [*home.files, *home.by_language.values()]}
    # SQuAD in English is in two collections, under one address
    assert all(re.fullmatch(r"[0-9a-f]{64}", file.sha256) and file.url.startswith("https://") for file in files)
    assert len({file.mirror_path for file in files}) == len({file.url for file in files}) == len(files)


def test_every_repository_of_the_hub_is_pinned_by_a_whole_commit() -> None:
    homes = [collection.home for collection in COLLECTIONS.values() if isinstance(collection.home, HubFiles)]
    repositories = [repository for home in homes for repository in home.repositories]
    assert repositories and all(re.fullmatch(r"[0-9a-f]{40}", repository.revision) for repository in repositories)


@pytest.fixture
def more_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose modules count as those of stages/hybrid/corpora."""
    monkeypatch.setattr(corpora, "__path__", [*corpora.__path__, str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_new_module_with_a_collection_is_found(more_modules: Path) -> None:
    (more_modules / "words.py").write_text(ONE_PAIR.format(name="words"))
    assert find_training_sets()["words"].licence == "CC0-1.0"
    assert "words" not in find_benchmarks()
    assert read_pairs("words", more_modules, []) == [Pair("g", "p", "eo", "kio", "tio")]


def test_two_collections_of_one_name_are_refused(more_modules: Path) -> None:
    (more_modules / "words.py").write_text(ONE_PAIR.format(name="gnome"))
    with pytest.raises(UserError, match=r"corpora\.words: registers the name 'gnome', which another collection has"):
        find_collections()


def test_any_other_name_is_read_as_the_user_s_own_files() -> None:
    toy = Path(__file__).parents[1] / "toy"
    assert isinstance(read_pairs("mine", toy / "pairs.jsonl", ["de"])[0], Pair)
    assert isinstance(read_benchmark("mine", toy / "benchmark", []), Benchmark)
