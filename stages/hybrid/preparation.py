"""From raw pairs to training pairs: what leaks out of a benchmark is found, pages are held out, twins are named."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pandas as pd

from stages.hybrid.errors import UserError
from stages.hybrid.languages import comparison_key
from stages.hybrid.records import Benchmark, Pair
from stages.hybrid.twins import twin_ids

LEAK_RULES = ("stop", "drop", "allow")
NAMED_LEAKS = 3  # how many the error message shows


@dataclass(frozen=True)
class PrepareSettings:
    """How training pairs are prepared.

    ``held_out_share``: share of the pages, in [0, 1), kept out of training for validation.
    ``leaks``: what to do with training pairs whose query or passage is one of a benchmark: ``stop``, ``drop`` or
    ``allow``.
    """

    held_out_share: float
    leaks: str

    def __post_init__(self) -> None:
        if not 0 <= self.held_out_share < 1:
            raise UserError(f"held_out_share is {self.held_out_share}, expected at least 0 and below 1")
        if self.leaks not in LEAK_RULES:
            raise UserError(f"leaks is {self.leaks!r}, expected one of {', '.join(LEAK_RULES)}")


def prepare_pairs(
    name: str, pairs: list[Pair], benchmarks: dict[str, Benchmark], settings: PrepareSettings
) -> pd.DataFrame:
    """Return the training table: the columns of `Pair`, ``twin_id`` and ``held_out``, sorted by (group_id, lang).

    Raises:
        UserError: there is no pair, or a benchmark's text is among them and leaks stop the run.
    """
    if not pairs:
        raise UserError(f"data set {name}: no pair in the languages asked for; check languages in params.yaml")
    table = pd.DataFrame(pairs).sort_values(["group_id", "lang"], ignore_index=True)
    leaks = find_leaks(table, benchmarks)
    if settings.leaks == "stop" and len(leaks):
        shown = "; ".join(
            f"{row.group_id} ({row.lang}) in {row.benchmark}" for row in leaks.head(NAMED_LEAKS).itertuples()
        )
        raise UserError(
            f"data set {name}: {len(leaks)} training pairs hold a text of a benchmark, {shown}; "
            "drop them from the data, or set prepare.leaks to drop or allow"
        )
    if settings.leaks == "drop":
        table = table[~table.index.isin(leaks["row"])].reset_index(drop=True)
    table["twin_id"] = twin_ids(table)
    table["held_out"] = held_out_pages(table["page_id"], settings.held_out_share)
    # a group that says the same as one in training would make validation look better than it is
    trained = set(table.loc[~table["held_out"], "twin_id"])
    return table[~table["held_out"] | ~table["twin_id"].isin(trained)].reset_index(drop=True)


def find_leaks(pairs: pd.DataFrame, benchmarks: dict[str, Benchmark]) -> pd.DataFrame:
    """Return the training pairs that share a text with a benchmark: row, group_id, lang, side, benchmark.

    Texts are equal if they are so but for case, punctuation and spacing. Queries are held against queries, passages
    against passages.
    """
    found = []
    for benchmark, texts in benchmarks.items():
        for side, table in (("query", texts.queries), ("passage", texts.passages)):
            known = set(table["text"].map(comparison_key)) - {""}
            hits = pairs.index[pairs[side].map(comparison_key).isin(known)]
            found += [(row, pairs.at[row, "group_id"], pairs.at[row, "lang"], side, benchmark) for row in hits]
    return pd.DataFrame(found, columns=["row", "group_id", "lang", "side", "benchmark"])


def held_out_pages(pages: pd.Series, share: float) -> pd.Series:
    """Return which rows' pages are held out: a page's lot hangs on its name alone, so it is the same in every run."""
    lots = {page: int(sha256(page.encode()).hexdigest()[:8], 16) / 2**32 for page in pages.unique()}
    return pages.map(lots) < share


def describe_pairs(table: pd.DataFrame, read: list[Pair], benchmarks: dict[str, Benchmark]) -> dict[str, Any]:
    """Return counts of a training table: pairs read, leaks among them, pairs for training by language, held out."""
    train = table[~table["held_out"]]
    leaks = find_leaks(pd.DataFrame(read), benchmarks).groupby(["benchmark", "side"]).size()
    families = train.groupby("twin_id")["group_id"].nunique()  # twins and all that they chain together
    return {
        "pairs_read": len(read),
        "leaking_pairs": {f"{benchmark} {side}": int(count) for (benchmark, side), count in leaks.items()},
        "training_pairs": len(train),
        "training_groups": int(train["group_id"].nunique()),
        "held_out_pairs": int(table["held_out"].sum()),
        "groups_with_a_twin": int(families[families > 1].sum()),
        "most_groups_of_one_meaning": int(families.max()) if len(families) else 0,
        "pairs_by_language": {str(lang): int(n) for lang, n in train["lang"].value_counts().sort_index().items()},
        "sha256_of_text": sha256("\n".join(table["query"] + "\t" + table["passage"]).encode()).hexdigest(),
    }


def describe_benchmark(benchmark: Benchmark) -> dict[str, Any]:
    """Return a benchmark's counts: queries and passages by language, judgements, and a hash of its text."""
    texts = "\n".join([*benchmark.queries["text"], *benchmark.passages["text"]])
    return {
        "queries_by_language": {
            str(lang): int(n) for lang, n in benchmark.queries["lang"].value_counts().sort_index().items()
        },
        "passages_by_language": {
            str(lang): int(n) for lang, n in benchmark.passages["lang"].value_counts().sort_index().items()
        },
        "judgements": len(benchmark.qrels),
        "sha256_of_text": sha256(texts.encode()).hexdigest(),
    }
