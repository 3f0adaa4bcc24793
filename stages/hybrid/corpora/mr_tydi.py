"""Mr. TyDi's training questions with their Wikipedia passages, in eleven languages.

Every question was asked in one language only, so that no group is parallel: it makes monolingual batches.

Source: X. Zhang et al., "Mr. TyDi: A Multi-lingual Benchmark for Dense Retrieval" (arXiv 2108.08787). Apache 2.0.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages.hybrid.corpora.formats.hub_tables import read_jsonl
from stages.hybrid.ground.errors import UserError
from stages.hybrid.languages import choose_languages
from stages.hybrid.records import Pair
from stages.hybrid.sources.hub_files import HubFiles

NAME = "mr_tydi"
LANGUAGES = {
    "ar": "arabic",
    "bn": "bengali",
    "en": "english",
    "fi": "finnish",
    "id": "indonesian",
    "ja": "japanese",
    "ko": "korean",
    "ru": "russian",
    "sw": "swahili",
    "te": "telugu",
    "th": "thai",
}
TRAIN = "mrtydi-v1.1-{}/train.jsonl.gz"


def hub_files(languages: list[str]) -> list[HubFiles]:
    """Return the training questions of ``languages``, pinned by the repository's commit."""
    chosen = choose_languages(LANGUAGES, languages, source=NAME)
    paths = tuple(TRAIN.format(LANGUAGES[lang]) for lang in chosen)
    return [HubFiles("castorini/mr-tydi", "1d43c80218d06d0ef80f5b172ccabd848b948bc1", paths)]


def read_pairs(folder: Path, languages: list[str]) -> list[Pair]:
    """Return a pair a question and relevant passage, title in front, laid out as in the repository.

    ``languages`` that Mr. TyDi lacks are passed over; an empty list means all. A group's page is the passage's article.

    Raises:
        UserError: a file is missing or malformed, or Mr. TyDi has none of the languages.
    """
    pairs: list[Pair] = []
    for lang in choose_languages(LANGUAGES, languages, source=NAME):
        path = folder / TRAIN.format(LANGUAGES[lang])
        for part in read_jsonl([path], ["query_id", "query", "positive_passages"]):
            for asked in zip(part["query_id"], part["query"], part["positive_passages"], strict=True):
                pairs += _pairs_of(asked, lang, path)
    return pairs


def _pairs_of(asked: tuple[Any, str, list[dict[str, str]]], lang: str, path: Path) -> Iterator[Pair]:
    query_id, query, positives = asked
    for passage in positives:
        docid, text = str(passage["docid"]), f"{passage['title'] or ''} {passage['text'] or ''}".strip()
        if not passage["text"]:
            raise UserError(
                f"{path}: passage {docid!r} of question {query_id!r} has no text, expected the training file, whose "
                "passages have; fetch it again"
            )
        yield Pair(f"{lang}:{query_id}:{docid}", f"{lang}:{docid.split('#')[0]}", lang, query.strip(), text)
