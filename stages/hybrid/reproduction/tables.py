"""The paper's tables 1 to 8 with our figures beside the paper's, and marks of what is significant."""

import itertools
from collections.abc import Callable, Sequence

import pandas as pd

from stages.hybrid.evaluation.names import HEADLINES, MEAN, gain_sign
from stages.hybrid.evaluation.significance.intervals import (
    ALPHA,
    Difference,
    compare,
    holm,
    macro_mean,
    randomisation_p,
    select_languages,
    subtract,
)
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
    - low, high: the bounds of its 95 % interval over questions
    - sd: the standard deviation between seeds
    - difference: ours minus the paper's
    - better_than: the samplings, with a space between them, that ours is significantly better than. That is, p is
      below `ALPHA` in the paired randomisation test over questions, Holm-corrected over the table.

    Benchmarks that no run was judged on are left out. A sampling that was not run has NaN.

    Raises:
        UserError: Two runs have scores of different queries.
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
    """Return the headline figures of every system, trained or not, with the columns `SYSTEM`.

    Raises:
        UserError: Two runs have scores of different queries.
    """
    figures = pd.concat([over_seeds(runs.figures) for runs in judged], ignore_index=True)
    kinds = pd.MultiIndex.from_frame(figures[["setting", "measure"]])
    headlines = figures[(figures["query_lang"] == MEAN) & kinds.isin(HEADLINES)]
    return with_intervals(headlines, judged)[SYSTEM]


def group_table(judged: Sequence[Judged], group_of: Callable[[str], str]) -> pd.DataFrame:
    """Return each system's mAP over the query languages of each group that ``group_of`` puts them in: `GROUP`.

    Of the adjusted systems, only the centred base is shown. ``query_lang`` holds the group's languages.

    Raises:
        UserError: Two runs have scores of different queries.
    """
    figures = pd.concat([runs.figures for runs in judged], ignore_index=True)
    adjusted = figures["system"].map(lambda system: split_name(system)[1] != "")
    made = adjusted & (figures["system"] != CENTRED_BASE)
    rows = figures[~made & (figures["measure"] == "map") & (figures["query_lang"] != MEAN)]
    keys = ["system", "seed", "benchmark", "setting", "measure", "group"]
    groups = rows.assign(group=rows["query_lang"].map(group_of)).groupby(keys, sort=False, dropna=False)
    means = groups.agg(value=("value", "mean"), n_queries=("n_queries", "sum"), query_lang=("query_lang", _join))
    table = with_intervals(over_seeds(means.reset_index()), judged)
    return table.assign(group=[group_of(langs.split()[0]) for langs in table["query_lang"]])[GROUP]


def _join(langs: pd.Series) -> str:
    return " ".join(sorted(set(langs)))


def better_samplings(places: pd.DataFrame, judged: Sequence[Judged]) -> dict[tuple[str, ...], str]:
    """Return, by (benchmark, setting, measure, query_lang, sampling), the samplings that it is better than.

    Every two samplings are compared in each of ``places``, rows of `PLACE`. All comparisons are one family.

    Raises:
        UserError: Two runs have scores of different queries.
    """
    runs = {of.benchmark: of for of in judged}
    found: list[tuple[tuple[str, ...], str, float]] = []  # of the better, the worse, p
    for place in places.itertuples(index=False, name=None):
        for one, other in itertools.combinations(SAMPLINGS, 2):
            compared = _compare(runs[place[0]], place, one=one, other=other)
            if compared is not None:
                gain, p = compared
                better, worse = (one, other) if gain > 0 else (other, one)
                found.append(((*place, better), worse, p))
    marks: dict[tuple[str, ...], str] = {}
    for (key, worse, _), p in zip(found, holm([p for *_, p in found]), strict=True):
        if p < ALPHA:
            marks[key] = f"{marks.get(key, '')} {worse}".strip()
    return marks


def _compare(runs: Judged, place: tuple[str, ...], *, one: str, other: str) -> tuple[float, float] | None:
    """Return by how much ``one`` is better than ``other`` in a place of a table, and p; None if one was not run."""
    _, setting, measure, lang = place
    pair = [runs.mean_sums(name, setting=setting, measure=measure) for name in (one, other)]
    if pair[0] is None or pair[1] is None:
        return None
    difference = subtract(pair[0], pair[1])
    if lang != MEAN:
        difference = select_languages(difference, [lang])
    if not difference.cells:
        return None
    return gain_sign(measure) * macro_mean(difference), randomisation_p(difference, runs.draws.signs)


def compare_with_others(judged: Sequence[Judged]) -> pd.DataFrame:
    """Return how each sampling differs from each system that no run trained, all of them one family for Holm.

    Such a system is the base, an adjusted base, or a baseline. Another contrast is that of the sampling's centred model
    with the centred base. Columns: benchmark, system, against, setting, measure, those of `Difference`, p_holm.

    Raises:
        UserError: Two systems have scores of different queries.
    """
    rows = []
    for runs in judged:
        contrasts = _contrasts(runs.figures)
        for (one, other), (setting, measure) in itertools.product(contrasts, HEADLINES):
            pair = [runs.mean_sums(name, setting=setting, measure=measure) for name in (one, other)]
            if pair[0] is not None and pair[1] is not None:
                keys = (runs.benchmark, one, other, setting, measure)
                rows.append((*keys, *compare(pair[0], pair[1], runs.draws)))
    columns = ["benchmark", "system", "against", "setting", "measure", *Difference._fields]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(p_holm=holm(table["p"]))


def _contrasts(figures: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the pairs of `compare_with_others`: a sampling, or its centred model, and what it is compared with."""
    has_seed = figures.groupby("system", sort=False)["seed"].first().notna()
    trained, others = list(has_seed.index[has_seed]), list(has_seed.index[~has_seed])
    both = [(centred_name(name), CENTRED_BASE) for name in SAMPLINGS]
    return [
        *((name, other) for name in SAMPLINGS if name in trained for other in others),
        *(pair for pair in both if pair[0] in trained and pair[1] in others),
    ]
