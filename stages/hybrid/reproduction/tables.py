"""The paper's tables 1 to 8 with our figures beside the paper's, and marks of what is significant."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from stages.hybrid.evaluation.names import HEADLINES, MEAN, SETTINGS, gain_sign
from stages.hybrid.evaluation.significance.intervals import ALPHA, Difference, bootstrap_p, compare, holm, subtract
from stages.hybrid.ground.layout import BASE
from stages.hybrid.reproduction.claims import ENCODERS, PAPER_NAMES
from stages.hybrid.reproduction.kept import SAMPLINGS
from stages.hybrid.reproduction.systems import Judged, over_seeds, with_intervals
from stages.hybrid.retrieval.baselines import centred_name, split_name

CENTRED_BASE = centred_name(BASE.name)
NUMBERS = [str(number) for number in range(1, 9)]
PLACE = ["benchmark", "setting", "measure", "query_lang"]  # of a figure in a table of the paper
OURS = ["ours", "low", "high", "sd", "seeds", "n_queries"]
COLUMNS = ["encoder", *PLACE, "sampling", *OURS, "paper", "difference", "better_than"]
GROUP = ["benchmark", "setting", "measure", "group", "query_lang", "system", *OURS]
SYSTEM = ["benchmark", "system", "setting", "measure", *OURS]


def paper_table(number: str, judged: Sequence[Judged], paper: pd.DataFrame) -> pd.DataFrame:
    """Return table ``number`` of the paper with ours beside it: `COLUMNS`, in the paper's order.

    - encoder: the paper's
    - ours, seeds, n_queries: the mean over so many seeds, with so many queries each
    - low, high: the bounds of its 95 % interval
    - sd: the standard deviation between seeds
    - difference: ours minus the paper's
    - better_than: in rows of one query language, the samplings, with a space between them, that ours is significantly
      better than (`better_samplings`). Means over languages have none: `judge_claims` tests them.

    Benchmarks that no run was judged on are left out. A sampling that was not run has NaN.
    """
    ours_by_paper = {theirs: ours for ours, theirs in PAPER_NAMES.items()}
    rows = paper[(paper["table"] == number) & paper["model"].isin(ENCODERS)].rename(
        columns={"value": "paper", "model": "encoder"}
    )
    for column in ("benchmark", "setting", "sampling"):
        rows = rows.assign(**{column: rows[column].map(ours_by_paper)})
    figures = pd.concat([over_seeds(runs.figures) for runs in judged], ignore_index=True)
    rows = rows[rows["benchmark"].isin(set(figures["benchmark"]))].assign(system=lambda chosen: chosen["sampling"])
    table = with_intervals(rows.merge(figures, on=[*PLACE, "system"], how="left"), judged)
    marks = better_samplings(table[PLACE].drop_duplicates(), judged)
    keys = table[[*PLACE, "sampling"]].itertuples(index=False, name=None)
    names = [marks.get(key, "") for key in keys]
    return table.assign(difference=table["ours"] - table["paper"], better_than=names)[COLUMNS]


def system_table(judged: Sequence[Judged]) -> pd.DataFrame:
    """Return the headline figures of every system, trained or not, with the columns `SYSTEM`."""
    figures = pd.concat([over_seeds(runs.figures) for runs in judged], ignore_index=True)
    kinds = pd.MultiIndex.from_frame(figures[["setting", "measure"]])
    headlines = figures[(figures["query_lang"] == MEAN) & kinds.isin(HEADLINES)]
    return with_intervals(headlines, judged)[SYSTEM]


def group_table(judged: Sequence[Judged], group_of: Callable[[str], str]) -> pd.DataFrame:
    """Return each system's mAP over the query languages of each group that ``group_of`` puts them in: `GROUP`.

    Of the adjusted systems, only the centred base is shown. ``query_lang`` holds the group's languages.
    """
    rows = [
        {
            "benchmark": runs.benchmark,
            "setting": setting,
            "measure": "map",
            "group": group,
            "query_lang": " ".join(langs),
        }
        | {"system": system}
        | _over_group(runs, system, setting=setting, langs=langs)
        for runs in judged
        for setting in SETTINGS
        for group, langs in _groups(runs.figures, group_of).items()
        for system in runs.figures["system"].unique()
        if split_name(system)[1] == "" or system == CENTRED_BASE
    ]
    return pd.DataFrame(rows)[GROUP]


def _groups(figures: pd.DataFrame, group_of: Callable[[str], str]) -> dict[str, list[str]]:
    """Return the query languages of each group, both sorted."""
    langs = sorted(set(figures["query_lang"]) - {MEAN})
    names = sorted({group_of(lang) for lang in langs})
    return {name: [lang for lang in langs if group_of(lang) == name] for name in names}


def _over_group(runs: Judged, system: str, *, setting: str, langs: list[str]) -> dict[str, Any]:
    """Return `OURS` of a system's mAP over these query languages. A figure that it lacks is NaN."""
    found = runs.estimate(system, setting=setting, measure="map", langs=langs)
    if found is None:
        return dict.fromkeys(OURS[:4], float("nan")) | {"seeds": 0, "n_queries": 0}
    low, high = found.interval
    seeds = found.of_seeds
    rows = runs.figures.query("system == @system and setting == @setting and measure == 'map' and query_lang in @langs")
    return {
        "ours": found.value,
        "low": low,
        "high": high,
        "sd": float(seeds.std(ddof=1)) if len(seeds) > 1 else float("nan"),
        "seeds": len(seeds),
        "n_queries": int(rows.drop_duplicates("query_lang")["n_queries"].sum()),  # of one seed
    }


def better_samplings(places: pd.DataFrame, judged: Sequence[Judged]) -> dict[tuple[str, ...], str]:
    """Return, by (benchmark, setting, measure, query_lang, sampling), the samplings that it is better than.

    Every two samplings are compared in each of ``places``, rows of `PLACE` with one query language. The comparisons in
    one figure of a benchmark are one family.
    """
    runs = {of.benchmark: of for of in judged}
    marks: dict[tuple[str, ...], str] = {}
    for _, family in places[places["query_lang"] != MEAN].groupby(PLACE[:3], sort=False):
        found: list[tuple[tuple[str, ...], str, float]] = []  # of the better, the worse, p
        for place in family.itertuples(index=False, name=None):
            for one, other in itertools.combinations(SAMPLINGS, 2):
                compared = _compare(runs[place[0]], place, one=one, other=other)
                if compared is not None:
                    gain, p = compared
                    better, worse = (one, other) if gain > 0 else (other, one)
                    found.append(((*place, better), worse, p))
        for (key, worse, _), p in zip(found, holm([p for *_, p in found]), strict=True):
            if p < ALPHA:
                marks[key] = f"{marks.get(key, '')} {worse}".strip()
    return marks


def _compare(runs: Judged, place: tuple[str, ...], *, one: str, other: str) -> tuple[float, float] | None:
    """Return by how much ``one`` is better than ``other`` in a place of a table, and p; None if one was not run."""
    _, setting, measure, lang = place
    pair = [runs.estimate(name, setting=setting, measure=measure, langs=[lang]) for name in (one, other)]
    if pair[0] is None or pair[1] is None:
        return None
    difference = subtract(pair[0], pair[1])
    return gain_sign(measure) * difference.value, bootstrap_p(difference)


def compare_with_base(judged: Sequence[Judged]) -> pd.DataFrame:
    """Return how each sampling differs from the base, from the centred base, and centred from the centred base.

    Each of these three questions is a family for Holm. Columns: benchmark, system, against, setting, measure, those of
    `Difference`, agreeing (seeds whose difference has the mean's sign), seeds, p_holm.
    """
    rows = []
    for runs, (one, other), (setting, measure) in itertools.product(judged, _contrasts(), HEADLINES):
        pair = [runs.estimate(name, setting=setting, measure=measure) for name in (one, other)]
        if pair[0] is not None and pair[1] is not None:
            differences = subtract(pair[0], pair[1]).of_seeds
            agreeing = int((differences * differences.mean() > 0).sum())
            keys = (runs.benchmark, one, other, setting, measure)
            rows.append((*keys, *compare(pair[0], pair[1]), agreeing, len(differences)))
    columns = ["benchmark", "system", "against", "setting", "measure", *Difference._fields, "agreeing", "seeds"]
    table = pd.DataFrame(rows, columns=columns)
    adjusted = table["system"].map(lambda system: split_name(system)[1])
    return table.assign(p_holm=table.groupby([table["against"], adjusted])["p"].transform(lambda p: holm(p.tolist())))


def _contrasts() -> list[tuple[str, str]]:
    """Return the pairs of `compare_with_base`, family by family."""
    return [
        *((name, BASE.name) for name in SAMPLINGS),
        *((name, CENTRED_BASE) for name in SAMPLINGS),
        *((centred_name(name), CENTRED_BASE) for name in SAMPLINGS),
    ]
