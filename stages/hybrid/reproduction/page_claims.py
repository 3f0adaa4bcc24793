"""The sections on the paper's claims, as blocks: one per family of comparisons, with the reason for each open one."""

from typing import Any

import pandas as pd

from stages.hybrid.evaluation.names import gain_sign
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
    asked_unseen,
    name_of,
)
from stages.hybrid.reproduction.findings import Findings

SHARE = f"{MARGIN * 100:.0f} %"
HOLDS, FAILS, OPEN = "holds", "does not hold", "open"
LOWER = "not the highest"  # in place of FAILS, where the paper also claims that hybrid is comparable
WORDS = {
    "thesis": (
        "The paper says that hybrid has the highest mean mAP and mean R@1 in the monolingual and the cross-lingual "
        "setting. In the multilingual setting it has the highest mean mAP and mean R@10, or comparable ones (section "
        "4.2.1).",
        "Hybrid is compared with X-X-mono in the monolingual setting, and with X-Y in the others. In the paper's "
        "means, these are the better of the other two.",
        "A claim holds if hybrid is significantly better. If hybrid is significantly worse, the claim does not hold. "
        "In the multilingual setting, the paper also calls hybrid comparable, so there the result is “not the "
        "highest”. Otherwise the claim is open: no significant difference does not show that two are comparable.",
        "The paper gives no number for “comparable”. Its largest shortfall is 0.001. The table of our own question "
        "below tests a loss of at most "
        f"{SHARE}. R@1 and R@10 are the paper's names of recall@1 and recall@10.",
    ),
    "ranks": (
        "In table 2 of the paper, hybrid has the smallest rank distance, once together with X-Y. Its text claims less: "
        "that hybrid reduces language bias compared with X-X-mono, which the next section tests.",
    ),
    "weaker": (
        "X-Y trains no pairs within one language, and X-X-mono none across languages. So these comparisons are easier. "
        "They are not counted among the claims above.",
    ),
    "as_good": (
        "The paper does not ask this. We ask whether hybrid's figure is worse than the better one's by more than "
        f"{SHARE} of it. Here p is of the hypothesis that the loss is exactly that margin.",
    ),
}
VERDICTS = {  # a family's words for better, worse and neither
    "thesis": (HOLDS, FAILS, OPEN),
    "as_good": (f"not more than {SHARE} worse", f"more than {SHARE} worse", OPEN),
}
COMPARED = ("hybrid is better", "hybrid is worse", OPEN)  # those of the other families
ABOUT_COLUMNS = (
    "“Seeds that agree” counts the seeds whose own difference has the sign of the mean. The paper's columns are its "
    "own differences, hybrid minus the other sampling: from the means in tables 3 to 6, which have four digits, and "
    "for rank distance from table 2. These columns are the same in the tables below; for unseen languages, they are "
    "means over the paper's unseen languages."
)
BETTER_WORSE = (
    "hybrid is significantly better in {}",
    "significantly worse in {}",
    "not significantly different in {}",
)
COUNTED = {  # a family's words, of several comparisons; else `BETTER_WORSE`
    "as_good": (f"hybrid is not more than {SHARE} worse in {{}}", f"more than {SHARE} worse in {{}}", "{} are open"),
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
            words = WORDS.get(name) or _unseen(findings)
            blocks += [Heading(2, family.title), Paragraph(count_verdicts(name, rows)), *map(Paragraph, words)]
            blocks += [_table(name, rows), *([Paragraph(ABOUT_COLUMNS)] if name == "thesis" else [])]
    return blocks


def count_verdicts(family: str, rows: pd.DataFrame) -> str:
    """Return how many of a family's comparisons have which verdict, in one or two sentences."""
    words = COUNTED.get(family, BETTER_WORSE)
    if family != "thesis":
        return _counted(rows, words, "comparisons")
    pooled = rows["setting"] == "multilingual"
    highest = _counted(rows[~pooled], words, "comparisons in which the paper calls it the highest")
    return f"{highest} {_counted(rows[pooled], words, 'in which the paper calls it the highest or comparable')}"


def _counted(rows: pd.DataFrame, words: tuple[str, str, str], what: str) -> str:
    counts = [int((rows["verdict"] == verdict).sum()) for verdict in (BETTER, WORSE, SAME)]
    better, worse, neither = (word.format(count) for word, count in zip(words, counts, strict=True))
    return f"Of {len(rows)} {what}, {better}, {worse}, and {neither}."


def verdict_of(row: dict[str, Any]) -> str:
    """Return a row's verdict in the words of its family."""
    better, worse, neither = VERDICTS.get(row["family"], COMPARED)
    if row["family"] == "thesis" and row["setting"] == "multilingual":
        worse = LOWER
    return {BETTER: better, WORSE: worse}.get(row["verdict"], neither)


def reason_of(row: dict[str, Any]) -> str:
    """Return why a comparison is open; empty if it is not."""
    if row["verdict"] in (BETTER, WORSE):
        return ""
    measure, loss = row["measure"], -gain_sign(row["measure"]) * row["margin"]
    if row["agreeing"] < row["seeds"]:
        return f"only {row['agreeing']} of {row['seeds']} seeds agree"
    if row["p"] < ALPHA:
        return f"p is {show_p(row['p'])} before Holm's correction"
    if row["low"] <= loss <= row["high"]:
        return f"the interval contains {show(measure, loss, sign=True)}"
    return f"p is {show_p(row['p'])} even before Holm's correction"


def _unseen(findings: Findings) -> list[str]:
    asked = [
        f"{', '.join(asked_unseen(figures, findings.runs[0].languages)) or 'none'} in {name_of(str(benchmark))}"
        for benchmark, figures in findings.figures.groupby("benchmark", sort=False)
    ]
    return [
        f"The queries are in languages that training never saw: {'; '.join(asked)}. In the paper these are "
        f"{' and '.join(UNSEEN_BY_PAPER)}, as far as the benchmark has them. Hybrid is compared as above."
    ]


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
        *(show(measure, row[column], sign=True) for column in ENCODERS.values()),
    ]
