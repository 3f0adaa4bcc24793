"""XQuAD-R and MLQA-R: questions with the sentences that answer them, in several languages; two benchmarks.

The files are SQuAD's with sentence breaks. A passage is a sentence.

Source: LAReQA (arXiv 2004.05484), https://github.com/google-research-datasets/lareqa. XQuAD-R is CC BY-SA 4.0; MLQA-R
is CC BY-NC 4.0.
"""

from pathlib import Path
from typing import Any, NamedTuple

from stages.hybrid.corpora.collection import BenchmarkSet
from stages.hybrid.corpora.formats.text_rows import check_lang, text_of
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_json
from stages.hybrid.ground.layout import SOURCE_FILE
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.sources.public_files import PublicFiles, RemoteFile

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
AGAIN = "delete the file and fetch it again"


class Asked(NamedTuple):
    """A question in one language, with the sentence of that language in which its answer begins."""

    question_id: str
    question: str
    passage_id: str


def read_benchmark(folder: Path, languages: list[str]) -> Benchmark:
    """Return the benchmark in the files ``LANG.json`` of ``folder``, in ``languages``, or in all if empty.

    A query has one relevant passage in each language that asks the same question: the sentence in which that language's
    answer begins.

    Raises:
        UserError: There is no file, or a file is not in the published format or not named by a language.
    """
    paths = [path for path in sorted(folder.glob("*.json")) if path.name != SOURCE_FILE]
    chosen = [path for path in paths if not languages or path.stem in languages]
    if not chosen:
        found = ", ".join(path.stem for path in paths) or "no LANG.json"
        raise UserError(
            f"{folder}: has {found}, expected a file of XQuAD-R or MLQA-R in {', '.join(languages) or 'any language'}; "
            "run the stage fetch, or change evaluation_languages in params.yaml"
        )
    asked_in: list[tuple[str, Asked]] = []
    passages: list[Passage] = []
    holders: dict[str, list[str]] = {}  # question -> the passages that hold its answer
    for path in chosen:
        lang = check_lang(path.stem, str(path), advice="rename the file")
        sentences, questions = _read_language(path)
        passages += sentences
        for asked in questions:
            asked_in.append((lang, asked))
            holders.setdefault(asked.question_id, []).append(asked.passage_id)
    pages = _pages_of(holders)
    queries = [
        Query(f"{asked.question_id}:{lang}", asked.question_id, lang, asked.question, pages[asked.question_id])
        for lang, asked in asked_in
    ]
    qrels = [Qrel(query.query_id, passage_id, 1) for query in queries for passage_id in holders[query.question_id]]
    return Benchmark.from_rows(queries, passages, qrels)


def _pages_of(holders: dict[str, list[str]]) -> dict[str, str]:
    """Return the page of each question. Questions share a page if they share a paragraph in some language.

    In MLQA-R, the languages of a question have different articles. So two questions can share a paragraph in one
    language and not in another. The page is named by the first of its paragraphs.

    Args:
        holders: The passages that hold the answer of each question, one for each of its languages.
    """
    page_of: dict[str, str] = {}  # paragraph -> page
    for passages in holders.values():
        paragraphs = {_paragraph_of(passage) for passage in passages}
        joined = {page_of.setdefault(paragraph, paragraph) for paragraph in paragraphs}
        page_of |= {paragraph: min(joined) for paragraph, page in page_of.items() if page in joined}
    return {question: page_of[_paragraph_of(passages[0])] for question, passages in holders.items()}


def _paragraph_of(passage_id: str) -> str:
    """Return the paragraph of a passage, such as 0012:de for 0012-03:de."""
    sentence, _, lang = passage_id.partition(":")
    return f"{sentence.partition('-')[0]}:{lang}"


def _read_language(path: Path) -> tuple[list[Passage], list[Asked]]:
    """Return a file's sentences, and its questions.

    Raises:
        UserError: The file is not in XQuAD-R's format, a sentence, a question or its id is not a text, or an answer
            begins outside the sentences.
    """
    sentences: list[Passage] = []
    questions: list[Asked] = []
    try:
        for number, paragraph in enumerate(p for article in read_json(path)["data"] for p in article["paragraphs"]):
            texts = _sentences_of(paragraph, path)
            ids = [f"{number:04d}-{i:02d}:{path.stem}" for i in range(len(texts))]
            sentences += (Passage(i, path.stem, text) for i, text in zip(ids, texts, strict=True))
            for question in paragraph["qas"]:
                holder = ids[_answer_sentence(paragraph, question, path)]
                question_id, text = (text_of(question, key, str(path), advice=AGAIN) for key in ("id", "question"))
                questions.append(Asked(question_id, text, holder))
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        raise UserError(f"{path}: not in XQuAD-R's format ({error!r}); {AGAIN}") from None
    return sentences, questions


def _sentences_of(paragraph: dict[str, Any], path: Path) -> list[str]:
    """Return the sentences of a paragraph.

    Raises:
        UserError: They are not a list, or one of them is not a text.
    """
    found = paragraph["sentences"]
    if not isinstance(found, list):
        raise UserError(f"{path}: sentences is {found!r}, expected a list of texts; {AGAIN}")
    return [text_of({"sentence": text}, "sentence", str(path), advice=AGAIN) for text in found]


def _answer_sentence(paragraph: dict[str, Any], question: dict[str, Any], path: Path) -> int:
    """Return the number of the sentence in which the answer begins; offsets are characters, the end is exclusive.

    Raises:
        UserError: The answer begins outside the sentences.
    """
    start = question["answers"][0]["answer_start"]
    for i, (begin, end) in enumerate(paragraph["sentence_breaks"]):
        if begin <= start < end:
            return i
    raise UserError(
        f"{path}: the answer to {question['id']} begins at character {start}, expected a place in a sentence; {AGAIN}"
    )


def _home(name: str) -> PublicFiles:
    folder = name.replace("_", "-")
    files = (
        RemoteFile(
            path=f"{lang}.json",
            url=f"{HOME}/{COMMITS[name]}/{folder}/{lang}.json",
            sha256=sha256,
            mirror_path=f"{folder}/{lang}.json",
        )
        for lang, sha256 in SHA256[name].items()
    )
    return PublicFiles(tuple(files))


PUBLISHED = "[LAReQA](https://github.com/google-research-datasets/lareqa)"
COLLECTIONS = (
    BenchmarkSet(
        name="xquad_r",
        description="XQuAD-R (LAReQA, arXiv 2004.05484): a query is a question, a passage is a sentence of Wikipedia. "
        "Each of the 1,190 questions is asked in 11 languages. The relevant passage in each language is the sentence "
        "that holds the answer.",
        languages=tuple(SHA256["xquad_r"]),
        licence="CC-BY-SA-4.0",
        source=PUBLISHED,
        home=_home("xquad_r"),
        checked="all files",
        read=read_benchmark,
    ),
    BenchmarkSet(
        name="mlqa_r",
        description="MLQA-R (LAReQA, arXiv 2004.05484): a query is a question, a passage is a sentence of Wikipedia. "
        "Each of the 1,148 questions is asked in 2 to 4 of 7 languages. The relevant passage in each of these "
        "languages is the sentence that holds the answer.",
        languages=tuple(SHA256["mlqa_r"]),
        licence="CC-BY-NC-4.0",
        source=PUBLISHED,
        home=_home("mlqa_r"),
        checked="all files",
        read=read_benchmark,
    ),
)
