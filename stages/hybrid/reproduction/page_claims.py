"""The sections on the paper's claims, as blocks: one per family of comparisons, with the reason for each open one."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from stages.hybrid.evaluation.names import MEAN
from stages.hybrid.evaluation.significance.intervals import ALPHA
from stages.hybrid.report.figures import name_figure, show, show_interval, show_p
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.reproduction.claims import (
    BETTER,
    ENCODERS,
    FAMILIES,
    MARGIN,
    SAME,
    UNSEEN_BY_PAPER,
    WORSE,
    name_of,
)
from stages.hybrid.reproduction.findings import Findings

SHARE = f"{MARGIN * 100:.0f} %"
HOLDS, FAILS, OPEN = "holds", "does not hold", "open"
THESIS = (
    "The paper says that hybrid has the highest mean mAP and mean R@1 in the monolingual and the cross-lingual "
    "setting, and the highest mean mAP and mean R@10 in the multilingual setting, or comparable ones (section 4.2.1). "
    "In its table 2, hybrid also has the smallest rank distance, once together with X-Y. So hybrid is compared with "
    "the better of the other two samplings. A claim holds if hybrid is significantly better. It does not hold if "
    "hybrid is significantly worse. Else it is open: no significant difference does not show that two samplings are "
    "comparable. R@1 and R@10 are the paper's names of recall@1 and recall@10."
)
WEAKER = (
    "These comparisons are easier: one of the other two samplings never trains what the setting asks for. They are not "
    "counted among the paper's claims above."
)
AS_GOOD = (
    "The paper does not ask this. We ask whether hybrid's figure is worse than the better one's by more than "
    f"{SHARE} of it. Here p is of the hypothesis that the loss is exactly that margin."
)
WORDS = {"thesis": THESIS, "weaker": WEAKER, "as_good": AS_GOOD}
VERDICTS = {  # a family's words for better, worse and neither
    "thesis": (HOLDS, FAILS, OPEN),
    "weaker": ("hybrid is better", "hybrid is worse", OPEN),
    "as_good": (f"at most {SHARE} worse", f"more than {SHARE} worse", OPEN),
    "unseen": ("hybrid is better", "hybrid is worse", OPEN),
}
COUNTED = {  # the same, of several comparisons
    "thesis": ("hold", "do not hold", "are open"),
    "weaker": ("are better", "are worse", "are open"),
    "as_good": (f"are at most {SHARE} worse", f"are more than {SHARE} worse", "are open"),
    "unseen": ("are better", "are worse", "are open"),
}


def describe_claims(findings: Findings) -> list[Block]:
    """Return a section per family of comparisons that the runs allow."""
    claims = findings.claims
    if claims.empty:
        return [
            Heading(2, "The paper's claims"),
            Paragraph("They cannot be tested before all three samplings were run."),
        ]
    blocks: list[Block] = []
    for name, family in FAMILIES.items():
        rows = claims[claims["family"] == name]
        if not rows.empty:
            text = WORDS.get(name) or _unseen(findings)
            blocks += [Heading(2, family.title), Paragraph(count_verdicts(name, rows)), Paragraph(text)]
            blocks.append(_table(name, rows))
    return blocks


def count_verdicts(family: str, rows: pd.DataFrame) -> str:
    """Return how many of a family's comparisons have which verdict, as one sentence."""
    counts = [int((rows["verdict"] == verdict).sum()) for verdict in (BETTER, WORSE, SAME)]
    words = [f"{count} {word}" for count, word in zip(counts, COUNTED[family], strict=True)]
    return f"Of {len(rows)} comparisons, {words[0]}, {words[1]} and {words[2]}."


def verdict_of(row: dict[str, Any]) -> str:
    """Return a row's verdict in the words of its family."""
    better, worse, neither = VERDICTS[row["family"]]
    return {BETTER: better, WORSE: worse}.get(row["verdict"], neither)


def reason_of(row: dict[str, Any]) -> str:
    """Return why a comparison is open; empty if it is not."""
    if row["verdict"] in (BETTER, WORSE):
        return ""
    if row["p"] < ALPHA:
        return f"p is {show_p(row['p'])} before Holm's correction"
    if row["agreeing"] < row["seeds"]:
        return f"only {row['agreeing']} of {row['seeds']} seeds agree"
    if row["margin"]:
        return f"the interval contains the margin, {show(row['measure'], row['margin'])}"
    smaller = abs(row["difference"]) < row["detectable"]
    found = f"smaller than what {row['n_questions']:,} questions and {row['seeds']} seeds detect"
    return f"{found}, {show(row['measure'], row['detectable'])}" if smaller else "the interval contains 0"


def _unseen(findings: Findings) -> str:
    asked = set(findings.figures["query_lang"]) - {MEAN}
    here = ", ".join(sorted(asked - set(findings.runs[0].languages)))
    return (
        f"The queries are in {here}, which training never saw. In the paper these are {', '.join(UNSEEN_BY_PAPER)}. "
        "Hybrid is compared with the better of the other two."
    )


def _table(name: str, claims: pd.DataFrame) -> Table:
    rows = [_cells(row) for row in claims.to_dict("records")]
    columns = ["benchmark", "figure", "against", "result", "why open", "hybrid", "other", "difference (95 % interval)"]
    columns += ["seeds that agree", "p (Holm)", *(f"the paper, {encoder}" for encoder in ENCODERS)]
    if name == "as_good":
        columns.insert(8, "margin")
        for cells, row in zip(rows, claims.to_dict("records"), strict=True):
            cells.insert(8, show(row["measure"], row["margin"]))
    return Table(columns, rows, text_columns=5)


def _cells(row: dict[str, Any]) -> list[str]:
    measure = row["measure"]
    return [
        name_of(row["benchmark"]),
        name_figure(row["setting"], measure),
        name_of(row["against"]),
        verdict_of(row),
        reason_of(row),
        show(measure, row["hybrid"]),
        show(measure, row["other"]),
        show(measure, row["difference"], sign=True) + show_interval(measure, row["low"], row["high"], sign=True),
        f"{row['agreeing']} of {row['seeds']}",
        show_p(row["p_holm"]),
        *_papers(row),
    ]


def _papers(row: dict[str, Any]) -> Sequence[str]:
    return [show(row["measure"], row[column], sign=True) for column in ENCODERS.values()]
