"""The page on the reproduction, as blocks: what was run, which claims hold, the tables, and how sure it all is."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from stages.hybrid.evaluation.names import MEAN
from stages.hybrid.evaluation.significance.intervals import ALPHA, FLIPS, RESAMPLES
from stages.hybrid.report.figures import show, show_interval, show_p
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.reproduction.claims import (
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
from stages.hybrid.reproduction.kept import KEPT, SAMPLINGS, KeptRun
from stages.hybrid.reproduction.page_others import describe_others
from stages.hybrid.reproduction.page_tables import describe_groups, describe_systems, describe_tables

COUNTED = {HOLDS: "hold", FAILS: "do not hold", OPEN: "are not significant", NO_DATA: "have no data"}


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
    """Say what the paper compares, and what was run here."""
    run, plan = findings.runs[0], findings.runs[0].plan
    paper = (
        "The paper (A. Elmahdy, S.-C. Lin and A. Ahmad, arXiv 2408.10536) compares three ways to fill training "
        "batches. X-X-mono: all pairs of a batch are in one language. X-Y: query and passage of a pair differ in "
        "language. Hybrid: a mixture of both kinds of batch."
    )
    ours = (
        f"Runs here: {len(findings.runs)} ({_seeds(findings.runs)}). Every run made {plan['batches']:,} steps of "
        f"{run.params['sampler']['batch_size']} pairs, {plan['pairs']:,} in all. It trained "
        f"{run.params['base']['name']} on {', '.join(run.params['datasets'])} in {len(run.languages)} "
        f"languages ({', '.join(run.languages)}). The runs' parameters differ in sampling and seed only. "
        f"Profile {run.params['profile']}, {_commits(findings.runs)}. {_machines(findings.runs)}"
    )
    unlike = (
        "The paper trained XLM-R base and LaBSE on questions and answers in nine languages. Encoder and text differ "
        "here, so the levels are not comparable. Only the differences between the samplings are tested."
    )
    return [Paragraph(paper), Paragraph(ours), Paragraph(unlike)]


def _seeds(runs: Sequence[KeptRun]) -> str:
    seeds = {name: [str(run.seed) for run in runs if run.sampling == name] for name in SAMPLINGS}
    return "; ".join(
        f"{name_of(name)} with {'seeds ' + ', '.join(found) if found else 'no seed yet'}"
        for name, found in seeds.items()
    )


def _commits(runs: Sequence[KeptRun]) -> str:
    commits = sorted({run.commit[:7] for run in runs})
    return f"{'commit' if len(commits) == 1 else 'commits'} {', '.join(commits)}"


def _machines(runs: Sequence[KeptRun]) -> str:
    """Say how long training took and on what machine, as far as it is known."""
    costs = [run.training for run in runs if run.training]
    if not costs:
        return ""
    minutes = [cost["seconds"] / 60 for cost in costs]
    machines = {
        f"{machine['processor']}: {machine['cores']} cores, {machine['memory_gib']} GiB"
        for machine in (cost["machine"] for cost in costs)
    }
    return f"Training took {min(minutes):.1f} to {max(minutes):.1f} minutes per run, on {'; '.join(sorted(machines))}."


def _claims(findings: Findings) -> list[Block]:
    """Say of each claim whether it holds, and how sure that is."""
    claims = findings.claims
    counts = claims["verdict"].value_counts()
    counted = [f"{counts[verdict]} {words}" for verdict, words in COUNTED.items() if counts.get(verdict, 0)]
    text = (
        f"Tables 1 to 8 of the paper make {claims['claim'].nunique()} claims, each about two samplings. Each is tested "
        f"on each benchmark. Of the {len(claims)} results, {', '.join(counted)}. {_unseen(findings)}"
    )
    brackets = (
        "Figures in brackets are the difference here, then the paper's with XLM-R and with LaBSE. The table adds the "
        "95 % interval over questions, the standard error over seeds, the corrected p, and the smallest difference "
        "that these questions can detect."
    )
    discussed = [Paragraph(_discuss(rows)) for _, rows in claims.groupby("claim", sort=False)]
    heading = Heading(2, "Which claims hold")
    return [heading, Paragraph(text), Paragraph(brackets), *discussed, _claim_table(claims)]


def _unseen(findings: Findings) -> str:
    """Say which languages training never saw, here and in the paper."""
    asked = set(findings.figures["query_lang"]) - {MEAN}
    here = ", ".join(sorted(asked - set(findings.runs[0].languages))) or "none"
    return f"Languages that training never saw: {here} here; {', '.join(UNSEEN_BY_PAPER)} in the paper."


def _discuss(rows: pd.DataFrame) -> str:
    """Return what the benchmarks say of one claim."""
    found = [f"{row['verdict']} on {name_of(row['benchmark'])}{_because(row)}" for row in rows.to_dict("records")]
    return f"{rows['words'].iloc[0]}: {'; '.join(found)}."


def _because(row: dict[str, Any]) -> str:
    """Return the figures behind a verdict and, if a claim was not decided, the reason."""
    if row["verdict"] == NO_DATA:
        return ""
    ours, *papers = (show(row["measure"], row[key], sign=True) for key in ("difference", *ENCODERS.values()))
    figures = f" ({ours}; {' and '.join(papers)})"
    if row["verdict"] != OPEN:
        return figures
    if row["p_holm"] >= ALPHA:
        return f"{figures}, with {row['n_questions']:,} questions"
    return f"{figures}, because the seeds disagree, although the test over questions is significant"


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
        f"A claim holds if p is below {ALPHA}, and the mean difference and those of all pairs of seeds are on its "
        f"side. It does not hold if p is below {ALPHA} and all of these are on the other side. Otherwise it is not "
        "significant. A smaller rank distance is better. “At least as good as” means worse by at most "
        f"{MARGIN:.0%} of the other's figure, and is tested against that bound."
    )
    questions = (
        "Tests and intervals are over question ids. The translations of one question are not independent samples. So "
        "a question is drawn, or its difference flipped, with all its translations and language pairs at once. "
        "Questions on one paragraph are treated as independent. Seeds are averaged first, question by question."
    )
    tests = (
        f"p is from a paired randomisation test with {FLIPS:,} flips, Holm-corrected over the "
        f"{findings.claims['p'].notna().sum()} tests of claims. Intervals are from {RESAMPLES:,} bootstrap resamples. "
        "Detectable is the smallest true difference that one test at 0.05 finds with a power of 0.8. It is 2.80 "
        "standard deviations of what a question adds, divided by the square root of the number of questions. After "
        "correction only larger differences are found."
    )
    commands = (
        "`python -m stages.reproduction --run` makes the runs, as DVC experiments. `python -m stages.reproduction` "
        f"makes this page from what is kept of them in {KEPT}. The page's tables are beside it as CSV. `runs.csv` has "
        "every figure of every run."
    )
    paragraphs = [verdicts, questions, tests, *_seed_chance(findings.runs), commands]
    return [Heading(2, "How sure this is"), *(Paragraph(text) for text in paragraphs)]


def _seed_chance(runs: Sequence[KeptRun]) -> list[str]:
    """Say how much it means that all pairs of seeds agree."""
    seeds = min(sum(run.sampling == name for run in runs) for name in SAMPLINGS)
    if seeds < 2:
        return ["With fewer than two seeds of a sampling, nothing is known of what another seed would give."]
    chance = 2 / math.comb(2 * seeds, seeds)
    return [
        f"With {seeds} seeds each, two equal samplings have all {seeds**2} pairs of seeds on one side with a chance of "
        f"{chance:.2f}. Agreement of the seeds guards against one lucky run, but proves little alone. Another training "
        "text or another encoder may give other results; none of these figures covers that."
    ]
