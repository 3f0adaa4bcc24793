"""The report's sections on how the results were made: training, data, and a check of the index."""

from typing import Any

from stages.hybrid.report import plots
from stages.hybrid.report.batches import describe_batches
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.pages import Block, Heading, Paragraph, Picture, Table
from stages.hybrid.report.provenance import HASH, describe_files, list_files


def describe_training(evidence: Evidence) -> list[Block]:
    """Return the section on training: the loss and the batches. The list is empty if neither is known."""
    blocks = [*_loss(evidence), *describe_batches(evidence.plan)]
    return [Heading(2, "Training"), *blocks] if blocks else []


def _loss(evidence: Evidence) -> list[Block]:
    if evidence.curve is None or evidence.curve.empty:
        return []
    loss = evidence.curve["loss"]
    tenth = max(1, len(loss) // 10)
    first, last = loss[:tenth].mean(), loss[-tenth:].mean()
    text = f"{len(loss):,} steps. The mean loss was {first:.3f} in the first tenth of them and {last:.3f} in the last."
    title = "Training loss"
    return [Paragraph(text), Picture("training", plots.draw_training(evidence.curve, title), title)]


def describe_data(evidence: Evidence) -> list[Block]:
    """Return the section on data: counts and origins. The list is empty if neither is known."""
    blocks = [*_counts(evidence.statistics), *_origins(evidence)]
    return [Heading(2, "Data"), *blocks] if blocks else []


def _counts(statistics: dict[str, Any]) -> list[Block]:
    rows = []
    for name, counted in statistics.items():
        keys = ("training_pairs", "held_out_pairs", "leaking_groups", "pairs_dropped")
        pairs = [f"{counted[key]:,}" if key in counted else "–" for key in keys]
        queries, passages = (counted.get(f"{side}_by_language", {}) for side in ("queries", "passages"))
        asked = [f"{sum(side.values()):,}" if side else "–" for side in (queries, passages)]
        languages = str(len(counted.get("pairs_by_language", queries)))
        rows.append([name, counted["sha256_of_text"][:HASH], languages, *pairs, *asked])
    columns = ["name", "hash of the text", "languages", "training pairs", "held out"]
    columns += ["leaking groups", "pairs dropped", "queries", "passages"]
    text = (
        "Held-out pairs are kept for validation, and not trained on. A group is a pair with all its translations. It "
        "leaks if one of its texts equals, or nearly equals, a query or a passage of a benchmark. `prepare.leaks` says "
        "whether leaking groups are dropped, with all their pairs."
    )
    return [Paragraph(text), Table(columns, rows, text_columns=2)] if rows else []


def _origins(evidence: Evidence) -> list[Block]:
    files = list_files(evidence.statistics, evidence.sources)
    return [Heading(3, "Provenance"), *describe_files(files)] if files else []


def describe_index(evidence: Evidence) -> list[Block]:
    """Return the section on what the index loses compared with exact ranks."""
    if evidence.checks.empty:
        return []
    gaps = evidence.checks.assign(gap=(evidence.checks["run"] - evidence.checks["exact"]).abs())
    worst = gaps.groupby(["benchmark", "system"], sort=False)["gap"].max()
    rows = [[benchmark, system, f"{gap:.6f}"] for benchmark, system, gap in worst.reset_index().itertuples(index=False)]
    text = (
        "All figures above come from exact ranks. As a check, ranx scores the passages that the index finds. The table "
        "has the largest difference between the two in nDCG@10 and recall. An exact index loses nothing, so its "
        "difference is 0."
    )
    return [
        Heading(2, "Check of the index"),
        Paragraph(text),
        Table(["benchmark", "system", "difference"], rows, text_columns=2),
    ]
