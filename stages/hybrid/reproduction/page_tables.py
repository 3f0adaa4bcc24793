"""What the page on the reproduction shows in tables: the paper's, other models, groups of languages; as blocks."""

import math
from typing import Any

import pandas as pd

from stages.hybrid.report.figures import name_figure, show, show_interval, show_p
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.report.results import RESOURCES
from stages.hybrid.report.tables import SETTINGS
from stages.hybrid.reproduction.claims import ALPHA, SMALLER_IS_BETTER, name_of
from stages.hybrid.reproduction.findings import Findings
from stages.hybrid.reproduction.kept import SAMPLINGS
from stages.hybrid.reproduction.tables import CENTRED_BASE

LETTERS = {"x_x_mono": "a", "x_y": "b", "hybrid": "c"}  # behind a figure: significantly better than this sampling


def describe_tables(findings: Findings) -> list[Block]:
    """Return the paper's tables beside ours, and say which cannot be had."""
    letters = ", ".join(f"{name_of(name)} ({letter})" for name, letter in LETTERS.items())
    text = (
        "Ours is the mean over seeds ± the standard deviation between them, with its 95 % interval over questions; the "
        "difference is ours less the paper's. A "
        f"letter behind ours says that it is significantly better than {letters} (p < {ALPHA} over questions, "
        "Holm-corrected over the table)."
    )
    blocks: list[Block] = [Heading(2, "The tables"), Paragraph(text)]
    for number, table in findings.tables.items():
        blocks.append(Heading(3, f"Table {number}"))
        if table.empty:
            blocks.append(Paragraph("Cannot be had: no run was judged on the benchmark that it is about."))
        else:
            blocks.append(_paper_table(table))
    missing = (
        "Tables 12 and 13 are on MIRACL, whose corpora of up to 33 million passages these runs were not judged on; the "
        "paper's figures for them are in `stages/hybrid/report/paper_results.csv`."
    )
    return [*blocks, Paragraph(missing)]


def _paper_table(table: pd.DataFrame) -> Table:
    """Return a table with one row a figure and three columns a sampling: ours, the paper's, the difference."""
    keys = ["encoder", "benchmark", "setting", "measure", "query_lang"]
    rows = []
    for names, group in table.groupby(keys, sort=False):
        encoder, benchmark, setting, measure, lang = map(str, names)
        by_sampling = {row["sampling"]: row for row in group.to_dict("records")}
        cells = [cell for name in SAMPLINGS for cell in _three(measure, by_sampling.get(name))]
        rows.append([encoder, name_of(benchmark), name_figure(setting, measure), lang, *cells])
    columns = [f"{name_of(name)}{part}" for name in SAMPLINGS for part in (", ours", ", paper's", ", difference")]
    return Table(["the paper's encoder", "benchmark", "figure", "query language", *columns], rows, text_columns=4)


def _three(measure: str, row: dict[str, Any] | None) -> list[str]:
    if row is None:
        return ["–"] * 3
    ours = _figure(row)
    letters = "".join(LETTERS[name] for name in row["better_than"].split())
    ours += f" {letters}" if letters else ""
    return [ours, show(measure, row["paper"]), show(measure, row["difference"], sign=True)]


def _figure(row: dict[str, Any]) -> str:
    """Return a mean over seeds as it is shown, with what is known of how sure it is."""
    measure = row["measure"]
    spread = "" if math.isnan(row["sd"]) else f" ± {show(measure, row['sd'])}"
    return show(measure, row["ours"]) + spread + show_interval(measure, row["low"], row["high"])


def describe_systems(findings: Findings) -> list[Block]:
    """Return the headline figures of all systems, trained or not."""
    systems = findings.systems
    text = (
        "Means over seeds ± the standard deviation between them, with the 95 % interval over questions. Systems "
        "without seeds were not trained; `random` is one draw. A name with a plus is a model less each language's mean "
        "embedding of the benchmark's own text (centred), of training text (centred_training), or less each language's "
        "main direction (lir)."
    )
    kinds = list(dict.fromkeys(zip(systems["setting"], systems["measure"], strict=True)))
    rows = []
    for (benchmark, name), group in systems.groupby(["benchmark", "sampling"], sort=False):
        cells = {(row["setting"], row["measure"]): row for row in group.to_dict("records")}
        trained = str(name).partition("+")[0] in SAMPLINGS
        seeds, queries = group["seeds"].iloc[0], f"{group['n_queries'].max():,}"
        told = [name_of(str(benchmark)), name_of(str(name)), str(seeds) if trained else "–", queries]
        rows.append([*told, *(_figure(cells[kind]) for kind in kinds)])
    columns = ["benchmark", "system", "seeds", "queries", *(name_figure(*kind) for kind in kinds)]
    return [Heading(2, "Every system"), Paragraph(text), Table(columns, rows, text_columns=2)]


def describe_others(findings: Findings) -> list[Block]:
    """Compare the samplings with what no run trained."""
    others = findings.others
    if others.empty:
        return []
    text = (
        "What a sampling adds to the base, and to what can be had without training: differences of its mean over "
        f"seeds from the system that is named. A star marks p < {ALPHA}, Holm-corrected over these {len(others)} "
        "comparisons."
    )
    kinds = list(dict.fromkeys(zip(others["setting"], others["measure"], strict=True)))
    rows = []
    for names, group in others.groupby(["benchmark", "sampling", "against"], sort=False):
        cells = {(row["setting"], row["measure"]): _starred(row) for row in group.to_dict("records")}
        rows.append([*(name_of(str(name)) for name in names), *(cells.get(kind, "–") for kind in kinds)])
    columns = [name_figure(*kind) for kind in kinds]
    table = Table(["benchmark", "sampling", "against", *columns], rows, text_columns=3)
    hybrid = others[others["sampling"] == "hybrid"]
    told = [_ahead_and_behind(str(name), rows) for name, rows in hybrid.groupby("against", sort=False)]
    heading = Heading(2, "Beside models that no run trained")
    return [heading, Paragraph(text), table, *([Paragraph(" ".join(told))] if told else []), *_offsets(others)]


def _offsets(others: pd.DataFrame) -> list[Block]:
    """Say how much of each sampling's gain over the base is more than centring gives; nothing without it."""
    left = others[others["against"] == CENTRED_BASE]
    if left.empty:
        return []
    text = (
        "Centring takes each language's mean out of the embeddings, and so a constant offset a language, without "
        f"training. Of what a sampling gains over the base, what it has beyond {CENTRED_BASE} is more than such an "
        "offset; with both centred, what is left where neither has one. Differences of means over seeds with the 95 % "
        "interval over questions; p is corrected as above. A negative rank distance is a gain."
    )
    gains = others[others["against"] == "base"].set_index(["benchmark", "sampling", "setting", "measure"])["difference"]
    rows = []
    for row in left.to_dict("records"):
        setting, measure = row["setting"], row["measure"]
        gain = gains.get((row["benchmark"], row["sampling"].partition("+")[0], setting, measure), math.nan)
        interval = show_interval(measure, row["low"], row["high"], sign=True)
        rows.append(
            [
                name_of(row["benchmark"]),
                f"{name_of(row['sampling'])} less {CENTRED_BASE}",
                name_figure(setting, measure),
                show(measure, gain, sign=True),
                show(measure, row["difference"], sign=True) + interval,
                show_p(row["p_holm"]),
            ]
        )
    columns = ["benchmark", "difference of", "figure", "sampling less base", "difference (95 % interval)", "p (Holm)"]
    told = [Paragraph(_tell_offsets(part, gains)) for _, part in left.groupby(["benchmark", "setting"], sort=False)]
    heading = Heading(3, "How much is more than an offset")
    return [heading, Paragraph(text), *told, Table(columns, rows, text_columns=3)]


def _tell_offsets(left: pd.DataFrame, gains: pd.Series) -> str:
    """Say of one benchmark and setting how much of each sampling's gain in mAP centring the base gives alone."""
    told = []
    rows = left[(left["measure"] == "map") & left["sampling"].isin(SAMPLINGS)]
    for row in rows.to_dict("records"):
        gain = gains.get((row["benchmark"], row["sampling"], row["setting"], "map"), math.nan)
        more = row["difference"]
        rest = f"{show('map', more)} more" if more > 0 else f"it stays {show('map', -more)} short of that"
        verdict = "no difference can be told" if row["p_holm"] >= ALPHA else rest
        centring = show("map", gain - more, sign=True)
        told.append(f"{name_of(row['sampling'])} {show('map', gain, sign=True)}, centring {centring}: {verdict}")
    first = rows.iloc[0]
    figure = name_figure(first["setting"], "map")
    return f"Over the base, in {name_of(first['benchmark'])} {figure}: {'; '.join(told)}."


def _ahead_and_behind(against: str, rows: pd.DataFrame) -> str:
    """Return in words where hybrid is better than a model, where worse, and where neither can be told."""
    places: dict[str, list[str]] = {"better in": [], "worse in": [], "not to be told from it in": []}
    for row in rows.to_dict("records"):
        gain = row["difference"] * (-1 if row["measure"] in SMALLER_IS_BETTER else 1)
        place = "not to be told from it in" if row["p_holm"] >= ALPHA else "better in" if gain > 0 else "worse in"
        places[place].append(f"{name_of(row['benchmark'])} {name_figure(row['setting'], row['measure'])}")
    told = [f"{place} {', '.join(where)}" for place, where in places.items() if where]
    return f"Against {against}, hybrid is {'; '.join(told)}."


def _starred(row: dict[str, Any]) -> str:
    return show(row["measure"], row["difference"], sign=True) + (" *" if row["p_holm"] < ALPHA else "")


def describe_groups(findings: Findings) -> list[Block]:
    """Tell high- and lower-resource, and seen and unseen query languages apart."""
    shown = "Means over these query languages and over seeds, with the 95 % interval over questions."
    return [
        Heading(2, "High- and low-resource languages"),
        Paragraph(f"{RESOURCES} {shown}"),
        _group_table(findings.resources, "resources"),
        Heading(2, "Languages that training saw and did not see"),
        Paragraph(f"mAP by query language. {shown}"),
        _group_table(findings.trained, "in training"),
    ]


def _group_table(table: pd.DataFrame, name: str) -> Table:
    """Return the mAP of each group of query languages, a column a sampling or other system."""
    samplings = list(dict.fromkeys(table["sampling"]))
    rows = []
    for keys, part in table.groupby(["benchmark", "setting", "group", "query_lang"], sort=False):
        benchmark, setting, group, langs = map(str, keys)
        cells = {row["sampling"]: _figure(row) for row in part.to_dict("records")}
        told = [name_of(benchmark), SETTINGS[setting], group, langs]
        rows.append([*told, *(cells.get(sampling, "–") for sampling in samplings)])
    columns = ["benchmark", "setting", name, "query languages", *(name_of(sampling) for sampling in samplings)]
    return Table(columns, rows, text_columns=4)
