"""The sections on what the samplings add to systems that no run trained, as blocks."""

from typing import Any

import pandas as pd

from stages.hybrid.ground.layout import BASE
from stages.hybrid.report.answer import answer
from stages.hybrid.report.figures import name_figure, name_system, show, show_interval, show_p
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.reproduction.claims import name_of
from stages.hybrid.reproduction.findings import Findings
from stages.hybrid.reproduction.tables import CENTRED_BASE
from stages.hybrid.retrieval.baselines import split_name

CENTRED = f"Each sampling compared with {name_system(CENTRED_BASE)}"
FAMILIES = {  # in the order of the page: title, what is compared with what, whether the sampling is centred
    CENTRED: (CENTRED_BASE, False),
    "Each sampling after centring, compared with the centred base": (CENTRED_BASE, True),
    "Each sampling compared with the base": (BASE.name, False),
}
WHY = (
    "Subtracting each language's mean embedding (centring) needs no training. So a sampling pays off only if it "
    "is better than the centred base."
)


def describe_others(findings: Findings) -> list[Block]:
    """Compare the samplings with the base, centred or not: a section per family, nothing if it has no rows."""
    others = findings.others
    adjusted = others["system"].map(lambda system: split_name(system)[1] != "")
    blocks: list[Block] = []
    for title, (against, centred) in FAMILIES.items():
        rows = others[(others["against"] == against) & (adjusted == centred)]
        if rows.empty:
            continue
        counted = Paragraph(f"{len(rows)} comparisons, one family for Holm's correction.")
        reason = [Paragraph(WHY)] if title == CENTRED else []
        blocks += [Heading(2, title), *reason, *_answers(rows), counted, _table(rows)]
    return blocks


def _answers(rows: pd.DataFrame) -> list[Block]:
    """Say of each benchmark and sampling in which figures it is better and worse."""
    return [
        Paragraph(answer(part, benchmark=name_of(str(benchmark)), one=name_of(str(one)), other=str(other)))
        for (benchmark, one, other), part in rows.groupby(["benchmark", "system", "against"], sort=False)
    ]


def _table(rows: pd.DataFrame) -> Table:
    columns = ["benchmark", "system", "figure", "difference (95 % interval)", "seeds that agree", "p (Holm)"]
    return Table(columns, [_cells(row) for row in rows.to_dict("records")], text_columns=3)


def _cells(row: dict[str, Any]) -> list[str]:
    measure = row["measure"]
    return [
        name_of(row["benchmark"]),
        name_of(row["system"]),
        name_figure(row["setting"], measure),
        show(measure, row["difference"], sign=True) + show_interval(measure, row["low"], row["high"], sign=True),
        f"{row['agreeing']} of {row['seeds']}",
        show_p(row["p_holm"]),
    ]
