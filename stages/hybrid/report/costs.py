"""The page on costs: time and memory of each stage's last run."""

from datetime import timedelta
from pathlib import Path

from stages.hybrid.ground.costs import Cost
from stages.hybrid.ground.files import read_json
from stages.hybrid.ground.layout import COSTS
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table


def read_costs(folder: Path = COSTS) -> list[Cost]:
    """Return what the last run of each stage cost, in the order in which the stages ended.

    Raises:
        UserError: A file in ``folder`` is broken, or lacks a key of `Cost`.
    """
    paths = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    return [read_json(path, keys=tuple(Cost.__annotations__)) for path in paths]


def describe_costs(costs: list[Cost], *, profile: str, seed: int) -> list[Block]:
    """Return the page on costs, from the result of `read_costs`."""
    if not costs:
        return [Paragraph("There are no costs of any stage yet. Run `dvc repro` first.")]
    machines = list(dict.fromkeys(_machine(cost) for cost in costs))
    text = (
        f"Profile {profile}, seed {seed}. A stage that was stopped and resumed is listed with the time of its last "
        "part. A stage that DVC took from its cache is listed with its last real run."
    )
    where = [Paragraph(f"Machine {number}: {machine}.") for number, machine in enumerate(machines, start=1)]
    numbers = [f"{machines.index(_machine(cost)) + 1}" for cost in costs]
    rows = [
        [cost["stage"], _time(cost["seconds"]), f"{cost['peak_memory_gib']:.1f}", number]
        for cost, number in zip(costs, numbers, strict=True)
    ]
    total = _time(sum(cost["seconds"] for cost in costs))
    table = Table(["stage", "time", "peak memory in GiB", "machine"], [*rows, ["all", total, "", ""]])
    return [Heading(1, f"What profile {profile} cost"), Paragraph(text), *where, table]


def _machine(cost: Cost) -> str:
    """Return the machine that a stage ran on, in words."""
    machine = cost["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB; Python {machine['python']}, "
        f"{versions}"
    )


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
