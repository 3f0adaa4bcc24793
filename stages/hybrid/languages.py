"""Text in many languages: one normal form, one form for equality tests, and the languages' names and scripts."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from stages.hybrid.ground.errors import UserError


class Language(NamedTuple):
    """A language's English name and the script it is written in."""

    name: str
    script: str


# ISO 639-1, with a region or a script where a source has two written forms.
LANGUAGES = {
    "ar": Language("Arabic", "Arabic"),
    "as": Language("Assamese", "Bengali"),
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
    "fr": Language("French", "Latin"),
    "gl": Language("Galician", "Latin"),
    "gu": Language("Gujarati", "Gujarati"),
    "he": Language("Hebrew", "Hebrew"),
    "hi": Language("Hindi", "Devanagari"),
    "hr": Language("Croatian", "Latin"),
    "hu": Language("Hungarian", "Latin"),
    "id": Language("Indonesian", "Latin"),
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
    "uk": Language("Ukrainian", "Cyrillic"),
    "vi": Language("Vietnamese", "Latin"),
    "yo": Language("Yoruba", "Latin"),
    "zh": Language("Chinese", "Han"),
    "zh-TW": Language("Chinese (Taiwan)", "Han"),
}

# Scripts that say in one character what others say in two or three; lengths are measured with that in mind.
DENSE_SCRIPTS = frozenset({"Han", "Japanese", "Hangul"})
# Scripts that put no spaces between words.
UNSPACED_SCRIPTS = frozenset({"Han", "Japanese", "Thai", "Khmer", "Tibetan"})

# Soft hyphen, bidi controls, zero-width space, word joiner, byte order mark. The joiners U+200C and U+200D stay: they
# change how Persian and the Indic scripts are read.
INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
ASCII_PUNCTUATION = re.compile(r"[\x00-/:-@\[-`{-\x7f]+")
NO_LETTERS = re.compile(r"[\W_]+")


def language_name(code: str) -> str:
    """Return a language's English name; a code that the table lacks is returned as it is."""
    return LANGUAGES[code].name if code in LANGUAGES else code


def is_dense(code: str) -> bool:
    """Say whether a language is Chinese, Japanese or Korean, which need few characters for much text."""
    return code in LANGUAGES and LANGUAGES[code].script in DENSE_SCRIPTS


def is_unspaced(code: str) -> bool:
    """Say whether a language puts no spaces between its words."""
    return code in LANGUAGES and LANGUAGES[code].script in UNSPACED_SCRIPTS


def choose_languages(available: Iterable[str], wanted: Sequence[str], *, source: str) -> list[str]:
    """Return those of ``available`` that are wanted, in its order; all of them where ``wanted`` is empty.

    Raises:
        UserError: ``source`` has none of those that are wanted.
    """
    available = list(available)
    chosen = [language for language in available if not wanted or language in wanted]
    if not chosen:
        raise UserError(
            f"{source}: has {', '.join(available) or 'no language'}, and none of {', '.join(wanted) or 'any'} that is "
            "asked for; change languages or evaluation_languages in params.yaml, or leave the data out"
        )
    return chosen


def normalise_text(text: str) -> str:
    """Return ``text`` in NFC, without invisible characters but the joiners, every run of white space one space.

    The no-break space counts as white space. The result has none at either end.
    """
    return " ".join(INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())


def comparison_key(text: str) -> str:
    """Return the letters, vowel signs and digits of ``text``, casefolded and in NFKC.

    Two texts that say the same have equal keys. A text without letters or digits has the key ``""``. The key is for
    equality tests, not for showing.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return NO_LETTERS.sub(_marks_of, ASCII_PUNCTUATION.sub("", folded))


def _marks_of(match: re.Match[str]) -> str:
    """Return the combining marks of a match, among them the vowel signs of Hindi or Thai, which tell words apart."""
    return "".join(character for character in match.group() if unicodedata.category(character)[0] == "M")
