"""Leaks: texts of a benchmark among the training pairs, equal or nearly equal."""

from functools import cache

import pandas as pd

from stages.hybrid.languages import comparison_key
from stages.hybrid.pairs.near_duplicates import near_matches
from stages.hybrid.records import Benchmark

NAMED_GROUPS = 5  # how many groups with a leak a message names
COLUMNS = ["row", "group_id", "lang", "side", "benchmark", "benchmark_side", "text_id", "match"]
ONCE = ["row", "side", "benchmark", "benchmark_side"]  # two leaks differ in one of these


def find_leaks(pairs: pd.DataFrame, benchmarks: dict[str, Benchmark]) -> pd.DataFrame:
    """Return the training pairs that share a text with a benchmark.

    Each query and passage of a pair is compared with each query and passage of a benchmark. A pair has one row for each
    of its sides, each benchmark and each side of the benchmark. Rows are sorted by these. The columns are:

    - row: the index of the pair in ``pairs``;
    - group_id, lang: those of the pair;
    - side: query or passage, of the pair;
    - benchmark: its name;
    - benchmark_side: query or passage, of the benchmark;
    - text_id: the id of the benchmark's query or passage;
    - match: ``equal`` if the texts differ only in case, punctuation and spacing, whatever their languages. ``near`` if
      they are nearly equal (`near_matches`) and in one language.
    """
    if not benchmarks:
        return pd.DataFrame(columns=COLUMNS)
    own, texts = _texts_of_pairs(pairs), _texts_of_benchmarks(benchmarks)
    equal = own.merge(texts.drop(columns="lang"), on="key").assign(match="equal")
    near = own.merge(_near_keys(own, texts), on=["lang", "key"])
    near = near.merge(texts.rename(columns={"key": "near_key"}), on=["lang", "near_key"]).assign(match="near")
    return pd.concat([equal[COLUMNS], near[COLUMNS]]).drop_duplicates(ONCE).sort_values(ONCE, ignore_index=True)


def name_leaks(leaks: pd.DataFrame) -> str:
    """Return the first groups with a leak in words, each with its first leak, and the number of the others."""
    groups = leaks.drop_duplicates("group_id")
    shown = [
        f"{leak.group_id} (its {leak.lang} {leak.side} {'equals' if leak.match == 'equal' else 'nearly equals'} "
        f"{leak.benchmark_side} {leak.text_id} of {leak.benchmark})"
        for leak in groups.head(NAMED_GROUPS).itertuples()
    ]
    more = len(groups) - len(shown)
    return "; ".join([*shown, f"and {more} more"] if more else shown)


def _texts_of_pairs(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the queries and the passages with their comparison keys: group_id, lang, row, side, key."""
    sides = [
        pairs[["group_id", "lang"]].assign(row=pairs.index, side=side, key=pairs[side]) for side in ("query", "passage")
    ]
    return _with_keys(pd.concat(sides))


def _texts_of_benchmarks(benchmarks: dict[str, Benchmark]) -> pd.DataFrame:
    """Return the distinct texts with their comparison keys: benchmark, benchmark_side, lang, text_id, key."""
    columns = ["benchmark", "benchmark_side", "lang", "text_id", "key"]
    tables = [
        table.assign(benchmark=name, benchmark_side=side, text_id=table[f"{side}_id"], key=table["text"])[columns]
        for name, benchmark in benchmarks.items()
        for side, table in (("query", benchmark.queries), ("passage", benchmark.passages))
    ]
    return _with_keys(pd.concat(tables)).drop_duplicates(["benchmark", "benchmark_side", "lang", "key"])


def _with_keys(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``table`` with comparison keys in place of the texts in ``key``, without empty keys."""
    table = table.assign(key=table["key"].map(cache(comparison_key)))  # texts of parallel text occur twice
    return table[table["key"] != ""]


def _near_keys(own: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    """Return the keys of ``own`` that are nearly equal to keys of ``texts`` in one language: lang, key, near_key."""
    found = [pd.DataFrame(columns=["lang", "key", "near_key"])]
    for lang, rows in own.groupby("lang"):
        keys, others = rows["key"].unique(), texts.loc[texts["lang"] == lang, "key"].unique()
        left, right = near_matches(list(keys), list(others)).T
        found.append(pd.DataFrame({"lang": lang, "key": keys[left], "near_key": others[right]}))
    return pd.concat(found)
