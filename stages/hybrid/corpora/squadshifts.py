"""SQuADShifts: English questions over Wikipedia, newspapers, Reddit and product reviews; a passage is a paragraph.

A benchmark, or what early stopping listens to. ``squadshifts`` is all four, ``squadshifts_DOMAIN`` one.

Source: J. Miller et al., "The Effect of Natural Distribution Shift on Question Answering Models", ICML 2020,
https://github.com/modestyachts/squadshifts-website. CC BY 4.0.
"""

from pathlib import Path

import pandas as pd

from stages.hybrid.corpora.formats.squad import read_squad
from stages.hybrid.ground.errors import UserError
from stages.hybrid.languages import choose_languages
from stages.hybrid.records import Benchmark, Passage, Qrel, Query
from stages.hybrid.sources.downloads import RemoteFile

HOME = "https://raw.githubusercontent.com/modestyachts/squadshifts-website/b7cc4d50af791c36c49417fb94dd739d6a9e7bef"
SHA256 = {
    "new_wiki": "1d50a0ca4cdab88d038b52ea8a2d0510af6038d7f41a0a256b9659237769d0ee",
    "nyt": "fd55ae252cc735a695fab4473d4cd605b154183ac3b3eb63068f53cfc86f36d6",
    "reddit": "b4ac346dbf1816fdec80fdcf91d06a4b754fa51e47960fa8614a94f37ea42a4b",
    "amazon_reviews": "9db7bdee84a91f0fb80b9e74f365042fbbb217cb8e0a7e73bb071245472589b6",
}
NAMES = {
    "squadshifts": list(SHA256),
    "squadshifts_new_wiki": ["new_wiki"],
    "squadshifts_nyt": ["nyt"],
    "squadshifts_reddit": ["reddit"],
    "squadshifts_amazon": ["amazon_reviews"],
}


def files(name: str) -> list[RemoteFile]:
    """Return the files of the benchmark ``name``, pinned by commit and checksum."""
    return [
        RemoteFile(
            path=f"{domain}_v1.0.json",
            url=f"{HOME}/datasets/{domain}_v1.0.json",
            sha256=SHA256[domain],
            mirror_path=f"squadshifts/{domain}_v1.0.json",
        )
        for domain in NAMES[name]
    ]


def read_benchmark(folder: Path, languages: list[str]) -> Benchmark:
    """Return the benchmark in all ``DOMAIN_v1.0.json`` files of ``folder``; relevant is a question's own paragraph.

    Raises:
        UserError: ``languages`` lack "en", there is no file, or one is not in SQuAD's format.
    """
    choose_languages(["en"], languages, source=str(folder))
    paths = sorted(folder.glob("*_v1.0.json"))
    if not paths:
        raise UserError(f"{folder}: no DOMAIN_v1.0.json, expected the files of SQuADShifts; run the stage fetch")
    queries, qrels = [], []
    passages: dict[str, Passage] = {}
    for path in paths:
        domain = path.name.removesuffix("_v1.0.json")
        for asked in read_squad(path.read_bytes(), str(path)):
            query_id, passage_id = f"{domain}-{asked.question_id}:en", f"{domain}-{asked.place}:en"
            queries.append(Query(query_id, query_id, "en", asked.question))
            passages[passage_id] = Passage(passage_id, "en", asked.paragraph)
            qrels.append(Qrel(query_id, passage_id, 1))
    return Benchmark(
        queries=pd.DataFrame(queries).sort_values("query_id", ignore_index=True),
        passages=pd.DataFrame(list(passages.values())).sort_values("passage_id", ignore_index=True),
        qrels=pd.DataFrame(qrels).sort_values(["query_id", "passage_id"], ignore_index=True),
    )
