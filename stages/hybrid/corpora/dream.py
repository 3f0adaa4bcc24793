"""DREAM: English questions about dialogues; a passage is a whole dialogue. A benchmark far from training text.

As published it is monolingual. A file ``test.LANG.json`` beside ``test.json`` adds a language. It is the same file, but
its questions are translated, and they are asked of the English dialogues: cross-lingual. Many questions, such as "What
is the man's job?", fit other dialogues of the pool too. Only their own dialogue is judged relevant.

Source: K. Sun et al., "DREAM: A Challenge Dataset and Models for Dialogue-Based Reading Comprehension", TACL 2019,
https://github.com/nlpdata/dream. For non-commercial research only.
"""

from collections import defaultdict
from pathlib import Path

from stages.hybrid.corpora.collection import BenchmarkSet
from stages.hybrid.corpora.formats.text_rows import check_lang
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_json
from stages.hybrid.languages import choose_languages
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.sources.public_files import PublicFiles, RemoteFile

HOME = "https://raw.githubusercontent.com/nlpdata/dream/bb64644c209cb6497bb9e13244fbf220c900a740/data"
SPLITS = {"dream": "test", "dream_dev": "dev"}
SHA256 = {
    "dev": "9d5af2e580d809c73872a7dd43fe93d0b07c6f6086b04a9a9a1917603009d961",
    "test": "d96d7d0752f7eab1ea8f165a582430f35653c428d36633ab4d7f26fc14946c3a",
}

Dialogues = dict[str, tuple[str, list[str]]]  # by id: the turns joined by newlines, and the questions about them


def read_benchmark(folder: Path, languages: list[str]) -> Benchmark:
    """Return the benchmark in ``folder``, which holds one split; questions in ``languages``, or in all if empty.

    A question's relevant passages are the dialogue that it was asked about, and any other with the same text.

    Raises:
        UserError: ``languages`` lack "en", the dialogues' language; the folder holds no split or two; a file is not in
            DREAM's format; or a translation does not match.
    """
    choose_languages(["en"], languages, source=str(folder))
    asked = _read_languages(folder)
    passages = [Passage(f"{key}:en", "en", text) for key, (text, _) in asked["en"].items()]
    ids_of = defaultdict(list)
    for passage in passages:
        ids_of[passage.text].append(passage.passage_id)
    queries, qrels = [], []
    for lang in choose_languages(asked, languages, source=str(folder)):
        for key, (_, questions) in asked[lang].items():
            for number, question in enumerate(questions):
                query = Query(f"{key}/{number}:{lang}", f"{key}/{number}", lang, question, key)
                queries.append(query)
                qrels += [Qrel(query.query_id, passage_id, 1) for passage_id in ids_of[asked["en"][key][0]]]
    return Benchmark.from_rows(queries, passages, qrels)


def _read_languages(folder: Path) -> dict[str, Dialogues]:
    """Return the dialogues with the questions of each language, English first."""
    split = _find_split(folder)
    asked = {"en": _read_dialogues(folder / f"{split}.json")}
    for path in sorted(folder.glob(f"{split}.*.json")):
        lang = check_lang(path.name.split(".")[1], str(path), advice="rename the file")
        asked[lang] = _check_translation(_read_dialogues(path), asked["en"], path)
    return asked


def _find_split(folder: Path) -> str:
    found = [split for split in SHA256 if (folder / f"{split}.json").exists()]
    if len(found) != 1:
        names = " and ".join(f"{split}.json" for split in found) or "neither test.json nor dev.json"
        raise UserError(f"{folder}: has {names}, expected one of the two; leave only the split to evaluate on")
    return found[0]


def _read_dialogues(path: Path) -> Dialogues:
    try:
        return {
            str(key): ("\n".join(turn.strip() for turn in turns), [asked["question"].strip() for asked in questions])
            for turns, questions, key in read_json(path)
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: not in DREAM's format ({error!r}); delete it and fetch it again") from None


def _check_translation(translated: Dialogues, english: Dialogues, path: Path) -> Dialogues:
    for key, (_, questions) in translated.items():
        expected = len(english[key][1]) if key in english else 0
        if len(questions) != expected:
            raise UserError(
                f"{path}: has {len(questions)} questions about dialogue {key!r}, expected {expected} as in English; "
                "translate the questions and leave the rest as it is"
            )
    return translated


def _collection(name: str, split: str) -> BenchmarkSet:
    file = f"{split}.json"
    return BenchmarkSet(
        name=name,
        description=f"DREAM's {split} split: a query is a question about a dialogue, in English. The passage is the "
        "whole dialogue. Many questions also fit other dialogues of the pool, but only their own is judged relevant. "
        "Questions translated by the user can be added.",
        languages=("en",),
        licence="non-commercial research only",
        source="[DREAM](https://github.com/nlpdata/dream)",
        home=PublicFiles((RemoteFile(file, f"{HOME}/{file}", SHA256[split], mirror_path=f"dream/{file}"),)),
        checked="all files",
        read=read_benchmark,
    )


COLLECTIONS = tuple(_collection(name, split) for name, split in SPLITS.items())
