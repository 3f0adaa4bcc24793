"""What the report says of how the results came about: training, data, a check of the index, the cost; as blocks."""

from datetime import timedelta
from typing import Any

from stages.hybrid.report import plots
from stages.hybrid.report.batches import describe_batches
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.licences import LICENCES
from stages.hybrid.report.pages import Block, Heading, Paragraph, Picture, Table

HASH = 16  # digits of a hash that are shown


def describe_training(evidence: Evidence) -> list[Block]:
    """Return the section on training: the loss, and what the batches were made of; nothing where neither is known."""
    blocks = [*_loss(evidence), *describe_batches(evidence.plan)]
    return [Heading(2, "Training"), *blocks] if blocks else []


def _loss(evidence: Evidence) -> list[Block]:
    if evidence.curve is None or evidence.curve.empty:
        return []
    loss = evidence.curve["loss"]
    tenth = max(1, len(loss) // 10)
    first, last = loss[:tenth].mean(), loss[-tenth:].mean()
    text = f"{len(loss):,} steps; mean loss {first:.3f} in the first tenth, {last:.3f} in the last."
    title = "Training loss"
    return [Paragraph(text), Picture("training", plots.draw_training(evidence.curve, title), title)]


def describe_data(evidence: Evidence) -> list[Block]:
    """Return the section on data: counts and origins; nothing where neither is known."""
    blocks = [*_counts(evidence.statistics), *_origins(evidence.sources)]
    return [Heading(2, "Data"), *blocks] if blocks else []


def _counts(statistics: dict[str, Any]) -> list[Block]:
    rows = []
    for name, told in statistics.items():
        pairs = [f"{told[key]:,}" if key in told else "–" for key in ("training_pairs", "held_out_pairs")]
        leaks = f"{sum(told['leaking_pairs'].values()):,}" if "leaking_pairs" in told else "–"
        queries, passages = (told.get(f"{side}_by_language", {}) for side in ("queries", "passages"))
        asked = [f"{sum(side.values()):,}" if side else "–" for side in (queries, passages)]
        languages = str(len(told.get("pairs_by_language", queries)))
        rows.append([name, told["sha256_of_text"][:HASH], languages, *pairs, leaks, *asked])
    columns = ["name", "hash of the text", "languages", "training pairs", "held out", "leaking", "queries", "passages"]
    return [Table(columns, rows, text_columns=2)] if rows else []


def _origins(sources: dict[str, Any]) -> list[Block]:
    rows = []
    for name, source in sources.items():
        for path, entry in source["files"].items():
            origin = entry.get("package") or entry.get("url") or source["origin"]
            licence, version = LICENCES.get(name, "see the source"), entry.get("version", "–")
            rows.append([name, licence, path, origin, version, entry["sha256"][:HASH]])
    text = f"Hashes are the first {HASH} digits of the sha256; the whole is in `data/raw/NAME/SOURCE.json`."
    columns = ["name", "licence", "file", "from", "version", "sha256"]
    return [Heading(3, "Provenance"), Paragraph(text), Table(columns, rows, text_columns=6)] if rows else []


def describe_index(evidence: Evidence) -> list[Block]:
    """Return the section on what the index loses against exact ranks."""
    if evidence.checks.empty:
        return []
    gaps = evidence.checks.assign(gap=(evidence.checks["run"] - evidence.checks["exact"]).abs())
    worst = gaps.groupby(["benchmark", "model"], sort=False)["gap"].max()
    rows = [[benchmark, model, f"{gap:.6f}"] for benchmark, model, gap in worst.reset_index().itertuples(index=False)]
    text = (
        "Measures come from exact ranks. The index's run is scored apart from them, by ranx; the largest difference "
        "over nDCG@10 and recall is what the index loses, 0 for an exact index."
    )
    return [
        Heading(2, "Check of the index"),
        Paragraph(text),
        Table(["benchmark", "model", "difference"], rows, text_columns=2),
    ]


def describe_costs(evidence: Evidence) -> list[Block]:
    """Return the section on how the figures were made, on what machine, and how long each stage took."""
    if not evidence.costs:
        return []
    machine = evidence.costs[-1]["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    text = (
        f"`dvc repro` with profile {evidence.profile}, seed {evidence.seed}, on {machine['processor']}: "
        f"{machine['cores']} cores, {machine['memory_gib']} GiB; Python {machine['python']}, {versions}. A stage that "
        "was stopped and went on is told with the time of its last part."
    )
    rows = [
        [cost["stage"], str(timedelta(seconds=round(cost["seconds"]))), f"{cost['peak_memory_gib']:.1f}"]
        for cost in evidence.costs
    ]
    total = str(timedelta(seconds=round(sum(cost["seconds"] for cost in evidence.costs))))
    table = Table(["stage", "time", "peak memory in GiB"], [*rows, ["all", total, ""]])
    return [Heading(2, "Cost"), Paragraph(text), table]
