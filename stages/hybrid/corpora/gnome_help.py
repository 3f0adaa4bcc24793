"""GNOME's help in many languages (CC BY-SA 3.0), from the package ``gnome-user-docs``: a benchmark.

A query is the title of a page or of a section. In every language, its relevant passages are the text under it and, for
a page, its one-line description. This is title-to-passage retrieval about desktop software, not question answering. The
reader is written for the layouts of GNOME 43 and 48.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from stages.hybrid.corpora.collection import BenchmarkSet
from stages.hybrid.corpora.formats.help_blocks import is_long_enough, is_translated, translated_passage
from stages.hybrid.corpora.formats.mallard_pages import MallardSection, parse_page, read_page, read_titles
from stages.hybrid.corpora.formats.text_rows import check_lang
from stages.hybrid.ground.errors import UserError
from stages.hybrid.languages import comparison_key
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.sources.archives import find_archive, read_pages
from stages.hybrid.sources.packages import DebianPackages

# A page's language, its guide and its name, from its path. "C" is the English original.
PAGE = re.compile(r"(?:^|/)(?P<locale>[\w@]+)/(?P<guide>gnome-help|system-admin-guide)/(?P<name>[^/]+)\.page$")
LANGUAGES = (  # in which version 43.0 has a query
    "as ca cs da de el en es fa fi fr gl gu hi hr hu id it ja kn ko lt lv mr nl pa pl pt pt-BR ro ru sl sr sr-Latn sv "
    "ta te tr uk vi zh"
)
CODES = {"C": "en", "zh_CN": "zh", "zh_TW": "zh-TW", "pt_BR": "pt-BR", "sr@latin": "sr-Latn"}

Sections = dict[str, MallardSection]  # by question id: guide/page#position


class TitledPassage(NamedTuple):
    """A heading in one language with one passage under it."""

    question_id: str
    kind: str  # "intro" or "desc" of a page, "section"
    lang: str
    query: str
    passage: str


def is_page(path: str) -> bool:
    """Return whether the file at a path in the package is a help page."""
    return PAGE.search(path) is not None


def read_benchmark(folder: Path, languages: Iterable[str] = ()) -> Benchmark:
    """Return the benchmark in ``languages``, or in every language that has a query if empty.

    A query whose text is the heading of two places is left out, because it does not say which is meant. Its passages
    stay in the pool. Passages of one language with the same text are one passage, relevant to the queries of both.

    Args:
        folder: data/raw/gnome, with an archive of the pages or their folders.
        languages: Codes of ISO 639-1.

    Raises:
        UserError: There are no English pages, or none in one of ``languages``. Or a folder of pages is not named by a
            language.
    """
    pages = _read_languages(folder)
    wanted = list(dict.fromkeys(languages)) or sorted(pages)
    for lang in ["en", *wanted]:
        if lang not in pages:
            found = ", ".join(sorted(pages)) or "no language"
            raise UserError(
                f"{folder}: has pages in {found}, expected {lang!r} too; run the stage fetch, or change "
                "evaluation_languages in params.yaml"
            )
    return _benchmark([titled for lang in wanted for titled in _titled_passages(lang, pages[lang], pages["en"])])


def _read_languages(folder: Path) -> dict[str, Sections]:
    """Return the sections of every language; paths are sorted, so that a guide's pages are together.

    Raises:
        UserError: A folder of pages is not named by a language.
    """
    matches = ((PAGE.search(path), content) for path, content in read_pages(find_archive(folder) or folder, is_page))
    pages = ((match, content) for match, content in matches if match)
    languages: dict[str, Sections] = {}
    for (locale, guide), group in groupby(pages, key=lambda page: (page[0]["locale"], page[0]["guide"])):
        sections = languages.setdefault(_language_of(locale, folder), {})
        sections.update(_read_guide(guide, ((match["name"], content) for match, content in group)))
    return languages


def _language_of(locale: str, folder: Path) -> str:
    """Return the code of the language whose pages lie in a folder named ``locale``, such as pt_BR or sr@latin.

    Raises:
        UserError: The folder is not named by a language.
    """
    lang = CODES.get(locale, locale.replace("_", "-").replace("@", "-"))
    return check_lang(lang, f"{folder}: the folder {locale}", advice="rename the folder")


def _read_guide(guide: str, pages: Iterable[tuple[str, bytes]]) -> Sections:
    """Return the sections of one guide in one language."""
    roots = {name: root for name, root in ((name, parse_page(content)) for name, content in pages) if root is not None}
    titles = {goal: title for root in roots.values() for goal, title in read_titles(root).items()}
    return {
        f"{guide}/{name}#{section.key}": section for name, root in roots.items() for section in read_page(root, titles)
    }


def _titled_passages(lang: str, sections: Sections, english: Sections) -> Iterator[TitledPassage]:
    """Yield each translated heading with each translated passage under it."""
    for question_id, section in sections.items():
        original = english.get(question_id)
        if original is None or not (lang == "en" or is_translated(section.heading, original.heading)):
            continue
        for kind, blocks in original.passages.items():
            whole = " ".join(blocks.values())
            passage = whole if lang == "en" else translated_passage(section.passages.get(kind, {}), blocks)
            if is_long_enough(whole, "en") and is_long_enough(passage, lang):
                yield TitledPassage(question_id, kind, lang, section.heading, passage)


def _benchmark(titled_passages: list[TitledPassage]) -> Benchmark:
    """Return the tables of the headings and the passages under them."""
    queries = _queries(titled_passages)
    passages: dict[tuple[str, str], Passage] = {}  # by language and comparison key
    relevant: dict[str, set[str]] = defaultdict(set)  # passages by question
    for titled in sorted(titled_passages):
        passage = Passage(f"{titled.question_id}/{titled.kind}:{titled.lang}", titled.lang, titled.passage)
        kept = passages.setdefault((titled.lang, comparison_key(titled.passage)), passage)
        relevant[titled.question_id].add(kept.passage_id)
    qrels = [Qrel(query.query_id, passage_id, 1) for query in queries for passage_id in relevant[query.question_id]]
    return Benchmark.from_rows(queries, passages.values(), qrels)


def _queries(titled_passages: list[TitledPassage]) -> list[Query]:
    """Return the headings that occur once in their language, in no fixed order."""
    queries = {
        Query(f"{t.question_id}:{t.lang}", t.question_id, t.lang, t.query, t.question_id.partition("#")[0])
        for t in titled_passages
    }
    uses = Counter((query.lang, comparison_key(query.text)) for query in queries)
    return [query for query in queries if uses[query.lang, comparison_key(query.text)] == 1]


COLLECTION = BenchmarkSet(
    name="gnome",
    description="GNOME's help: a query is the title of a page or section, the passage is the text under it, translated "
    "by hand, in 41 languages. This is title-to-passage retrieval about desktop software, not question answering. "
    "Judge the method on XQuAD-R and MLQA-R.",
    languages=tuple(LANGUAGES.split()),
    licence="CC-BY-SA-3.0",
    source="[GNOME](https://help.gnome.org), in Debian's package "
    "[gnome-user-docs](https://packages.debian.org/gnome-user-docs)",
    home=DebianPackages(is_page, packages={"gnome-user-docs.zip": "gnome-user-docs"}),
    checked="all files of version 43.0",
    read=read_benchmark,
)
