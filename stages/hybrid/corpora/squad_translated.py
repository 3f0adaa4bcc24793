"""SQuAD's training questions with their paragraphs, in English and machine-translated; the question's id is the group.

There are two translations. ``mlqa_train`` is MLQA's (ar de es hi vi zh), ``xtreme_train`` is XTREME's (ar de el es hi
ru th tr vi zh). No translation of SQuAD's development set is read, because XQuAD-R is made from that set.

Source: P. Lewis et al., "MLQA" (arXiv 1910.07475), J. Hu et al., "XTREME" (arXiv 2003.11080), and SQuAD, CC BY-SA 4.0.
The checksums are those that `datasets` and TensorFlow Datasets recorded.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from stages.hybrid.corpora.collection import SMALL_FILES, TrainingSet
from stages.hybrid.corpora.formats.squad import read_squad
from stages.hybrid.corpora.formats.text_rows import check_lang
from stages.hybrid.languages import choose_languages
from stages.hybrid.records import Pair
from stages.hybrid.sources.archives import find_archive, read_pages
from stages.hybrid.sources.public_files import PublicFiles, RemoteFile

ENGLISH = RemoteFile(
    path="en.json",
    url="https://rajpurkar.github.io/SQuAD-explorer/dataset/train-v1.1.json",
    sha256="3527663986b8295af4f7fcdff1ba1ff3f72d07d61a20f487cb238a6ef92fd955",
    mirror_path="squad/train-v1.1.json",
)
MLQA_ARCHIVE = RemoteFile(
    path="mlqa-translate-train.tar.gz",
    url="https://dl.fbaipublicfiles.com/MLQA/mlqa-translate-train.tar.gz",
    sha256="e510277b0bc3c0639f53839aba8591aebfe803b8b84c5c2ef0513768b86b7cf9",
    mirror_path="mlqa/mlqa-translate-train.tar.gz",
)
XTREME_HOME = "https://storage.googleapis.com/xtreme_translations/SQuAD/translate-train"
XTREME_SHA256 = {
    "ar": "d2d01110aa646b547eec88b14b3930dc027c9d149c4962376a1551e251ec3f9b",
    "de": "3c125cb2a31e8ad167c4590ece8fdfd16018a5bbf9475dbfac034c1816a4ab02",
    "el": "9d648f92883a88b27bb0d9ab502a0512bf5ffe7f8ce00bc205b19d66029dab04",
    "es": "cb8f68b8e4cff696209a5ec249a5dc9e2a75a5c7f9dbbfa8a8be1dcf1f91c81a",
    "hi": "fdfd8c59359943c6a55022403e7dfa047e7ee1dea734086a3c73c1adbb44d254",
    "ru": "075818cce7ca8d6efe2c783b125d91bd79add93ddfe8c2b0f45fb610d7552f48",
    "th": "3ae03fd7a9d51a6f45e74a70b8d6168eb365114fcf5de21f34f212197e085eab",
    "tr": "7c618d3f5e0c19d878686a9874b15a10d6f842ae9451e12d8d7d51531bfe79e6",
    "vi": "ad6d3ba17b8e672e7066708ce5795f0f933f3ce18b7442ee11d6e3072f44f60b",
    "zh": "411e4023e4f3627ccb4873edfb77b36e97470b4226a076e6a632544c92353d24",
}
# A language's file: LANG.json, or its name in MLQA's archive.
LANGUAGE_FILE = re.compile(r"(?:^|/)(\w\w)(?:_squad-translate-train-train-v1\.1)?\.json$")


def read_pairs(folder: Path, languages: list[str]) -> list[Pair]:
    """Return the questions in the files ``LANG.json`` and the archive of ``folder``, in ``languages`` (all if empty).

    A group's page is its paragraph. If English is read, the English paragraph counts, because translations lack some
    questions and paragraphs.

    Raises:
        UserError: There is no file in ``languages``, or a file is not in SQuAD's format or not named by a language.
    """
    contents = dict(_read_files(folder))
    chosen = choose_languages(sorted(contents, key=lambda lang: (lang != "en", lang)), languages, source=str(folder))
    pages: dict[str, str] = {}  # by question
    pairs: dict[tuple[str, str], Pair] = {}
    for lang in chosen:
        for asked in read_squad(contents[lang], f"{folder}: the file in {lang!r}"):
            page = pages.setdefault(asked.question_id, f"{lang}:{asked.place}")
            if asked.question and asked.paragraph:
                pair = Pair(asked.question_id, page, lang, asked.question, asked.paragraph)
                pairs.setdefault((asked.question_id, lang), pair)
    return list(pairs.values())


def _read_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the language and the content of each file in SQuAD's format, in the folder and in its archive.

    Raises:
        UserError: A file is not named by a language.
    """
    archive = find_archive(folder)
    for source in [folder, *([archive] if archive else [])]:
        for path, content in read_pages(source, lambda path: LANGUAGE_FILE.search(path) is not None):
            match = LANGUAGE_FILE.search(path)
            if match:
                yield check_lang(match[1], f"{source}: {path}", advice="rename the file"), content


def _xtreme_file(lang: str) -> RemoteFile:
    name = f"squad.translate.train.en-{lang}.json"
    return RemoteFile(f"{lang}.json", f"{XTREME_HOME}/{name}", XTREME_SHA256[lang], mirror_path=f"xtreme/{name}")


DESCRIPTION = (
    "SQuAD's training split: a query is a question, the passage is the paragraph of Wikipedia that it was asked about. "
    "The English texts were machine-translated for {} into {} languages."
)
SQUAD = "[SQuAD](https://rajpurkar.github.io/SQuAD-explorer/)"
IN_DOMAIN_FOR = ("xquad_r",)  # its questions are translations of SQuAD's development set
COLLECTIONS = (
    TrainingSet(
        name="mlqa_train",
        description=DESCRIPTION.format("MLQA", 6),
        languages=("en", "ar", "de", "es", "hi", "vi", "zh"),
        licence="CC-BY-SA-4.0",
        source=f"[MLQA](https://github.com/facebookresearch/MLQA), from {SQUAD}",
        home=PublicFiles((MLQA_ARCHIVE, ENGLISH)),
        checked=SMALL_FILES,
        read=read_pairs,
        in_domain_for=IN_DOMAIN_FOR,
    ),
    TrainingSet(
        name="xtreme_train",
        description=DESCRIPTION.format("XTREME", len(XTREME_SHA256)),
        languages=("en", *XTREME_SHA256),
        licence="CC-BY-SA-4.0",
        source=f"[XTREME](https://github.com/google-research/xtreme), from {SQUAD}",
        home=PublicFiles(by_language={"en": ENGLISH} | {lang: _xtreme_file(lang) for lang in XTREME_SHA256}),
        checked=SMALL_FILES,
        read=read_pairs,
        in_domain_for=IN_DOMAIN_FOR,
    ),
)
