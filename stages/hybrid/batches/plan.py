"""The plan (data/plan.parquet), which lists every batch in training order, and its summary (data/plan_summary.json)."""

import math
from collections import Counter
from typing import Any

import pandas as pd

from stages.hybrid.batches.dataset_shares import expect_dataset_shares
from stages.hybrid.batches.pair_index import PairIndex
from stages.hybrid.batches.plan_composition import compare_languages
from stages.hybrid.batches.sampler import Sampler
from stages.hybrid.fair_negatives import Occupied
from stages.hybrid.records import Batch


def draw_plan(sampler: Sampler) -> pd.DataFrame:
    """Return the plan: one row for each batch, in training order, with the columns of `Batch`."""
    return pd.DataFrame([sampler.draw(step) for step in range(sampler.params.batches)], columns=Batch._fields)


def summarise_plan(plan: pd.DataFrame, sampler: Sampler) -> dict[str, Any]:
    """Return the plan's shares beside the expected shares, and how much of the training sets it uses.

    ``languages`` has the columns of `compare_languages`, ``pairs`` and ``unused_pairs``: the number of pairs that the
    training sets have, and the number of those of which neither the query nor the passage is in the plan.
    ``expected_share`` of a training set is that of `expect_dataset_shares`.
    """
    kinds = plan["kind"].value_counts().sort_index()
    shares = expect_dataset_shares(sampler)
    held, unused = _count_unused(plan, sampler.datasets)
    table = compare_languages(plan, sampler)
    table.insert(1, "pairs", [held[lang] for lang in table["lang"]])
    table.insert(2, "unused_pairs", [unused[lang] for lang in table["lang"]])
    return {
        "batches": len(plan),
        "pairs": int(plan["group_ids"].map(len).sum()),
        "batches_by_kind": {str(kind): int(count) for kind, count in kinds.items()},
        "monolingual": _summarise_ratio(plan, sampler),
        "languages": table.to_dict("records"),
        "datasets": [
            _summarise_use(plan[plan["dataset"] == data.name], data, sampler) | {"expected_share": shares[data.name]}
            for data in sampler.datasets
        ],
    }


def _summarise_ratio(plan: pd.DataFrame, sampler: Sampler) -> dict[str, Any]:
    """Return the share of monolingual batches, the expected share, and whether they differ by at most 3 errors."""
    share = float((plan["kind"] == "monolingual").mean())
    expected = sampler.params.kinds.get("monolingual", 0.0)
    error = math.sqrt(expected * (1 - expected) / len(plan))
    within = abs(share - expected) <= 3 * error
    return {"share": share, "expected": expected, "standard_error": error, "within_three": within}


def _count_unused(plan: pd.DataFrame, datasets: list[PairIndex]) -> tuple[Counter[str], Counter[str]]:
    """Return, by language, the number of pairs, and of pairs of which neither text is in the plan."""
    held: Counter[str] = Counter()
    unused: Counter[str] = Counter()
    for data in datasets:
        drawn = plan[plan["dataset"] == data.name]
        used: set[tuple[str, str]] = set()
        for side in ("query_langs", "passage_langs"):
            used |= set(zip(drawn["group_ids"].explode(), drawn[side].explode(), strict=True))
        uses = Counter(lang for _, lang in used)
        for lang, size in zip(data.languages, data.sizes, strict=True):
            held[lang] += int(size)
            unused[lang] += int(size) - uses[lang]
    return held, unused


def _summarise_use(plan: pd.DataFrame, data: PairIndex, sampler: Sampler) -> dict[str, Any]:
    """Return how much of one training set the plan uses. ``plan`` has only the batches from this set.

    - ``kinds_left_out``: the kinds of batch that it cannot make;
    - ``groups_by_uses``: the number of groups, by how often they were drawn;
    - ``unfair_pairs``: the number of pairs that share a page or twins with an earlier pair in their batch. The loss
      masks them.
    """
    uses = Counter(group for groups in plan["group_ids"] for group in groups)
    by_uses = Counter(uses[group] for group in data.rows)
    languages = {language for column in ("query_langs", "passage_langs") for row in plan[column] for language in row}
    return {
        "dataset": data.name,
        "batches": len(plan),
        "kinds_left_out": [kind for kind, sources in sampler.sources.items() if data not in [s.data for s in sources]],
        "groups": len(data.group_ids),
        "unused_groups": by_uses[0],
        "groups_by_uses": {str(times): by_uses[times] for times in sorted(by_uses)},
        "unused_languages": [language for language in data.languages if language not in languages],
        "unfair_pairs": sum(_count_unfair(groups, data) for groups in plan["group_ids"]),
    }


def _count_unfair(groups: list[str], data: PairIndex) -> int:
    """Return how many pairs in a batch are not a fair negative of an earlier pair."""
    occupied, unfair = Occupied(), 0
    for codes in (data.codes_of(data.rows[group]) for group in groups):
        unfair += occupied.is_unfair(codes)
        occupied.add(codes)
    return unfair
