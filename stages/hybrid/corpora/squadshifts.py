"""SQuADShifts: English questions about Wikipedia, newspapers, Reddit and product reviews; a passage is a paragraph.

It can be a benchmark, or the set whose loss decides when training stops. ``squadshifts`` is all four domains,
``squadshifts_DOMAIN`` is one of them.

Source: J. Miller et al., "The Effect of Natural Distribution Shift on Question Answering Models", ICML 2020,
https://github.com/modestyachts/squadshifts-website. CC BY 4.0.
"""

from pathlib import Path

from stages.hybrid.corpora.collection import SMALL_FILES, BenchmarkSet
from stages.hybrid.corpora.formats.squad import read_squad
from stages.hybrid.ground.errors import UserError
from stages.hybrid.languages import choose_languages
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.sources.public_files import PublicFiles, RemoteFile

HOME = "https://raw.githubusercontent.com/modestyachts/squadshifts-website/b7cc4d50af791c36c49417fb94dd739d6a9e7bef"
SHA256 = {
    "new_wiki": "1d50a0ca4cdab88d038b52ea8a2d0510af6038d7f41a0a256b9659237769d0ee",
    "nyt": "fd55ae252cc735a695fab4473d4cd605b154183ac3b3eb63068f53cfc86f36d6",
    "reddit": "b4ac346dbf1816fdec80fdcf91d06a4b754fa51e47960fa8614a94f37ea42a4b",
    "amazon_reviews": "9db7bdee84a91f0fb80b9e74f365042fbbb217cb8e0a7e73bb071245472589b6",
}
TEXTS = {  # by domain
    "new_wiki": "Wikipedia",
    "nyt": "articles of the New York Times",
    "reddit": "posts on Reddit",
    "amazon_reviews": "reviews of products on Amazon",
}
NAMES = {
    "squadshifts": list(SHA256),
    "squadshifts_new_wiki": ["new_wiki"],
    "squadshifts_nyt": ["nyt"],
    "squadshifts_reddit": ["reddit"],
    "squadshifts_amazon": ["amazon_reviews"],
}
READ_WHOLE = ["new_wiki"]  # domains whose published file the reader has read


def read_benchmark(folder: Path, languages: list[str]) -> Benchmark:
    """Return the benchmark in all ``DOMAIN_v1.0.json`` files of ``folder``.

    A question's relevant passage is the paragraph that it was asked about.

    Raises:
        UserError: ``languages`` lack "en", there is no file, or a file is not in SQuAD's format.
    """
    choose_languages(["en"], languages, source=str(folder))
    paths = sorted(folder.glob("*_v1.0.json"))
    if not paths:
        raise UserError(f"{folder}: has no DOMAIN_v1.0.json, expected files of SQuADShifts; run the stage fetch")
    queries, qrels = [], []
    passages: dict[str, Passage] = {}
    for path in paths:
        domain = path.name.removesuffix("_v1.0.json")
        for asked in read_squad(path.read_bytes(), str(path)):
            query_id, passage_id = f"{domain}-{asked.question_id}:en", f"{domain}-{asked.place}:en"
            queries.append(Query(query_id, query_id, "en", asked.question, passage_id))
            passages[passage_id] = Passage(passage_id, "en", asked.paragraph)
            qrels.append(Qrel(query_id, passage_id, 1))
    return Benchmark.from_rows(queries, passages.values(), qrels)


def _remote_file(domain: str) -> RemoteFile:
    file = f"{domain}_v1.0.json"
    return RemoteFile(file, f"{HOME}/datasets/{file}", SHA256[domain], mirror_path=f"squadshifts/{file}")


def _checked(domains: list[str]) -> str:
    whole = [domain for domain in domains if domain in READ_WHOLE]
    if whole == domains:
        return "all files"
    return f"the file of {', '.join(whole)}; of the others {SMALL_FILES}" if whole else SMALL_FILES


def _collection(name: str, domains: list[str]) -> BenchmarkSet:
    texts = ", ".join(TEXTS[domain] for domain in domains)
    return BenchmarkSet(
        name=name,
        description=f"SQuADShifts: a query is a question, the passage is the paragraph it was asked about, both in "
        f"English. The paragraphs are from {texts}.",
        languages=("en",),
        licence="CC-BY-4.0",
        source="[SQuADShifts](https://modestyachts.github.io/squadshifts-website/)",
        home=PublicFiles(tuple(map(_remote_file, domains))),
        checked=_checked(domains),
        read=read_benchmark,
    )


COLLECTIONS = tuple(_collection(name, domains) for name, domains in NAMES.items())
