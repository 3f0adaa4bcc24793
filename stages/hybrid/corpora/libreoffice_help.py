"""LibreOffice's help in many languages (MPL-2.0), from the packages ``libreoffice-help-LANG``: training pairs.

A pair is a heading and the text under it, up to the next heading. This is title-to-passage retrieval about desktop
software, not question answering. Headings and paragraphs have an id that is the same in every language of one release.
The group is page and id. English decides what is kept of a page. Of another language, the blocks that are translated
are kept.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from stages.hybrid.corpora.collection import TrainingSet
from stages.hybrid.corpora.formats.help_blocks import (
    Section,
    drop_repeated,
    is_long_enough,
    is_translated,
    translated_passage,
)
from stages.hybrid.corpora.formats.libreoffice_pages import read_page
from stages.hybrid.ground.errors import UserError
from stages.hybrid.languages import choose_languages, comparison_key
from stages.hybrid.records import Pair
from stages.hybrid.sources.archives import find_archive, read_pages
from stages.hybrid.sources.packages import DebianPackages

NAME = "libreoffice_help"

# Language to locale: the name of the folder in a package and, in lower case, the end of the package's name.
CODES = "ca cs da de dz el es et eu fi fr gl hi hu id it ja km ko nl om pl pt pt-BR ru sl sv tr vi zh-TW"
LOCALES = {"en": "en-US", "zh": "zh-CN"} | {code: code for code in CODES.split()}

# Headings that say nothing about the text under them, as comparison keys.
GENERIC = """
    arguments codeexample codesnippet description errorcodes example examples inbasic inpython moreinformation note
    notes parameter parameters parametersandreturnvalue relatedtopics remarks returntype returnvalue returnvalues
    seealso syntax technicalinformation tip tips usage warning
"""
GENERIC_KEYS = frozenset(GENERIC.split())
MANY_PAGES = 2  # a heading on so many pages gets its parent heading in front
MENU_PAGES = re.compile(r"/00/(000004\d+|\w+_menu)$")  # lists of menu paths, which other pages include

Outline = dict[tuple[str, str], Section]  # English sections by page and heading


def is_page(path: str) -> bool:
    """Return whether the file at a path in a package is a help page."""
    return path.endswith(".html") and "/text/" in path


def read_pairs(folder: Path, languages: Sequence[str], *, workers: int | None = None) -> list[Pair]:
    """Return the pairs of ``languages``, sorted by language and group.

    Args:
        folder: data/raw/libreoffice_help, as `find_pages` takes it.
        languages: Codes of ISO 639-1; an empty list means all. Those without help pages are left out. English is always
            read, because the others are compared with it.
        workers: Number of processes; None for one per core.

    Raises:
        UserError: A language's pages are missing, or LibreOffice has help in none of ``languages``.
    """
    wanted = sorted(choose_languages(LOCALES, languages, source=NAME))
    sources = {lang: find_pages(folder, lang) for lang in [*wanted, "en"]}
    english = read_english(sources["en"])
    jobs = [(lang, sources[lang], english) for lang in wanted]
    processes = min(workers or os.cpu_count() or 1, len(jobs))
    if processes <= 1:
        return [pair for job in jobs for pair in _read_language(*job)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return [pair for pairs in pool.map(_read_language, *zip(*jobs, strict=True)) for pair in pairs]


def find_pages(folder: Path, lang: str) -> Path:
    """Return the archive ``de.zip`` of a language, its folder ``de``, or an archive of such folders.

    Raises:
        UserError: ``folder`` has none of these.
    """
    locale = LOCALES[lang]
    for path in (folder / f"{lang}.zip", folder / locale):
        if path.exists():
            return path
    archive = find_archive(folder)
    if archive is None or archive.stem in LOCALES:
        raise UserError(
            f"{folder}: has neither {lang}.zip nor a folder {locale}, expected LibreOffice's help in {lang!r}; run the "
            "stage fetch, or `dvc repro`"
        )
    return archive


def read_english(source: Path) -> Outline:
    """Return the English sections that make good pairs, each with the blocks worth keeping.

    ``parent`` stays only if the heading is on several pages, because the query then needs it in front.
    """
    useful = [section for section in _read_sections(source, "en", bare=False) if _is_useful(section)]
    pages = defaultdict(set)
    for section in useful:
        pages[comparison_key(section.heading)].add(section.page)
    sections = [s if len(pages[comparison_key(s.heading)]) >= MANY_PAGES else s._replace(parent="") for s in useful]
    kept = {pair.group_id for pair in drop_repeated(_english_pair(section) for section in sections)}
    return {(section.page, section.key): section for section in sections if _group_id(section) in kept}


def _is_useful(section: Section) -> bool:
    key = comparison_key(section.heading)
    named = len(key) > 1 and key not in GENERIC_KEYS and not MENU_PAGES.search(section.page)
    return named and is_long_enough(" ".join(section.blocks.values()), "en")


def _read_language(lang: str, source: Path, english: Outline) -> list[Pair]:
    """Return the pairs of one language, sorted by group."""
    if lang == "en":
        return sorted(map(_english_pair, english.values()))
    return sorted(drop_repeated(_translated_pairs(lang, _read_sections(source, lang, bare=True), english)))


def _english_pair(section: Section) -> Pair:
    return _pair("en", section, " ".join(section.blocks.values()))


def _translated_pairs(lang: str, sections: Iterable[Section], english: Outline) -> Iterator[Pair]:
    """Yield the pairs whose heading is translated, with the parent in front of it, and most of whose passage is."""
    for section in sections:
        original = english.get((section.page, section.key))
        if original is None or not is_translated(section.heading, original.heading):
            continue
        if original.parent and not is_translated(section.parent, original.parent):
            continue
        passage = translated_passage(section.blocks, original.blocks)
        if is_long_enough(passage, lang):
            yield _pair(lang, section if original.parent else section._replace(parent=""), passage)


def _pair(lang: str, section: Section, passage: str) -> Pair:
    query = f"{section.parent}: {section.heading}" if section.parent else section.heading
    return Pair(_group_id(section), f"lo/{section.page}", lang, query, passage)


def _group_id(section: Section) -> str:
    return f"lo/{section.page}#{section.key}"


def _read_sections(source: Path, lang: str, *, bare: bool) -> Iterator[Section]:
    """Yield the sections of every page; ``bare`` says whether blocks stay that are only menu paths or links.

    Raises:
        UserError: ``source`` has no page in this language.
    """
    page_path = re.compile(rf"^(?:(?:.*/)?{re.escape(LOCALES[lang])}/)?text/(?P<page>.+)\.html$")
    pages = 0
    for path, content in read_pages(source, lambda path: page_path.match(path) is not None):
        pages += 1
        page = page_path.sub(r"\g<page>", path)
        for key, heading, parent, paragraphs in read_page(content):
            blocks = {
                place: block.text for place, block in paragraphs.items() if block.text and (bare or not block.is_bare)
            }
            yield Section(page, key, heading, parent, blocks)
    if not pages:
        raise UserError(
            f"{source}: has no page {LOCALES[lang]}/text/*.html, expected LibreOffice's help in {lang!r}; delete it "
            "and run the stage fetch"
        )


def _package(lang: str) -> str:
    return f"libreoffice-help-{LOCALES[lang].lower()}"


COLLECTION = TrainingSet(
    name=NAME,
    description="LibreOffice's help: a query is the title of a section, the passage is the text under it, translated "
    f"by hand, in {len(LOCALES)} languages. This is title-to-passage retrieval about desktop software, not question "
    "answering.",
    languages=tuple(sorted(LOCALES)),
    licence="MPL-2.0",
    source="[LibreOffice](https://help.libreoffice.org), in Debian's packages "
    "[libreoffice-help-LANG](https://packages.debian.org/source/libreoffice)",
    home=DebianPackages(
        is_page,
        packages={"en.zip": _package("en")},  # with which the others are compared
        by_language={lang: _package(lang) for lang in sorted(LOCALES)},
    ),
    checked="all files of version 7.4.7",
    read=read_pairs,
    in_domain_for=("gnome",),
)
