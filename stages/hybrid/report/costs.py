"""The page on costs: time and memory of each stage's last run."""

from datetime import timedelta
from typing import Any

from stages.hybrid.report.pages import Block, Heading, Paragraph, Table


def describe_costs(costs: list[dict[str, Any]], *, profile: str, seed: int) -> list[Block]:
    """Return the page on costs, from the result of `read_costs`."""
    if not costs:
        return [Paragraph("There are no costs of any stage yet. Run `dvc repro` first.")]
    machine = costs[-1]["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    text = (
        f"Profile {profile}, seed {seed}, on {machine['processor']}: {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB. Python {machine['python']}, {versions}. A stage that was stopped and resumed is "
        "listed with the time of its last part. A stage that DVC took from its cache is listed with its last real run."
    )
    rows = [[cost["stage"], _time(cost["seconds"]), f"{cost['peak_memory_gib']:.1f}"] for cost in costs]
    total = _time(sum(cost["seconds"] for cost in costs))
    table = Table(["stage", "time", "peak memory in GiB"], [*rows, ["all", total, ""]])
    return [Heading(1, f"What profile {profile} cost"), Paragraph(text), table]


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
