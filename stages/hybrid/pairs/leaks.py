"""Leaks: texts of a benchmark among the training pairs, equal or nearly equal."""

import pandas as pd

from stages.hybrid.languages import comparison_key
from stages.hybrid.pairs.near_duplicates import near_matches
from stages.hybrid.records import Benchmark

NAMED_LEAKS = 5  # how many leaks a message names
COLUMNS = ["row", "group_id", "lang", "side", "benchmark", "text_id", "match"]


def find_leaks(pairs: pd.DataFrame, benchmarks: dict[str, Benchmark]) -> pd.DataFrame:
    """Return the training pairs that share a text with a benchmark, one row for each pair, side and benchmark.

    Queries are compared with queries, and passages with passages. Rows are sorted by (row, side, benchmark).
    The columns are:

    - row: the index of the pair in ``pairs``;
    - group_id, lang: those of the pair;
    - side: query or passage;
    - benchmark: its name;
    - text_id: the id of the benchmark's query or passage;
    - match: ``equal`` if the texts differ only in case, punctuation and spacing, whatever their languages. ``near`` if
      they are nearly equal (`near_matches`) and in one language.
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
    """Return the first leaks in words, as "GROUP (LANG) has SIDE ID of BENCHMARK", and the number of the others."""
    shown = [
        f"{leak.group_id} ({leak.lang}) {'has' if leak.match == 'equal' else 'nearly has'} {leak.side} {leak.text_id} "
        f"of {leak.benchmark}"
        for leak in leaks.head(NAMED_LEAKS).itertuples()
    ]
    more = len(leaks) - len(shown)
    return "; ".join([*shown, f"and {more} more"] if more else shown)


def _texts_of(benchmarks: dict[str, Benchmark], side: str) -> pd.DataFrame:
    """Return the benchmarks' queries or passages with their comparison keys: benchmark, lang, key, text_id."""
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
    """Return the keys of ``own`` that are nearly equal to keys of ``texts`` in one language: lang, key, near_key."""
    found = [pd.DataFrame(columns=["lang", "key", "near_key"])]
    for lang, rows in own[own["key"] != ""].groupby("lang"):
        keys, others = rows["key"].unique(), texts.loc[texts["lang"] == lang, "key"].unique()
        left, right = near_matches(list(keys), list(others)).T
        found.append(pd.DataFrame({"lang": lang, "key": keys[left], "near_key": others[right]}))
    return pd.concat(found)
