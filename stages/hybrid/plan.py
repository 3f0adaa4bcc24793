"""The plan, data/batches.parquet: every batch in training order, and what the plan is made of."""

from collections import Counter
from typing import Any

import pandas as pd

from stages.hybrid.sampler import Batch, PairIndex, Sampler


def draw_plan(sampler: Sampler) -> pd.DataFrame:
    """Return the plan: a row a batch, with the columns of `Batch`."""
    return pd.DataFrame([sampler.draw(step) for step in range(sampler.settings.batches)], columns=Batch._fields)


def summarise_plan(plan: pd.DataFrame, datasets: list[PairIndex]) -> dict[str, Any]:
    """Return counts of batches by kind and of pairs by language pair, how often pairs were used, and what never was.

    ``unused_languages`` and ``unused_groups`` count what the data sets hold and the plan never draws.
    ``crowded_pairs`` counts pairs that share a page or a meaning with another of their batch; the loss masks these.
    """
    kinds = plan["kind"].value_counts().sort_index()
    directions = Counter(
        f"{query}>{passage}"
        for queries, passages in zip(plan["query_langs"], plan["passage_langs"], strict=True)
        for query, passage in zip(queries, passages, strict=True)
    )
    return {
        "batches": len(plan),
        "pairs": int(plan["group_ids"].map(len).sum()),
        "batches_by_kind": {str(kind): int(count) for kind, count in kinds.items()},
        "monolingual_share": float((plan["kind"] == "monolingual").mean()),
        "pairs_by_direction": dict(sorted(directions.items())),
        "datasets": [_summarise_use(plan[plan["dataset"] == data.name], data) for data in datasets],
    }


def _summarise_use(plan: pd.DataFrame, data: PairIndex) -> dict[str, Any]:
    """Return what of one data set the plan uses."""
    used = Counter(group for groups in plan["group_ids"] for group in groups)
    languages = {language for column in ("query_langs", "passage_langs") for row in plan[column] for language in row}
    return {
        "dataset": data.name,
        "batches": len(plan),
        "pairs_by_language": {lang: int(size) for lang, size in zip(data.languages, data.sizes, strict=True)},
        "groups": len(data.group_ids),
        "unused_groups": len(data.group_ids) - len(used),
        "most_uses_of_a_group": max(used.values(), default=0),
        "unused_languages": [language for language in data.languages if language not in languages],
        "crowded_pairs": sum(_crowded(groups, data) for groups in plan["group_ids"]),
    }


def _crowded(groups: list[str], data: PairIndex) -> int:
    """Return how many of a batch's pairs share a page or a meaning with an earlier one."""
    rows = [int(row) for row in pd.Index(data.group_ids).get_indexer(pd.Index(groups))]
    pages, twins = set(), set()
    crowded = 0
    for row in rows:
        crowded += data.pages[row] in pages or data.twins[row] in twins
        pages.add(data.pages[row])
        twins.add(data.twins[row])
    return crowded
