"""The page on the reproduction: what was run, which claims hold, the tables, and how sure it all is; as blocks."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from stages.hybrid.evaluation.significance import FLIPS, RESAMPLES
from stages.hybrid.report.figures import show, show_interval, show_p
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.report.tables import MEAN
from stages.hybrid.reproduction.claims import (
    ALPHA,
    ENCODERS,
    FAILS,
    HOLDS,
    MARGIN,
    NO_DATA,
    OPEN,
    UNSEEN_BY_PAPER,
    name_of,
)
from stages.hybrid.reproduction.findings import Findings
from stages.hybrid.reproduction.kept import SAMPLINGS, KeptRun
from stages.hybrid.reproduction.page_tables import describe_groups, describe_others, describe_systems, describe_tables

COUNTED = {HOLDS: "hold", FAILS: "do not hold", OPEN: "cannot be told", NO_DATA: "have no data"}


def describe_findings(findings: Findings) -> list[Block]:
    """Return the whole page."""
    return [
        Heading(1, "The paper's tables again"),
        *_setup(findings),
        *describe_systems(findings),
        *_claims(findings),
        *describe_tables(findings),
        *describe_others(findings),
        *describe_groups(findings),
        *_method(findings),
    ]


def _setup(findings: Findings) -> list[Block]:
    """Say what was run."""
    run, seeds = findings.runs[0], _seeds(findings.runs)
    sampler, plan = run.params["sampler"], run.plan
    text = (
        "A. Elmahdy, S.-C. Lin and A. Ahmad (arXiv 2408.10536) compare three ways to fill a training batch: pairs of "
        "one language (X-X-mono), pairs whose query and passage differ in language (X-Y), and a mixture of both kinds "
        f"of batch (hybrid). Runs here: {len(findings.runs)} ({seeds}). Every run made {plan['batches']:,} "
        f"steps of {sampler['batch_size']} pairs, {plan['pairs']:,} in all, from {run.params['base']['name']}, on "
        f"{', '.join(run.params['datasets'])} in {len(run.params['languages'])} languages "
        f"({', '.join(run.params['languages'])}); their parameters differ in sampling and seed alone. "
        f"Profile {run.params['profile']}, {_commits(findings.runs)}. {_machines(findings.runs)}"
    )
    unlike = (
        "The paper trained XLM-R base and LaBSE on questions and answers in nine languages. With another encoder or "
        "other text the levels are not comparable: the differences between the samplings are what is put to the test."
    )
    return [Paragraph(text), Paragraph(unlike)]


def _seeds(runs: Sequence[KeptRun]) -> str:
    told = {name: [str(run.seed) for run in runs if run.sampling == name] for name in SAMPLINGS}
    return "; ".join(
        f"{name_of(name)} with {'seeds ' + ', '.join(seeds) if seeds else 'no seed yet'}"
        for name, seeds in told.items()
    )


def _commits(runs: Sequence[KeptRun]) -> str:
    commits = sorted({run.commit[:7] for run in runs})
    return f"{'commit' if len(commits) == 1 else 'commits'} {', '.join(commits)}"


def _machines(runs: Sequence[KeptRun]) -> str:
    """Say how long training took, and on what, as far as it is known."""
    costs = [run.training for run in runs if run.training]
    if not costs:
        return ""
    minutes = [cost["seconds"] / 60 for cost in costs]
    machines = {
        f"{machine['processor']}: {machine['cores']} cores, {machine['memory_gib']} GiB"
        for machine in (cost["machine"] for cost in costs)
    }
    return f"Training took {min(minutes):.1f} to {max(minutes):.1f} minutes a run, on {'; '.join(sorted(machines))}."


def _claims(findings: Findings) -> list[Block]:
    """Say of each claim whether it holds, and how sure that is."""
    claims = findings.claims
    counts = claims["verdict"].value_counts()
    told = [f"{counts[verdict]} {words}" for verdict, words in COUNTED.items() if counts.get(verdict, 0)]
    text = (
        f"What tables 1 to 8 claim comes to {claims['claim'].nunique()} comparisons of two samplings, put to each "
        f"benchmark: {len(claims)} in all, of which {', '.join(told)}. In brackets: the difference here, then the "
        "paper's with XLM-R and with LaBSE. The table has the 95 % interval over questions, the standard error over "
        f"seeds, the corrected p and the smallest difference that these questions can show. {_unseen(findings)}"
    )
    discussed = [Paragraph(_discuss(rows)) for _, rows in claims.groupby("claim", sort=False)]
    return [Heading(2, "Which claims hold"), Paragraph(text), *discussed, _claim_table(claims)]


def _unseen(findings: Findings) -> str:
    """Say which languages training never saw, here and in the paper."""
    asked = set(findings.figures["query_lang"]) - {MEAN}
    here = sorted(asked - set(findings.runs[0].params["languages"]))
    return f"Languages that training never saw: {', '.join(here) or 'none'} here, {', '.join(UNSEEN_BY_PAPER)} there."


def _discuss(rows: pd.DataFrame) -> str:
    """Return what the benchmarks say of one claim."""
    told = [f"{row['verdict']} on {name_of(row['benchmark'])}{_because(row)}" for row in rows.to_dict("records")]
    return f"{rows['words'].iloc[0]}: {'; '.join(told)}."


def _because(row: dict[str, Any]) -> str:
    """Return the figures behind a verdict and, where there is none, the reason."""
    if row["verdict"] == NO_DATA:
        return ""
    ours, *papers = (show(row["measure"], row[key], sign=True) for key in ("difference", *ENCODERS.values()))
    figures = f" ({ours}; {' and '.join(papers)})"
    if row["verdict"] != OPEN:
        return figures
    if row["p_holm"] >= ALPHA:
        return f"{figures}: too little for {row['n_questions']:,} questions"
    return f"{figures}: the questions tell them apart, the seeds disagree"


def _claim_table(claims: pd.DataFrame) -> Table:
    rows = []
    for row in claims.to_dict("records"):
        measure, known = row["measure"], row["verdict"] != NO_DATA
        interval = show_interval(measure, row["low"], row["high"], sign=True)
        rows.append(
            [
                row["words"],
                name_of(row["benchmark"]),
                row["verdict"],
                show(measure, row["difference"], sign=True) + interval,
                show(measure, row["seed_error"]),
                f"{row['agreeing']} of {row['seed_pairs']}" if known else "–",
                show_p(row["p_holm"]) if known else "–",
                show(measure, row["detectable"]),
            ]
        )
    columns = ["claim", "benchmark", "here", "difference (95 % interval)", "seed error", "seed pairs", "p (Holm)"]
    return Table([*columns, "detectable"], rows, text_columns=3)


def _method(findings: Findings) -> list[Block]:
    """Say what a verdict rests on, how sure it can be, and how to make it again."""
    verdicts = (
        f"A claim holds where p is below {ALPHA}, the difference is on its side and so is that of every pair of seeds; "
        f"it does not hold where p is below {ALPHA} and all of these are on the other side; else it cannot be told. A "
        f"smaller rank distance is better. At least as good means worse by no more than {MARGIN:.0%} of the other's "
        "figure, and is tested against that bound."
    )
    questions = (
        "Tests and intervals are over question ids: a question is drawn, or its difference turned, with all its "
        "translations and language pairs at once, for the translations of one question are not samples of their own; "
        "questions on one paragraph are taken as independent. "
        f"Seeds are averaged question by question first. p is that of a paired randomisation test with {FLIPS:,} "
        f"flips, Holm-corrected over the {findings.claims['p'].notna().sum()} tests of claims; intervals are of "
        f"{RESAMPLES:,} bootstrap resamples. Detectable is the smallest true difference that one test at .05 finds "
        "with a power of .8: 2.80 standard deviations of what a question adds, over the root of the number of "
        "questions. Correction asks for more."
    )
    commands = (
        "`python -m stages.reproduction --run` makes the runs, as DVC experiments, and `python -m stages.reproduction` "
        "this page, from what is kept of them in data/reproduction. The page's tables are beside it as CSV; `runs.csv` "
        "has every figure of every run."
    )
    paragraphs = [verdicts, questions, *_seed_chance(findings.runs), commands]
    return [Heading(2, "How sure this is"), *(Paragraph(text) for text in paragraphs)]


def _seed_chance(runs: Sequence[KeptRun]) -> list[str]:
    """Say how much it means that all pairs of seeds agree."""
    seeds = min(sum(run.sampling == name for run in runs) for name in SAMPLINGS)
    if seeds < 2:
        return ["Fewer than two seeds of a sampling say nothing of what another would give."]
    chance = 2 / math.comb(2 * seeds, seeds)
    return [
        f"With {seeds} seeds each, two equal samplings have all {seeds**2} pairs of seeds on one side with a chance of "
        f"{chance:.2f}: agreeing seeds guard against one lucky run and prove little by themselves. What another "
        "training text or another encoder would change is in none of these figures."
    ]
