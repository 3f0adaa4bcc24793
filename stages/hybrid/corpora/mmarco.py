"""mMARCO: MS MARCO's training questions and passages, machine-translated; their ids are the same in every language.

A group is a question with one of its relevant passages. Questions and passages that no triple calls relevant are read
past: of nearly nine million passages about half a million stay.

Source: L. Bonifacio et al., "mMARCO" (arXiv 2108.13897), the translations by Google. Apache 2.0; MS MARCO itself is for
non-commercial research.
"""

from pathlib import Path

import pandas as pd

from stages.hybrid.corpora.formats.hub_tables import read_tsv
from stages.hybrid.languages import choose_languages
from stages.hybrid.records import Pair
from stages.hybrid.sources.hub_files import HubFiles

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


def hub_files(languages: list[str]) -> list[HubFiles]:
    """Return the triples, and the questions and passages of ``languages``, pinned by the repository's commit."""
    chosen = [LANGUAGES[lang] for lang in choose_languages(LANGUAGES, languages, source=NAME)]
    paths = [TRIPLES, *(pattern.format(language) for language in chosen for pattern in (QUERIES, PASSAGES))]
    return [HubFiles("unicamp-dl/mmarco", "6d039c4638c0ba3e46a9cb7b498b145e7edc6230", tuple(paths))]


def read_pairs(folder: Path, languages: list[str]) -> list[Pair]:
    """Return the pairs of those of ``languages`` that mMARCO has, laid out as in its repository; empty means all.

    A group's page is its passage, so questions about one passage never meet in a batch.

    Raises:
        UserError: a file is missing or malformed, or mMARCO has none of the languages.
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
    """Return each question with each passage that a triple calls relevant to it, once, in the file's order."""
    parts = [
        pd.DataFrame({"query": part["query"], "passage": part["relevant"]}).drop_duplicates()
        for part in read_tsv(path, ["query", "relevant", "other"])
    ]
    return pd.concat(parts).drop_duplicates(ignore_index=True)


def _read_texts(path: Path, ids: pd.Series) -> dict[str, str]:
    """Return the texts that are not empty, by id, of ``ids`` only."""
    wanted = set(ids)
    return {
        str(key): text.strip()
        for part in read_tsv(path, ["id", "text"])
        for key, text in zip(part["id"], part["text"], strict=True)
        if key in wanted and text and text.strip()
    }
