"""What the page on the reproduction says of systems that no run trained, as blocks: what the samplings add to them."""

import math
from typing import Any

import pandas as pd

from stages.hybrid.evaluation.significance.intervals import ALPHA
from stages.hybrid.ground.layout import BASE
from stages.hybrid.report.answer import answer
from stages.hybrid.report.figures import name_figure, name_system, show, show_interval, show_p
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.reproduction.claims import name_of
from stages.hybrid.reproduction.findings import Findings
from stages.hybrid.reproduction.kept import SAMPLINGS
from stages.hybrid.reproduction.tables import CENTRED_BASE
from stages.hybrid.retrieval.baselines import split_name


def describe_others(findings: Findings) -> list[Block]:
    """Compare the samplings with the systems that no run trained; nothing if there are none."""
    others = findings.others
    if others.empty:
        return []
    text = (
        "Differences of each sampling's mean over seeds from the systems that no run trained. A star marks "
        f"p < {ALPHA}, Holm-corrected over these {len(others)} comparisons."
    )
    hybrid = others[others["system"] == "hybrid"].groupby(["against", "benchmark"], sort=False)
    answers = [
        Paragraph(answer(rows, benchmark=name_of(str(benchmark)), one="hybrid", other=str(against)))
        for (against, benchmark), rows in hybrid
    ]
    heading = Heading(2, "Compared with systems that no run trained")
    return [heading, Paragraph(text), *answers, _difference_table(others), *_beyond_centring(others)]


def _difference_table(others: pd.DataFrame) -> Table:
    """Return the difference of each sampling, or its centred model, from each other system: a column per figure."""
    kinds = list(dict.fromkeys(zip(others["setting"], others["measure"], strict=True)))
    rows = []
    for names, group in others.groupby(["benchmark", "system", "against"], sort=False):
        cells = {(row["setting"], row["measure"]): _starred(row) for row in group.to_dict("records")}
        rows.append([*(name_of(str(name)) for name in names), *(cells.get(kind, "–") for kind in kinds)])
    columns = [name_figure(*kind) for kind in kinds]
    return Table(["benchmark", "system", "against", *columns], rows, text_columns=3)


def _starred(row: dict[str, Any]) -> str:
    return show(row["measure"], row["difference"], sign=True) + (" *" if row["p_holm"] < ALPHA else "")


def _beyond_centring(others: pd.DataFrame) -> list[Block]:
    """Say how much of each sampling's gain over the base is more than centring gives; nothing without centring."""
    rest = others[others["against"] == CENTRED_BASE]
    if rest.empty:
        return []
    text = (
        "Subtracting each language's mean embedding (centring) needs no training. What a sampling has beyond "
        f"{name_system(CENTRED_BASE)} therefore needs training. With both centred, the difference is what remains if "
        "neither model has such an offset. Differences are those of means over seeds, with the 95 % interval over "
        "questions; p is corrected as above. A negative difference in rank distance is a gain."
    )
    rest = rest.assign(gain=_gains(rest, others))
    maps = rest[(rest["measure"] == "map") & rest["system"].isin(SAMPLINGS)]
    answers = [Paragraph(_beyond(rows)) for _, rows in maps.groupby(["benchmark", "setting"], sort=False)]
    return [Heading(3, "How much of the gain needs training"), Paragraph(text), *answers, _centring_table(rest)]


def _gains(rows: pd.DataFrame, others: pd.DataFrame) -> list[float]:
    """Return the gain over the base of each row's sampling, not centred; NaN if it is not known."""
    keys = ["benchmark", "system", "setting", "measure"]
    gains = others[others["against"] == BASE.name].set_index(keys)["difference"]
    return [
        gains.get((row["benchmark"], split_name(row["system"])[0], row["setting"], row["measure"]), math.nan)
        for row in rows.to_dict("records")
    ]


def _beyond(rows: pd.DataFrame) -> str:
    """Say of one benchmark and setting what centring gains in mAP over the base, and how the samplings compare."""
    first = rows.iloc[0]
    parts = [f"centring {show('map', first['gain'] - first['difference'], sign=True)}"]
    for row in rows.to_dict("records"):
        more = row["difference"]
        compared = f"{show('map', abs(more))} {'more' if more > 0 else 'less'} than centring"
        verdict = "not significantly different from centring" if row["p_holm"] >= ALPHA else compared
        parts.append(f"{name_of(row['system'])} {show('map', row['gain'], sign=True)}, {verdict}")
    figure = f"{name_of(first['benchmark'])} {name_figure(first['setting'], 'map')}"
    return f"Gains over the base in {figure}: {'; '.join(parts)}."


def _centring_table(rest: pd.DataFrame) -> Table:
    """Return each sampling's gain over the base beside its difference from the centred base, centred or not."""
    rows = []
    for row in rest.to_dict("records"):
        measure = row["measure"]
        interval = show_interval(measure, row["low"], row["high"], sign=True)
        rows.append(
            [
                name_of(row["benchmark"]),
                f"{name_of(row['system'])} minus {CENTRED_BASE}",
                name_figure(row["setting"], measure),
                show(measure, row["gain"], sign=True),
                show(measure, row["difference"], sign=True) + interval,
                show_p(row["p_holm"]),
            ]
        )
    columns = ["benchmark", "difference of", "figure", "sampling minus base", "difference (95 % interval)", "p (Holm)"]
    return Table(columns, rows, text_columns=3)
