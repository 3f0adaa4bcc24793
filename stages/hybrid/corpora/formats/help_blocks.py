"""What the help collections share: sections of blocks, and the removal of text that was left in English.

A translated help page is a copy of the English one, in which each block (a heading, a paragraph) was translated or not.
So each block is compared with the English page. That a file exists says nothing about its translation.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from stages.hybrid.languages import comparison_key, is_dense
from stages.hybrid.records import Pair

SHORTEST = 30  # characters of a passage
SHORTEST_DENSE = 12  # the same in Chinese, Japanese and Korean
TRANSLATED_SHARE = 0.8  # of a passage's characters
MOST_GROUPS = 3  # of a language that may share a passage, or a query


class Section(NamedTuple):
    """A heading and the blocks of text under it, up to the next heading."""

    page: str
    key: str  # the heading's place in the page, the same in every language
    heading: str
    parent: str  # the heading above this one, "" for a page's title
    blocks: dict[str, str]  # text by the block's place in the page, in reading order


def is_long_enough(passage: str, lang: str) -> bool:
    """Return whether a passage has enough characters to be worth finding."""
    return len(passage) >= (SHORTEST_DENSE if is_dense(lang) else SHORTEST)


def is_translated(text: str, english: str) -> bool:
    """Return whether ``text`` has letters or digits, and differs from the English text in them."""
    key = comparison_key(text)
    return key != "" and key != comparison_key(english)


def translated_passage(blocks: dict[str, str], english: dict[str, str]) -> str:
    """Return the translated blocks as one passage, or "" if less than 80 % of the text is translated.

    A block is untranslated if any block of the English section has its text, because places can shift by one.

    Args:
        blocks: The section's text in the other language, by place.
        english: The same section in English. Blocks at a place that it lacks are left out.
    """
    originals = {comparison_key(text) for text in english.values()} | {""}
    shared = [text for place, text in blocks.items() if place in english]
    translated = [text for text in shared if comparison_key(text) not in originals]
    enough = sum(map(len, translated)) >= TRANSLATED_SHARE * sum(map(len, shared))
    return " ".join(translated) if enough else ""


def drop_repeated(pairs: Iterable[Pair]) -> list[Pair]:
    """Return the pairs whose query and passage each occur in at most three groups of their language, in order."""
    keyed = [(pair, comparison_key(pair.query), comparison_key(pair.passage)) for pair in pairs]
    queries = Counter((pair.lang, query) for pair, query, _ in keyed)
    passages = Counter((pair.lang, passage) for pair, _, passage in keyed)
    return [
        pair
        for pair, query, passage in keyed
        if max(queries[pair.lang, query], passages[pair.lang, passage]) <= MOST_GROUPS
    ]
