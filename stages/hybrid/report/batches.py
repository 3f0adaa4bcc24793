"""The report's section on batches: their counts and shares, beside the expected ones."""

from typing import Any

from stages.hybrid.report.pages import Block, Heading, Paragraph, Table

OFTEN = 3  # groups that were drawn at least this many times are counted together


def describe_batches(plan: dict[str, Any]) -> list[Block]:
    """Return the section on the batches of a plan, from `summarise_plan`. The list is empty if there is no plan."""
    if not plan:
        return []
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in plan["batches_by_kind"].items())
    blocks: list[Block] = [
        Heading(3, "Batches"),
        Paragraph(f"{plan['batches']:,} batches with {plan['pairs']:,} pairs in all: {kinds}. {_ratio(plan)}"),
        Paragraph("A group is a pair with all its translations. The table counts how often the groups were drawn."),
        _use(plan["datasets"]),
        Paragraph("If two pairs of a batch share a page or say the same, the loss does not use them as negatives."),
        *(Paragraph(_left_out(data)) for data in plan["datasets"] if data["kinds_left_out"]),
        *_shares(plan["datasets"]),
        Paragraph(
            "Shares of the queries and passages in each language. The expected share follows from the parameters and "
            "the data. The last column is the larger of the two distances from it, in standard errors."
        ),
        _languages(plan["languages"]),
    ]
    return blocks


def _ratio(plan: dict[str, Any]) -> str:
    ratio = plan["monolingual"]
    text = f"{ratio['share']:.1%} of the batches are monolingual; {ratio['expected']:.1%} was expected"
    if not ratio["standard_error"]:
        return f"{text}."
    within = "within" if ratio["within_three"] else "outside"
    return f"{text} (standard error {ratio['standard_error']:.1%}). This is {within} three standard errors."


def _use(datasets: list[dict[str, Any]]) -> Table:
    often = f"{OFTEN} times or more"
    columns = ["training set", "batches", "groups", "never drawn", "once", "twice", often, "pairs masked"]
    rows = []
    for data in datasets:
        uses = {int(times): count for times, count in data["groups_by_uses"].items()}
        more = sum(count for times, count in uses.items() if times >= OFTEN)
        counts = [data["batches"], data["groups"], *(uses.get(times, 0) for times in range(OFTEN)), more]
        rows.append([data["dataset"], *(f"{count:,}" for count in [*counts, data["unfair_pairs"]])])
    return Table(columns, rows)


def _left_out(data: dict[str, Any]) -> str:
    kinds = " and no ".join(data["kinds_left_out"])
    return (
        f"Training set {data['dataset']} makes no {kinds} batch. Either too few of its groups share the languages, or "
        "its queries are their own passages."
    )


def _shares(datasets: list[dict[str, Any]]) -> list[Block]:
    """Return the expected shares of the training sets, or nothing if ``mono_ratio`` does not change them."""
    keys = ("now", "at_mono_ratio_0", "at_mono_ratio_1")
    rows = [[data["expected_share"].get(key) for key in keys] for data in datasets]
    if all(none == all_ for _, none, all_ in rows):
        return []
    text = (
        "`sampler.mono_ratio` also changes the mix of training sets, because not every set makes both kinds of batch. "
        "The table has the expected share of the batches from each set: in this plan, and at a ratio of 0 and of 1."
    )
    shown = [[data["dataset"], *(f"{share:.1%}" for share in row)] for data, row in zip(datasets, rows, strict=True)]
    return [Paragraph(text), Table(["training set", "expected", "at ratio 0", "at ratio 1"], shown)]


def _languages(languages: list[dict[str, Any]]) -> Table:
    rows = []
    for row in languages:
        distance = max(row["query_deviation"], row["passage_deviation"], key=abs)
        shares = [f"{row[key]:.1%}" for key in ("query_expected", "query_share", "passage_share")]
        rows.append([row["lang"], f"{row['pairs']:,}", f"{row['unused_pairs']:,}", *shares, _signed(distance)])
    columns = ["language", "pairs", "never used", "expected", "queries", "passages", "distance"]
    return Table(columns, rows)


def _signed(value: float) -> str:
    text = f"{value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")
