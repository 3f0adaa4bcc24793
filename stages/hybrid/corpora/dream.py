"""DREAM: English questions about dialogues; a passage is a whole dialogue. A benchmark far from training text.

As published it is monolingual. Beside ``test.json``, a file ``test.LANG.json``, the same but with translated question
texts, adds the questions in that language, asked of the English dialogues: cross-lingual. Many questions, such as
"What is the man's job?", fit other dialogues of the pool too; only their own is judged.

Source: K. Sun et al., "DREAM: A Challenge Dataset and Models for Dialogue-Based Reading Comprehension", TACL 2019,
https://github.com/nlpdata/dream. For non-commercial research only.
"""

from collections import defaultdict
from pathlib import Path

import pandas as pd

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_json
from stages.hybrid.languages import choose_languages
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.sources.downloads import RemoteFile

HOME = "https://raw.githubusercontent.com/nlpdata/dream/bb64644c209cb6497bb9e13244fbf220c900a740/data"
SPLITS = {"dream": "test", "dream_dev": "dev"}
SHA256 = {
    "dev": "9d5af2e580d809c73872a7dd43fe93d0b07c6f6086b04a9a9a1917603009d961",
    "test": "d96d7d0752f7eab1ea8f165a582430f35653c428d36633ab4d7f26fc14946c3a",
}


def files(name: str) -> list[RemoteFile]:
    """Return the file of the benchmark ``name``, pinned by commit and checksum."""
    path = f"{SPLITS[name]}.json"
    return [RemoteFile(path, f"{HOME}/{path}", SHA256[SPLITS[name]], mirror_path=f"dream/{path}")]


def read_benchmark(folder: Path, languages: list[str]) -> Benchmark:
    """Return the benchmark in ``folder``, which holds one split; questions in ``languages``, all where empty.

    Relevant to a question is the dialogue that it was asked about, and another one that says the same.

    Raises:
        UserError: ``languages`` lack "en", the dialogues' language; there is no file or more than one split; a file is
            not in DREAM's format; or a translation does not match.
    """
    choose_languages(["en"], languages, source=str(folder))
    split = _find_split(folder)
    english = _read_dialogues(folder / f"{split}.json")
    asked = {"en": english}
    for path in sorted(folder.glob(f"{split}.*.json")):
        asked[path.name.split(".")[1]] = _check_translation(_read_dialogues(path), english, path)
    passages = [Passage(f"{key}:en", "en", text) for key, (text, _) in english.items()]
    ids_of = defaultdict(list)
    for passage in passages:
        ids_of[passage.text].append(passage.passage_id)
    queries, qrels = [], []
    for lang in choose_languages(asked, languages, source=str(folder)):
        for key, (_, questions) in asked[lang].items():
            for number, question in enumerate(questions):
                query = Query(f"{key}/{number}:{lang}", f"{key}/{number}", lang, question)
                queries.append(query)
                qrels += [Qrel(query.query_id, passage_id, 1) for passage_id in ids_of[english[key][0]]]
    return Benchmark(
        queries=pd.DataFrame(queries).sort_values(["lang", "query_id"], ignore_index=True),
        passages=pd.DataFrame(passages).sort_values("passage_id", ignore_index=True),
        qrels=pd.DataFrame(qrels).sort_values(["query_id", "passage_id"], ignore_index=True),
    )


def _find_split(folder: Path) -> str:
    found = [split for split in SHA256 if (folder / f"{split}.json").exists()]
    if len(found) != 1:
        names = " and ".join(f"{split}.json" for split in found) or "neither test.json nor dev.json"
        raise UserError(f"{folder}: holds {names}, expected one of the two; leave only the split to evaluate on")
    return found[0]


def _read_dialogues(path: Path) -> dict[str, tuple[str, list[str]]]:
    """Return, by its id, each dialogue's turns joined by newlines, and the questions about it."""
    try:
        return {
            str(key): ("\n".join(turn.strip() for turn in turns), [asked["question"].strip() for asked in questions])
            for turns, questions, key in read_json(path)
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: not in DREAM's format ({error!r}); delete it and fetch it again") from None


def _check_translation(
    translated: dict[str, tuple[str, list[str]]], english: dict[str, tuple[str, list[str]]], path: Path
) -> dict[str, tuple[str, list[str]]]:
    for key, (_, questions) in translated.items():
        expected = len(english[key][1]) if key in english else 0
        if len(questions) != expected:
            raise UserError(
                f"{path}: has {len(questions)} questions about dialogue {key!r}, expected {expected} as in English; "
                "translate the questions and leave the rest as it is"
            )
    return translated
