"""What the stages of a run cost, when, by which commits and on which machines."""

from datetime import timedelta
from pathlib import Path

from stages.hybrid.ground.costs import Cost
from stages.hybrid.ground.files import read_json
from stages.hybrid.ground.layout import COSTS
from stages.hybrid.report.pages import Block, Paragraph, Table

UNKNOWN = {"started": "", "commit": "", "notes": []}  # of a cost that was noted before these were
KEYS = tuple(key for key in Cost.__annotations__ if key not in UNKNOWN)


def read_costs(folder: Path = COSTS) -> list[Cost]:
    """Return what the last run of each stage cost, in the order in which the stages ended.

    Raises:
        UserError: A file in ``folder`` is broken, or lacks one of `KEYS`.
    """
    paths = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    return [UNKNOWN | read_json(path, keys=KEYS) for path in paths]


def describe_costs(costs: list[Cost]) -> list[Block]:
    """Return a table of the commits, dates and machines of a run, and one of its stages, which has their numbers."""
    if not costs:
        return [Paragraph("There are no costs of any stage yet. Run `dvc repro` first.")]
    commits = list(dict.fromkeys(_commit(cost) for cost in costs))
    machines = list(dict.fromkeys(_machine(cost) for cost in costs))
    numbered = {"commit": commits, "machine": machines}
    facts = [[f"{kind} {n}", fact] for kind, found in numbered.items() for n, fact in enumerate(found, start=1)]
    columns = ["stage", "time", "peak memory in GiB", "start", "machine", "commit"]
    rows = _rows(costs, commits=commits, machines=machines)
    said = [Paragraph(f"{cost['stage']}: {words}.") for cost in costs for words in cost["notes"]]
    return [Table(["what", "which"], [["date", _dates(costs)], *facts], text_columns=2), Table(columns, rows), *said]


def _rows(costs: list[Cost], *, commits: list[str], machines: list[str]) -> list[list[str]]:
    """Return a row for each stage, and one for their sum. Commits and machines are their places in the lists."""
    rows = [
        [
            cost["stage"],
            _time(cost["seconds"]),
            f"{cost['peak_memory_gib']:.1f}",
            _start(cost),
            f"{machines.index(_machine(cost)) + 1}",
            f"{commits.index(_commit(cost)) + 1}",
        ]
        for cost in costs
    ]
    return [*rows, ["all", _time(sum(cost["seconds"] for cost in costs)), "", "", "", ""]]


def _commit(cost: Cost) -> str:
    return cost["commit"] or "unknown"


def _start(cost: Cost) -> str:
    """Return when a stage started, to the minute."""
    return cost["started"][:16].replace("T", " ") or "unknown"


def _dates(costs: list[Cost]) -> str:
    """Return the dates of the first and the last start, or the date if it is the same."""
    dates = sorted(_start(cost)[:10] for cost in costs)  # letters are behind digits, so "unknown" is last
    return " to ".join(dict.fromkeys([dates[0], dates[-1]]))


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
