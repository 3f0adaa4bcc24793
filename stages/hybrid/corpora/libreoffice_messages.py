"""LibreOffice's messages in many languages (MPL-2.0), from the packages ``libreoffice-l10n-LANG``: parallel sentences.

A message is the text of a tooltip, of a dialog or of a function's description. The group is the English message. Query
and passage of a pair are both the message, so a cross-lingual pair is a sentence and its translation. There are
messages in languages that have no help pages, such as Arabic, Hindi and Thai.
"""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from stages.hybrid.corpora.collection import TrainingSet
from stages.hybrid.corpora.formats.gettext_catalogue import read_catalogue
from stages.hybrid.corpora.formats.help_blocks import SHORTEST, drop_repeated, is_long_enough, is_translated
from stages.hybrid.ground.errors import UserError
from stages.hybrid.languages import choose_languages, normalise_text
from stages.hybrid.records import Pair
from stages.hybrid.sources.archives import read_pages
from stages.hybrid.sources.packages import DebianPackages

NAME = "libreoffice_messages"

# Language to LibreOffice's name for it.
CODES = (
    "ar bg bn ca cs da de el es et eu fa fi fr gl gu he hi hr hu id it ja km kn ko lt lv mr nl om pl pt ro ru sk sl sr "
    "sv ta te th tr uk vi"
)
LOCALES = {code: code for code in CODES.split()} | {"pt-BR": "pt_BR", "zh": "zh_CN", "zh-TW": "zh_TW"}

MO_FILE = re.compile(r"(?:^|/)(?P<locale>\w+)/LC_MESSAGES/(?P<module>\w+)\.mo$")
CONTEXT_END = "\x04"  # between context and message
PLACEHOLDER = re.compile(r"[%$#<>{}\\]")
ACCESS_KEY = re.compile(r"[_~](?=\w)")  # before the letter that chooses a menu's item


class Message(NamedTuple):
    """An English message with its translation."""

    module: str
    dialog: str  # or function, or list of messages
    english: str
    text: str


def is_page(path: str) -> bool:
    """Return whether the file at a path in a package holds messages."""
    return MO_FILE.search(path) is not None


def read_pairs(folder: Path, languages: Sequence[str]) -> list[Pair]:
    """Return the pairs of ``languages``, sorted by language and group; query and passage are equal.

    Args:
        folder: data/raw/libreoffice_messages, with a ``LANG.zip`` for each language except English.
        languages: Codes of ISO 639-1; an empty list means all. Those without messages are left out.

    Raises:
        UserError: An archive is missing or has no messages, or LibreOffice has messages in none of ``languages`` except
            English.
    """
    translated = sorted(choose_languages(LOCALES, languages, source=NAME))
    wanted = sorted([*translated, "en"] if not languages or "en" in languages else translated)
    texts: dict[str, dict[str, str]] = {lang: {} for lang in wanted}  # by language and group
    pages: dict[str, str] = {}  # by group: the first of the dialogs with this message
    for lang in translated:
        for message in read_messages(folder / f"{lang}.zip", lang):
            if _is_useful(message, lang):
                group, page = _group_id(message), f"lo-ui/{message.module}/{message.dialog}"
                pages[group] = min(pages.get(group, page), page)
                texts[lang].setdefault(group, message.text)
                texts.get("en", {}).setdefault(group, message.english)
    return [
        pair
        for lang in wanted
        for pair in drop_repeated(
            Pair(group, pages[group], lang, text, text) for group, text in sorted(texts[lang].items())
        )
    ]


def read_messages(archive: Path, lang: str) -> Iterator[Message]:
    """Yield the messages of one language in the order of modules, contexts and English messages.

    Raises:
        UserError: The archive is missing or broken, or has no messages in ``lang``.
    """
    found = False
    for path, content in read_pages(archive, is_page):
        match = MO_FILE.search(path)
        if match and match["locale"] == LOCALES[lang]:
            found = True
            for key, text in read_catalogue(content, f"{archive}:{path}"):
                context, _, english = key.rpartition(CONTEXT_END)
                if len(english) >= SHORTEST:
                    yield Message(match["module"], _dialog(context), _clean(english), _clean(text))
    if not found:
        raise UserError(
            f"{archive}: has no {LOCALES[lang]}/LC_MESSAGES/*.mo, expected LibreOffice's messages in {lang!r}; delete "
            "it and run the stage fetch"
        )


def _clean(text: str) -> str:
    return normalise_text(ACCESS_KEY.sub("", text.replace("%PRODUCTNAME", "LibreOffice")))


def _is_useful(message: Message, lang: str) -> bool:
    """Return whether a message is translated, long enough, and has no placeholder."""
    whole = is_long_enough(message.english, "en") and is_long_enough(message.text, lang)
    return whole and not PLACEHOLDER.search(message.english) and is_translated(message.text, message.english)


def _dialog(context: str) -> str:
    """Return what stands before the first bar of a context, without the kind of message that some begin with."""
    return context.removeprefix("extended_tip|").partition("|")[0]


def _group_id(message: Message) -> str:
    return f"lo-ui/{message.module}#{sha256(message.english.casefold().encode()).hexdigest()[:12]}"


COLLECTION = TrainingSet(
    name=NAME,
    description="LibreOffice's messages: query and passage are the same sentence of a tooltip, a dialog or a "
    f"function's description, translated by hand, in {len(LOCALES) + 1} languages. Only cross-lingual batches can be "
    "drawn.",
    languages=("en", *sorted(LOCALES)),
    licence="MPL-2.0",
    source="[LibreOffice](https://www.libreoffice.org), in Debian's packages "
    "[libreoffice-l10n-LANG](https://packages.debian.org/source/libreoffice)",
    home=DebianPackages(  # English needs no package: its messages are in all the others
        is_page,
        by_language={
            lang: f"libreoffice-l10n-{locale.lower().replace('_', '-')}" for lang, locale in sorted(LOCALES.items())
        },
    ),
    checked="all files of version 7.4.7",
    read=read_pairs,
)
