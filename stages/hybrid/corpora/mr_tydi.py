"""Mr. TyDi's training questions with their Wikipedia passages, in eleven languages.

Every question was asked in one language only. So no group is parallel, and only monolingual batches can be drawn.

Source: X. Zhang et al., "Mr. TyDi: A Multi-lingual Benchmark for Dense Retrieval" (arXiv 2108.08787). Apache 2.0.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages.hybrid.corpora.collection import SMALL_FILES, TrainingSet
from stages.hybrid.corpora.formats.hub_tables import read_jsonl
from stages.hybrid.corpora.formats.text_rows import are_texts
from stages.hybrid.ground.errors import UserError
from stages.hybrid.languages import choose_languages
from stages.hybrid.records import Pair
from stages.hybrid.sources.hub_files import HubFiles, HubRepository

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


def read_pairs(folder: Path, languages: list[str]) -> list[Pair]:
    """Return a pair for each question and relevant passage, with the passage's title in front of it.

    A group's page is the passage's article.

    Args:
        folder: data/raw/mr_tydi, laid out as the repository is.
        languages: Codes of ISO 639-1; an empty list means all. Those that Mr. TyDi lacks are left out.

    Raises:
        UserError: A file is missing or malformed, or Mr. TyDi has none of ``languages``.
    """
    pairs: list[Pair] = []
    for lang in choose_languages(LANGUAGES, languages, source=NAME):
        path = folder / TRAIN.format(LANGUAGES[lang])
        for part in read_jsonl([path], ["query_id", "query", "positive_passages"]):
            for asked in zip(part["query_id"], part["query"], part["positive_passages"], strict=True):
                pairs += _pairs_of(asked, lang, path)
    return pairs


def _pairs_of(asked: tuple[Any, Any, Any], lang: str, path: Path) -> Iterator[Pair]:
    """Yield a pair for each relevant passage of a question.

    Raises:
        UserError: The question lacks its id, its text or its passages, or a passage lacks its id or its text.
    """
    query_id, query, positives = asked
    has_passages = isinstance(positives, list) and all(isinstance(passage, dict) for passage in positives)
    if query_id is None or not are_texts([query]) or not has_passages:
        raise UserError(
            f"{path}: question {query_id!r} lacks a query or passages, expected both; delete the file and fetch it "
            "again"
        )
    for passage in positives:
        docid, title, text = (passage.get(key) for key in ("docid", "title", "text"))
        if not are_texts([docid, text]):
            raise UserError(
                f"{path}: passage {docid!r} of question {query_id!r} lacks docid or text, expected both; check that it "
                "is the training file, and fetch it again"
            )
        passage_text = f"{title or ''} {text}".strip()
        yield Pair(f"{lang}:{query_id}:{docid}", f"{lang}:{docid.split('#')[0]}", lang, query.strip(), passage_text)


COLLECTION = TrainingSet(
    name=NAME,
    description="Mr. TyDi's training split: a query is a question, the passage is a paragraph of Wikipedia in the same "
    "language, in 11 languages. No question is translated, so only monolingual batches can be drawn.",
    languages=tuple(LANGUAGES),
    licence="Apache-2.0; passages CC-BY-SA-3.0",
    source="[Mr. TyDi](https://huggingface.co/datasets/castorini/mr-tydi) on the Hugging Face hub",
    home=HubFiles(
        repositories=(
            HubRepository(
                "castorini/mr-tydi",
                "1d43c80218d06d0ef80f5b172ccabd848b948bc1",
                by_language={lang: (TRAIN.format(name),) for lang, name in LANGUAGES.items()},
            ),
        ),
        mirror_folder=NAME,
    ),
    checked=SMALL_FILES,
    read=read_pairs,
)
