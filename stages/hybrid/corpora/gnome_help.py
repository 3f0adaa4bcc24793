"""GNOME's help in many languages (CC BY-SA 3.0), from the package ``gnome-user-docs``: a benchmark.

A query is the title of a page or of a section; what answers it, in any language, is the text under it or, for a page,
also its one-line description. That is title-to-passage retrieval about desktop software, not question answering.
Written for the layouts of GNOME 43 and 48.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from stages.hybrid.corpora.formats.help_blocks import is_long_enough, is_translated, translated_passage
from stages.hybrid.corpora.formats.mallard_pages import PageSection, parse_page, read_page, read_titles
from stages.hybrid.ground.errors import UserError
from stages.hybrid.languages import comparison_key
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.sources.downloads import find_archive, read_pages

NAME = "gnome"
PACKAGES = {"gnome-user-docs.zip": "gnome-user-docs"}  # archive in data/raw/gnome to package

# A page's language, its guide and its name, from its path. "C" is English as it was written.
PAGE = re.compile(r"(?:^|/)(?P<locale>[\w@]+)/(?P<guide>gnome-help|system-admin-guide)/(?P<name>[^/]+)\.page$")
CODES = {"C": "en", "zh_CN": "zh", "zh_TW": "zh-TW", "pt_BR": "pt-BR", "sr@latin": "sr-Latn"}

Sections = dict[str, PageSection]  # by question id: guide/page#position


class Answer(NamedTuple):
    """A heading in one language with one passage under it."""

    question_id: str
    kind: str  # "intro" or "desc" of a page, "section"
    lang: str
    query: str
    passage: str


def is_page(path: str) -> bool:
    """Say whether a file of the package is a help page."""
    return PAGE.search(path) is not None


def read_benchmark(folder: Path, languages: Iterable[str] = ()) -> Benchmark:
    """Return the benchmark in ``languages``, in every language that has a query where there are none.

    A query whose text is the heading of two places is left out, for one could not say which is meant; its passages stay
    in the pool. Passages that are the same in one language are one passage, relevant to the queries of both.

    Args:
        folder: data/raw/gnome, holding an archive of the pages or their folders.
        languages: codes of ISO 639-1.

    Raises:
        UserError: there are no English pages, or none in one of ``languages``.
    """
    pages = _read_languages(folder)
    wanted = list(dict.fromkeys(languages)) or sorted(pages)
    for lang in ["en", *wanted]:
        if lang not in pages:
            raise UserError(f"{folder}: has no pages in {lang!r}; expected languages among {', '.join(sorted(pages))}")
    answers = [answer for lang in wanted for answer in _answers(lang, pages[lang], pages["en"])]
    return _benchmark(answers)


def _read_languages(folder: Path) -> dict[str, Sections]:
    """Return the sections of every language; paths come sorted, so that a guide's pages are together."""
    matches = ((PAGE.search(path), content) for path, content in read_pages(find_archive(folder) or folder, is_page))
    pages = ((match, content) for match, content in matches if match)
    languages: dict[str, Sections] = {}
    for (locale, guide), group in groupby(pages, key=lambda page: (page[0]["locale"], page[0]["guide"])):
        sections = languages.setdefault(CODES.get(locale, locale), {})
        sections.update(_read_guide(guide, ((match["name"], content) for match, content in group)))
    return languages


def _read_guide(guide: str, pages: Iterable[tuple[str, bytes]]) -> Sections:
    """Return the sections of one guide in one language."""
    roots = {name: root for name, root in ((name, parse_page(content)) for name, content in pages) if root is not None}
    titles = {goal: title for root in roots.values() for goal, title in read_titles(root).items()}
    return {
        f"{guide}/{name}#{section.key}": section for name, root in roots.items() for section in read_page(root, titles)
    }


def _answers(lang: str, sections: Sections, english: Sections) -> Iterator[Answer]:
    """Yield the headings that are translated, each with the passages under it that are."""
    for question_id, section in sections.items():
        original = english.get(question_id)
        if original is None or not (lang == "en" or is_translated(section.heading, original.heading)):
            continue
        for kind, blocks in original.passages.items():
            whole = " ".join(blocks.values())
            passage = whole if lang == "en" else translated_passage(section.passages.get(kind, {}), blocks)
            if is_long_enough(whole, "en") and is_long_enough(passage, lang):
                yield Answer(question_id, kind, lang, section.heading, passage)


def _benchmark(answers: list[Answer]) -> Benchmark:
    """Return the tables, sorted by language and id."""
    queries = _queries(answers)
    passages: dict[tuple[str, str], Passage] = {}  # by language and what it says
    relevant: dict[str, set[str]] = defaultdict(set)  # passages by question
    for answer in sorted(answers):
        passage = Passage(f"{answer.question_id}/{answer.kind}:{answer.lang}", answer.lang, answer.passage)
        kept = passages.setdefault((answer.lang, comparison_key(answer.passage)), passage)
        relevant[answer.question_id].add(kept.passage_id)
    pool = sorted(passages.values(), key=lambda passage: (passage.lang, passage.passage_id))
    qrels = [Qrel(query.query_id, passage_id, 1) for query in queries for passage_id in relevant[query.question_id]]
    return Benchmark(
        queries=pd.DataFrame(queries, columns=list(Query._fields)),
        passages=pd.DataFrame(pool, columns=list(Passage._fields)),
        qrels=pd.DataFrame(sorted(qrels), columns=list(Qrel._fields)),
    )


def _queries(answers: list[Answer]) -> list[Query]:
    """Return the headings that are one of a kind in their language, sorted by language and id."""
    queries = {Query(f"{a.question_id}:{a.lang}", a.question_id, a.lang, a.query) for a in answers}
    uses = Counter((query.lang, comparison_key(query.text)) for query in queries)
    unique = [query for query in queries if uses[query.lang, comparison_key(query.text)] == 1]
    return sorted(unique, key=lambda query: (query.lang, query.query_id))
