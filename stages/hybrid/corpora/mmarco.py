"""mMARCO: MS MARCO's training questions and passages, machine-translated; their ids are the same in every language.

A group is a question with one of its relevant passages. Questions and passages that no triple calls relevant are
skipped. Of nearly nine million passages, about half a million stay.

Source: L. Bonifacio et al., "mMARCO" (arXiv 2108.13897), the translations by Google. Apache 2.0; MS MARCO itself is for
non-commercial research.
"""

from pathlib import Path

import pandas as pd

from stages.hybrid.corpora.collection import SMALL_FILES, TrainingSet
from stages.hybrid.corpora.formats.hub_tables import read_tsv
from stages.hybrid.languages import choose_languages
from stages.hybrid.records import Pair
from stages.hybrid.sources.hub_files import HubFiles, HubRepository

NAME = "mmarco"
LANGUAGES = {
    "ar": "arabic",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "hi": "hindi",
    "id": "indonesian",
    "it": "italian",
    "ja": "japanese",
    "nl": "dutch",
    "pt": "portuguese",
    "ru": "russian",
    "vi": "vietnamese",
    "zh": "chinese",
}
TRIPLES = "data/triples.train.ids.small.tsv"  # question, relevant passage, other passage
QUERIES = "data/google/queries/train/{}_queries.train.tsv"
PASSAGES = "data/google/collections/{}_collection.tsv"


def read_pairs(folder: Path, languages: list[str]) -> list[Pair]:
    """Return the pairs in those of ``languages`` that mMARCO has; an empty list means all.

    A group's page is its passage, so questions about one passage never meet in a batch.

    Args:
        folder: data/raw/mmarco, laid out as the repository is.
        languages: Codes of ISO 639-1.

    Raises:
        UserError: A file is missing or malformed, or mMARCO has none of ``languages``.
    """
    relevant = _read_relevant(folder / TRIPLES)
    pairs = []
    for lang in choose_languages(LANGUAGES, languages, source=NAME):
        queries = _read_texts(folder / QUERIES.format(LANGUAGES[lang]), relevant["query"])
        passages = _read_texts(folder / PASSAGES.format(LANGUAGES[lang]), relevant["passage"])
        for query, passage in zip(relevant["query"], relevant["passage"], strict=True):
            if query in queries and passage in passages:
                pairs.append(Pair(f"{query}-{passage}", passage, lang, queries[query], passages[passage]))
    return pairs


def _read_relevant(path: Path) -> pd.DataFrame:
    """Return the ids of each question and each passage that a triple calls relevant to it, once, in file order."""
    parts = [
        pd.DataFrame({"query": part["query"], "passage": part["relevant"]}).drop_duplicates()
        for part in read_tsv(path, ["query", "relevant", "other"])
    ]
    return pd.concat(parts).drop_duplicates(ignore_index=True)


def _read_texts(path: Path, ids: pd.Series) -> dict[str, str]:
    """Return the texts of ``ids`` that are not empty, by id."""
    wanted = set(ids)
    return {
        str(key): text.strip()
        for part in read_tsv(path, ["id", "text"])
        for key, text in zip(part["id"], part["text"], strict=True)
        if key in wanted and text and text.strip()
    }


COLLECTION = TrainingSet(
    name=NAME,
    description="mMARCO: a query is a question to a web search engine, the passage is a paragraph of a web page that "
    "answers it. MS MARCO's English texts were machine-translated by Google into 13 languages.",
    languages=tuple(LANGUAGES),
    licence="Apache-2.0; MS MARCO itself: non-commercial research only",
    source="[mMARCO](https://huggingface.co/datasets/unicamp-dl/mmarco) on the Hugging Face hub",
    home=HubFiles(
        repositories=(
            HubRepository(
                "unicamp-dl/mmarco",
                "6d039c4638c0ba3e46a9cb7b498b145e7edc6230",
                patterns=(TRIPLES,),
                by_language={lang: (QUERIES.format(name), PASSAGES.format(name)) for lang, name in LANGUAGES.items()},
            ),
        ),
        mirror_folder=NAME,
    ),
    checked=SMALL_FILES,
    read=read_pairs,
)
