"""XQuAD-R and MLQA-R: SQuAD-style files with sentence breaks; a passage is a sentence.

Source: LAReQA (arXiv 2004.05484), https://github.com/google-research-datasets/lareqa. XQuAD-R is CC BY-SA 4.0; MLQA-R
is CC BY-NC 4.0.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_json
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.sources.downloads import RemoteFile

HOME = "https://raw.githubusercontent.com/google-research-datasets/lareqa"

# MLQA-R was later removed from the repository's head: its files are pinned at the commit that still has them.
COMMITS = {
    "xquad_r": "9bc8c7fb6dd8d01d72a05a93c2cb96882b0d299c",
    "mlqa_r": "354d67d1cd066854cdfbf5ad0e6105528976141d",
}
SHA256 = {
    "xquad_r": {
        "ar": "c52922d3b8ac1ae03ed5ac38647ad59870dca3dda2beefe18ecdc30729acb69d",
        "de": "16fb0f4bf4916154b585a20c24c66074591c9718a1affe764ff4697572328949",
        "el": "163fd43ee785a30eb534ae2061e9eaa766a7ee4e8ffce5e4b422480c150f64b6",
        "en": "7b0954f39297c27a31fef610f0883337dd2907fa8699151dc922afdd0fa12ffe",
        "es": "f8e836b2d91009c4363e04315f7ede363eedbbb49c67dda60de6c4aa782f58de",
        "hi": "ea45ba8ae4513d1533b222bebdc02a90bc319c055d3aeea68584a053d2e92872",
        "ru": "7f4dff853538b9a5fcc28c070b8bb983a5c5d190ac747b8e005a1ada9cab18f1",
        "th": "c3a041864c3a9fb0b4dd91cfdf99cf36b411b3e704c58a303c97bc6dc786cfe4",
        "tr": "f3e8c13002bbce154a4578f535f7533cb70f3da08840e6b62735935baec7bd94",
        "vi": "e35926bf5cc6fc6ecbdfca49467aabeb454f08d152d7818143a906bd31dde995",
        "zh": "80c2cde7b9c2fb134c303cbb52f2ba396ead9eb0014aec43993543d2ba9e93ed",
    },
    "mlqa_r": {
        "ar": "2132fbc03208535c0fe01f2e2c5121d06f9c2aa799af93b0a719dbc105bdf137",
        "de": "ce9454dc5aa6f2d85c23cd6e49cb367fbb7c4c6e62d7f71e355c6b5dae4d0886",
        "en": "fedd9a5cc0848dda80caf84aa36f482adaae230526a3f6e9e86926a93ef3b1e4",
        "es": "70ecba276b8c96a692b120693a595d076ce94ad21d4b28311538a9fcbfe0f9d7",
        "hi": "4dd0fb3c06f737a5481d705bc1dcac7876712a5815c9265908fbb3a0696cb654",
        "vi": "9d3baff6ba03e6793b25594217265ea59a136b9733833dca8a9582a84a78ff85",
        "zh": "57f01d2fff50cf3392805635b01445339f225ad5bf28ba8443b12f8dbd1e69dc",
    },
}


def files(name: str) -> list[RemoteFile]:
    """Return the benchmark's files, one a language, pinned by commit and checksum."""
    folder = name.replace("_", "-")
    return [
        RemoteFile(
            path=f"{lang}.json",
            url=f"{HOME}/{COMMITS[name]}/{folder}/{lang}.json",
            sha256=sha256,
            mirror_path=f"{folder}/{lang}.json",
        )
        for lang, sha256 in SHA256[name].items()
    ]


def read_benchmark(folder: Path, languages: list[str]) -> Benchmark:
    """Return the benchmark in ``folder``'s ``LANG.json`` files, of ``languages`` or, where empty, of all.

    Relevant to a query is, in each language that asks the same question, the sentence in which that language's answer
    begins.

    Raises:
        UserError: no file, or a file that is not in the published format.
    """
    paths = [path for path in sorted(folder.glob("*.json")) if path.stem != "SOURCE"]
    chosen = [path for path in paths if not languages or path.stem in languages]
    if not chosen:
        raise UserError(
            f"{folder}: no LANG.json of {languages or 'any language'}, expected the files of XQuAD-R or MLQA-R"
        )
    queries: list[Query] = []
    passages: list[Passage] = []
    holders: dict[str, list[str]] = {}  # question -> the passages that hold its answer
    for path in chosen:
        for question_id, text, passage_id in _read_language(path, passages):
            queries.append(Query(f"{question_id}:{path.stem}", question_id, path.stem, text))
            holders.setdefault(question_id, []).append(passage_id)
    qrels = [Qrel(query.query_id, passage_id, 1) for query in queries for passage_id in holders[query.question_id]]
    return Benchmark(
        queries=pd.DataFrame(queries).sort_values(["lang", "query_id"], ignore_index=True),
        passages=pd.DataFrame(passages).sort_values(["lang", "passage_id"], ignore_index=True),
        qrels=pd.DataFrame(qrels).sort_values(["query_id", "passage_id"], ignore_index=True),
    )


def _read_language(path: Path, passages: list[Passage]) -> Iterator[tuple[str, str, str]]:
    """Append a file's sentences to ``passages``; yield (question id, question, id of the sentence with its answer)."""
    try:
        for number, paragraph in enumerate(p for article in read_json(path)["data"] for p in article["paragraphs"]):
            ids = [f"{number:04d}-{i:02d}:{path.stem}" for i in range(len(paragraph["sentences"]))]
            passages.extend(Passage(i, path.stem, text) for i, text in zip(ids, paragraph["sentences"], strict=True))
            for question in paragraph["qas"]:
                yield question["id"], question["question"], ids[_answer_sentence(paragraph, question, path)]
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise UserError(f"{path}: not in XQuAD-R's format ({error!r}); delete it and fetch it again") from None


def _answer_sentence(paragraph: dict[str, Any], question: dict[str, Any], path: Path) -> int:
    """Return which sentence the answer begins in; character offsets, end exclusive."""
    start = question["answers"][0]["answer_start"]
    for i, (begin, end) in enumerate(paragraph["sentence_breaks"]):
        if begin <= start < end:
            return i
    raise UserError(f"{path}: the answer to {question['id']} begins at {start}, outside every sentence")
