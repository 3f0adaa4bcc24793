"""Text in many languages: its normal form, a key for equality tests, and the languages' names and scripts."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from stages.hybrid.ground.errors import UserError


class Language(NamedTuple):
    """A language's English name and the script it is written in."""

    name: str
    script: str


# ISO 639-1, with a region or a script if a source has two written forms; ISO 639-3 for Bemba and Fon, which have no
# shorter code.
LANGUAGES = {
    "ar": Language("Arabic", "Arabic"),
    "as": Language("Assamese", "Bengali"),
    "bem": Language("Bemba", "Latin"),
    "bg": Language("Bulgarian", "Cyrillic"),
    "bn": Language("Bengali", "Bengali"),
    "ca": Language("Catalan", "Latin"),
    "cs": Language("Czech", "Latin"),
    "da": Language("Danish", "Latin"),
    "de": Language("German", "Latin"),
    "dz": Language("Dzongkha", "Tibetan"),
    "el": Language("Greek", "Greek"),
    "en": Language("English", "Latin"),
    "es": Language("Spanish", "Latin"),
    "et": Language("Estonian", "Latin"),
    "eu": Language("Basque", "Latin"),
    "fa": Language("Persian", "Arabic"),
    "fi": Language("Finnish", "Latin"),
    "fon": Language("Fon", "Latin"),
    "fr": Language("French", "Latin"),
    "gl": Language("Galician", "Latin"),
    "gu": Language("Gujarati", "Gujarati"),
    "ha": Language("Hausa", "Latin"),
    "he": Language("Hebrew", "Hebrew"),
    "hi": Language("Hindi", "Devanagari"),
    "hr": Language("Croatian", "Latin"),
    "hu": Language("Hungarian", "Latin"),
    "id": Language("Indonesian", "Latin"),
    "ig": Language("Igbo", "Latin"),
    "it": Language("Italian", "Latin"),
    "ja": Language("Japanese", "Japanese"),
    "km": Language("Khmer", "Khmer"),
    "kn": Language("Kannada", "Kannada"),
    "ko": Language("Korean", "Hangul"),
    "lt": Language("Lithuanian", "Latin"),
    "lv": Language("Latvian", "Latin"),
    "mr": Language("Marathi", "Devanagari"),
    "nl": Language("Dutch", "Latin"),
    "om": Language("Oromo", "Latin"),
    "pa": Language("Punjabi", "Gurmukhi"),
    "pl": Language("Polish", "Latin"),
    "pt": Language("Portuguese", "Latin"),
    "pt-BR": Language("Brazilian Portuguese", "Latin"),
    "ro": Language("Romanian", "Latin"),
    "ru": Language("Russian", "Cyrillic"),
    "rw": Language("Kinyarwanda", "Latin"),
    "sk": Language("Slovak", "Latin"),
    "sl": Language("Slovenian", "Latin"),
    "sr": Language("Serbian", "Cyrillic"),
    "sr-Latn": Language("Serbian (Latin)", "Latin"),
    "sv": Language("Swedish", "Latin"),
    "sw": Language("Swahili", "Latin"),
    "ta": Language("Tamil", "Tamil"),
    "te": Language("Telugu", "Telugu"),
    "th": Language("Thai", "Thai"),
    "tr": Language("Turkish", "Latin"),
    "tw": Language("Twi", "Latin"),
    "uk": Language("Ukrainian", "Cyrillic"),
    "vi": Language("Vietnamese", "Latin"),
    "yo": Language("Yoruba", "Latin"),
    "zh": Language("Chinese", "Han"),
    "zh-TW": Language("Chinese (Taiwan)", "Han"),
    "zu": Language("Zulu", "Latin"),
}

# One character of these scripts says as much as two or three of other scripts. Limits on lengths allow for that.
DENSE_SCRIPTS = frozenset({"Han", "Japanese", "Hangul"})

# Soft hyphen, bidi controls, zero-width space, word joiner, byte order mark. The joiners U+200C and U+200D stay,
# because they change how Persian and the Indic scripts are read.
INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
ASCII_PUNCTUATION = re.compile(r"[\x00-/:-@\[-`{-\x7f]+")
NO_LETTERS = re.compile(r"[\W_]+")


def is_dense(code: str) -> bool:
    """Return whether a language is Chinese, Japanese or Korean, which say much in few characters."""
    return code in LANGUAGES and LANGUAGES[code].script in DENSE_SCRIPTS


def choose_languages(available: Iterable[str], wanted: Sequence[str], *, source: str) -> list[str]:
    """Return the available languages that are wanted, in the order of ``available``.

    Args:
        available: Codes of the languages that the data has.
        wanted: Codes of the languages to choose; an empty list means all.
        source: Name of the data, for the error.

    Raises:
        UserError: No language can be chosen.
    """
    available = list(available)
    chosen = [language for language in available if not wanted or language in wanted]
    if not chosen:
        found = ", ".join(available) or "no languages"
        expected = f"one of {', '.join(wanted)}" if wanted else "at least one"
        raise UserError(
            f"{source}: has {found}, expected {expected}; change languages or evaluation_languages in params.yaml, or "
            "remove the data"
        )
    return chosen


def normalise_text(text: str) -> str:
    """Return ``text`` in NFC, without invisible characters, and with one space for every run of white space.

    The zero-width joiner and non-joiner stay. The no-break space counts as white space. The result has no white space
    at its ends.
    """
    return " ".join(INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())


def comparison_key(text: str) -> str:
    """Return the letters, vowel signs and digits of ``text``, casefolded and in NFKC.

    Two texts that differ only in case, width, punctuation and spacing have equal keys. A text without letters or
    digits has the key ``""``. The key is for equality tests and is not shown.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return NO_LETTERS.sub(_marks_of, ASCII_PUNCTUATION.sub("", folded))


def _marks_of(match: re.Match[str]) -> str:
    """Return the combining marks of a match. Some are the vowel signs of Hindi or Thai, which distinguish words."""
    return "".join(character for character in match.group() if unicodedata.category(character)[0] == "M")
