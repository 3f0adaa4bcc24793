"""Benchmark texts among training pairs: equal after normalisation, or nearly so in the same language."""

import pandas as pd

from stages.hybrid.languages import comparison_key
from stages.hybrid.pairs.near_duplicates import near_matches
from stages.hybrid.records import Benchmark

MIN_JACCARD = 0.8  # of the character shingles of two texts that are nearly equal
NAMED_LEAKS = 5  # that a message shows
COLUMNS = ["row", "group_id", "lang", "side", "benchmark", "text_id", "match"]


def find_leaks(pairs: pd.DataFrame, benchmarks: dict[str, Benchmark]) -> pd.DataFrame:
    """Return the training pairs that share a text with a benchmark, each once a side and benchmark, sorted by row.

    Columns: row (of ``pairs``), group_id, lang, side, benchmark, text_id (of the benchmark's query or passage), match.
    Queries are held against queries, passages against passages. ``match`` is ``equal`` where the texts are so but for
    case, punctuation and spacing, in any languages; ``near`` where they are nearly so (`near_matches`) and of one
    language.
    """
    found = [pd.DataFrame(columns=COLUMNS)]
    for side in ("query", "passage") if benchmarks else ():
        own = pairs[["group_id", "lang"]].assign(row=pairs.index, key=pairs[side].map(comparison_key), side=side)
        texts = _texts_of(benchmarks, side)
        equal = own.merge(texts.drop(columns="lang"), on="key")
        near = own.merge(_near_keys(own, texts), on=["lang", "key"])
        near = near.merge(texts.rename(columns={"key": "near_key"}), on=["lang", "near_key"])
        found += [equal.assign(match="equal")[COLUMNS], near.assign(match="near")[COLUMNS]]
    leaks = pd.concat(found).drop_duplicates(["row", "side", "benchmark"])
    return leaks.sort_values(["row", "side", "benchmark"], ignore_index=True)


def name_leaks(leaks: pd.DataFrame) -> str:
    """Return the first leaks as "GROUP (LANG) has SIDE ID of BENCHMARK", and how many there are more."""
    shown = [
        f"{leak.group_id} ({leak.lang}) {'has' if leak.match == 'equal' else 'nearly has'} {leak.side} {leak.text_id} "
        f"of {leak.benchmark}"
        for leak in leaks.head(NAMED_LEAKS).itertuples()
    ]
    more = len(leaks) - len(shown)
    return "; ".join([*shown, f"and {more} more"] if more else shown)


def _texts_of(benchmarks: dict[str, Benchmark], side: str) -> pd.DataFrame:
    """Return the benchmarks' queries or passages by what they say: benchmark, lang, key, text_id."""
    tables = []
    for name, benchmark in benchmarks.items():
        table = benchmark.queries if side == "query" else benchmark.passages
        keys = table["text"].map(comparison_key)
        tables.append(
            pd.DataFrame({"benchmark": name, "lang": table["lang"], "key": keys}).assign(text_id=table[f"{side}_id"])
        )
    texts = pd.concat(tables)
    return texts[texts["key"] != ""].drop_duplicates(["benchmark", "lang", "key"])


def _near_keys(own: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    """Return which keys of ``own`` are nearly which of ``texts``, in one language: lang, key, near_key."""
    found = [pd.DataFrame(columns=["lang", "key", "near_key"])]
    for lang, rows in own[own["key"] != ""].groupby("lang"):
        keys, others = rows["key"].unique(), texts.loc[texts["lang"] == lang, "key"].unique()
        left, right = near_matches(list(keys), list(others), MIN_JACCARD).T
        found.append(pd.DataFrame({"lang": lang, "key": keys[left], "near_key": others[right]}))
    return pd.concat(found)
