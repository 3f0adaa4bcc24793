"""LibreOffice's messages in many languages (MPL-2.0), from the packages ``libreoffice-l10n-LANG``: parallel sentences.

A message is what a tooltip, a dialog or a function's description says; the group is the English message, and query and
passage of a pair are both the message, so that a cross-lingual pair is a sentence and its translation. It reaches
languages that have no help pages, such as Arabic, Hindi and Thai.

Source of the file format: GNU gettext's manual, "The Format of GNU MO Files".
"""

import re
import struct
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from stages.hybrid.corpora.formats.help_blocks import SHORTEST, drop_repeated, is_long_enough, is_translated
from stages.hybrid.ground.errors import UserError
from stages.hybrid.languages import choose_languages, normalise_text
from stages.hybrid.records import Pair
from stages.hybrid.sources.downloads import read_pages

NAME = "libreoffice_messages"

# Language to LibreOffice's name of it.
CODES = (
    "ar bg bn ca cs da de el es et eu fa fi fr gl gu he hi hr hu id it ja km kn ko lt lv mr nl om pl pt ro ru sk sl sr "
    "sv ta te th tr uk vi"
)
LOCALES = {code: code for code in CODES.split()} | {"pt-BR": "pt_BR", "zh": "zh_CN", "zh-TW": "zh_TW"}

MO_FILE = re.compile(r"(?:^|/)(?P<locale>\w+)/LC_MESSAGES/(?P<module>\w+)\.mo$")
BYTE_ORDERS = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}
CONTEXT_END, PLURAL_END = "\x04", "\0"  # between context and message; between singular and plural
PLACEHOLDER = re.compile(r"[%$#<>{}\\]")
ACCESS_KEY = re.compile(r"[_~](?=\w)")  # before the letter that chooses a menu's item


class Message(NamedTuple):
    """An English message with its translation."""

    module: str
    dialog: str  # or function, or list of messages
    english: str
    text: str


def packages_for(languages: Sequence[str]) -> dict[str, str]:
    """Return the packages with the messages of ``languages``, by the archive that fetch makes of each.

    No language means all. English has no package: it stands in all others. Languages without messages are left out.

    Raises:
        UserError: LibreOffice has messages in none of them but English.
    """
    wanted = sorted(choose_languages(LOCALES, languages, source=NAME))
    return {f"{lang}.zip": f"libreoffice-l10n-{LOCALES[lang].lower().replace('_', '-')}" for lang in wanted}


def is_page(path: str) -> bool:
    """Say whether a file of a package holds messages."""
    return MO_FILE.search(path) is not None


def read_pairs(folder: Path, languages: Sequence[str]) -> list[Pair]:
    """Return the pairs of ``languages`` (none means all), sorted by language and group; query and passage are equal.

    Args:
        folder: data/raw/libreoffice_messages, with a ``LANG.zip`` of each language but English.
        languages: codes of ISO 639-1; those that LibreOffice has no messages in are left out.

    Raises:
        UserError: a language's archive is missing or holds no messages, or LibreOffice has them in none but English.
    """
    translated = sorted(choose_languages(LOCALES, languages, source=NAME))
    wanted = sorted([*translated, "en"] if not languages or "en" in languages else translated)
    texts: dict[str, dict[str, str]] = {lang: {} for lang in wanted}  # by language and group
    pages: dict[str, str] = {}  # by group: the first of the dialogs that say the same
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
        UserError: the archive is missing, broken, or has no messages in ``lang``.
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
            f"{archive}: has no {LOCALES[lang]}/LC_MESSAGES/*.mo; expected LibreOffice's messages in {lang!r}"
        )


def read_catalogue(content: bytes, name: str) -> Iterator[tuple[str, str]]:
    """Yield (original, translation) of a gettext catalogue in its order; of a plural, the first form.

    Args:
        content: the file's bytes.
        name: what an error calls it.

    Raises:
        UserError: it is no such catalogue.
    """
    try:
        order = BYTE_ORDERS[content[:4]]
        count, originals, translations = struct.unpack_from(f"{order}3I", content, 8)
        for i in range(count):
            key, text = (_string(content, order, table + 8 * i) for table in (originals, translations))
            if key:  # the empty one holds the file's header
                yield key, text
    except (KeyError, struct.error, UnicodeDecodeError, IndexError):
        raise UserError(f"{name}: no whole gettext catalogue; delete it and run the stage fetch") from None


def _string(content: bytes, order: str, entry: int) -> str:
    """Return the string, of a plural the first, that a table's entry (length, offset) points to."""
    length, offset = struct.unpack_from(f"{order}2I", content, entry)
    if offset + length > len(content):
        raise IndexError(offset)
    return content[offset : offset + length].decode().partition(PLURAL_END)[0]


def _clean(text: str) -> str:
    return normalise_text(ACCESS_KEY.sub("", text.replace("%PRODUCTNAME", "LibreOffice")))


def _is_useful(message: Message, lang: str) -> bool:
    """Say whether a message is a translated text of some length without places to be filled in."""
    whole = is_long_enough(message.english, "en") and is_long_enough(message.text, lang)
    return whole and not PLACEHOLDER.search(message.english) and is_translated(message.text, message.english)


def _dialog(context: str) -> str:
    """Return what a context names before its first bar; some begin with the kind of message."""
    return context.removeprefix("extended_tip|").partition("|")[0]


def _group_id(message: Message) -> str:
    return f"lo-ui/{message.module}#{sha256(message.english.casefold().encode()).hexdigest()[:12]}"
