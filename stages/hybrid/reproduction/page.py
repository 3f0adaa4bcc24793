"""The page on the reproduction, as blocks: what was run, which claims hold, the tables, and how sure it all is."""

from collections.abc import Sequence

import pandas as pd

from stages.hybrid.evaluation.significance.intervals import ALPHA, RESAMPLES
from stages.hybrid.ground.files import read_table
from stages.hybrid.ground.layout import CURVE
from stages.hybrid.report.answer import answer
from stages.hybrid.report.figures import name_system
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.report.provenance import TEXTS, describe_files, read_files
from stages.hybrid.report.recipe import Recipe, describe_recipe
from stages.hybrid.reproduction.claims import HYBRID, name_of
from stages.hybrid.reproduction.findings import Findings
from stages.hybrid.reproduction.kept import SAMPLINGS, UNTRAINED, KeptRun
from stages.hybrid.reproduction.page_claims import count_verdicts, describe_claims
from stages.hybrid.reproduction.page_others import describe_others
from stages.hybrid.reproduction.page_tables import describe_groups, describe_systems, describe_tables
from stages.hybrid.reproduction.tables import CENTRED_BASE

ANSWERED = {  # the families of claims in the answer, and what introduces them
    "thesis": "The paper's claim, hybrid against the better of the other two samplings:",
    "ranks": "Rank distance, hybrid against the better of the other two samplings:",
    "weaker": "The easier comparison, hybrid against the sampling that is not made for the setting:",
}
HEADLINE_WORDS = (
    "Headline figures are mean average precision (mAP) in the three settings, and rank distance: the rank of the last "
    "relevant passage minus that of the first. “How sure this is” has the tests."
)


def describe_findings(findings: Findings) -> list[Block]:
    """Return the whole page."""
    return [
        Heading(1, "Reproduction of arXiv 2408.10536"),
        *_answer(findings),
        *_setup(findings),
        *_recipe(findings.runs),
        *describe_systems(findings),
        *describe_claims(findings),
        *describe_others(findings),
        *describe_tables(findings),
        *describe_groups(findings),
        *_method(findings),
        *_provenance(findings.runs),
    ]


def _answer(findings: Findings) -> list[Block]:
    """Return the answer: how hybrid compares with the centred base, and how many of the paper's claims hold."""
    others, claims = findings.others, findings.claims
    asked = others[(others["system"] == HYBRID) & (others["against"] == CENTRED_BASE)]
    blocks: list[Block] = [Heading(2, "Answer")]
    for benchmark, rows in asked.groupby("benchmark", sort=False):
        blocks.append(Paragraph(answer(rows, benchmark=name_of(str(benchmark)), one=HYBRID, other=CENTRED_BASE)))
    for family, words in ANSWERED.items():
        if len(rows := claims[claims["family"] == family]):
            blocks.append(Paragraph(f"{words} {count_verdicts(family, rows)}"))
    if len(blocks) > 1:
        seeds = len({run.seed for run in findings.runs})
        blocks.append(
            Paragraph(f"Each sampling has {seeds} seed{'s' if seeds > 1 else ''}, which is few. {HEADLINE_WORDS}")
        )
    if len(asked):
        text = f"In {name_system(CENTRED_BASE)}, each language's mean embedding is subtracted. This needs no training."
        blocks.append(Paragraph(text))
    return blocks if len(blocks) > 1 else []


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
        f"languages ({', '.join(run.languages)}). Of the parameters that change figures, the runs differ only in "
        f"sampling and seed. {_left_out(findings)}"
        f"Profile {run.params['profile']}, {_commits(findings.runs)}. {_machines(findings.runs)} “How these runs were "
        "made” has each run's date, machine and time."
    )
    unlike = (
        "The paper trained XLM-R base and LaBSE on questions and answers in nine languages. With another encoder or "
        "other text, levels are not comparable. Only differences between samplings are tested."
    )
    return [Heading(2, "What was run"), Paragraph(paper), Paragraph(ours), Paragraph(unlike)]


def _recipe(runs: Sequence[KeptRun]) -> list[Block]:
    """Return the section on what all runs share but for the strategy, which is that of hybrid."""
    curves = [read_table(run.folder / CURVE.name) for run in runs]
    shown = next((run for run in runs if run.sampling == HYBRID), runs[0])
    heading, table = describe_recipe(Recipe.model_validate(shown.params), curve=pd.concat(curves))
    words = f"That of {name_of(shown.sampling)}; the other samplings differ in the strategy only."
    return [heading, Paragraph(words), table]


def _seeds(runs: Sequence[KeptRun]) -> str:
    seeds = {name: [str(run.seed) for run in runs if run.sampling == name] for name in SAMPLINGS}
    return "; ".join(
        f"{name_of(name)} with {'seeds ' + ', '.join(found) if found else 'no seed yet'}"
        for name, found in seeds.items()
    )


def _left_out(findings: Findings) -> str:
    """Name the runs that are not used; empty if there are none."""
    names = [f"{name_of(run.sampling)} with seed {run.seed}" for run in findings.left_out]
    return f"Left out, because another sampling lacks the seed: {', '.join(names)}. " if names else ""


def _commits(runs: Sequence[KeptRun]) -> str:
    commits = sorted({run.commit[:7] for run in runs})
    return f"{'commit' if len(commits) == 1 else 'commits'} {', '.join(commits)}"


def _machines(runs: Sequence[KeptRun]) -> str:
    """Say how long training took and on what machine, as far as it is known."""
    costs = [run.training for run in runs if run.training]
    if not costs:
        return ""
    minutes = [cost["seconds"] / 60 for cost in costs]
    machines = sorted({_machine(run) for run in runs if run.training})
    return f"Training took {min(minutes):.1f} to {max(minutes):.1f} minutes per run, on {'; '.join(machines)}."


def _method(findings: Findings) -> list[Block]:
    """Say what a verdict rests on, how sure it can be, and how to make it again."""
    resampling = (
        f"Intervals and p are from {RESAMPLES:,} resamples of a hierarchical bootstrap. Each draws seeds. It also "
        "draws pages (in XQuAD-R and MLQA-R: paragraphs), then the questions of each drawn page. All are drawn with "
        "replacement. A question comes with all its translations and language pairs."
    )
    paired = (
        "All systems share their resamples. So every comparison is paired by seed, page and question. Seeds are paired "
        f"because runs of one seed share their random numbers. {_pages(findings)}"
    )
    tests = (
        "p is two-sided: twice the share of resamples in which the difference has the other sign or is 0. It is never "
        f"below {2 / (1 + RESAMPLES):.5f}. A difference "
        f"is significant if p is below {ALPHA} after Holm's correction. A family for this correction is a table of "
        "comparisons. In tables 3 to 8, it is one figure over all languages and pairs of samplings. A smaller rank "
        "distance is better."
    )
    commands = (
        "`python -m stages.reproduction --run` makes the runs, as DVC experiments. `python -m stages.reproduction` "
        "writes this page from what is kept of them in `runs`: the scores of each question. The page's tables are "
        "beside it as CSV. `python -m stages.recompute` computes every interval and every p again from a clone, and "
        "compares them with these tables."
    )
    paragraphs = [resampling, paired, tests, *_seed_chance(findings.runs), commands]
    return [Heading(2, "How sure this is"), *(Paragraph(text) for text in paragraphs)]


def _pages(findings: Findings) -> str:
    """Say how many pages and questions each benchmark has."""
    most = findings.claims.groupby("benchmark", sort=False)[["n_pages", "n_questions"]].max()
    counts = [
        f"{name_of(str(name))} has {row.n_questions:,} questions on {row.n_pages:,} pages"
        for name, row in most.iterrows()
    ]
    return f"{'; '.join(counts)}." if counts else ""


def _seed_chance(runs: Sequence[KeptRun]) -> list[str]:
    """Say what so few seeds can show."""
    seeds = min(sum(run.sampling == name for run in runs) for name in SAMPLINGS)
    if seeds < 2:
        return ["With fewer than two seeds of a sampling, nothing is known of what another seed would give."]
    chance = f"{2 / 2**seeds * 100:.0f} %"
    few = (
        f"{seeds} seeds are few. Suppose that two samplings are equally good, and that only the seeds vary. Then all "
        f"{seeds} seeds agree by chance in {chance} of all cases. The bootstrap finds a significant difference in "
        "each of these cases."
    )
    rest = (
        "So a small difference that is significant here should be tested again with more seeds. Another training text "
        "or another encoder may give other results; none of these figures covers that."
    )
    return [few, rest] if seeds <= 3 else [rest]


def _provenance(runs: Sequence[KeptRun]) -> list[Block]:
    """Return a table with the date, machine, time and commit of each run, and one of their texts."""
    machines = list(dict.fromkeys(_machine(run) for run in runs))
    rows = [
        [
            name_of(run.sampling),
            str(run.seed),
            run.training.get("started", "–"),
            f"{run.training['seconds'] / 60:.1f}" if run.training else "–",
            f"{run.training['peak_memory_gib']:.1f}" if run.training else "–",
            str(machines.index(_machine(run)) + 1),
            run.commit[:7],
        ]
        for run in runs
    ]
    resumed = Paragraph("A training that was stopped and resumed is listed with its last part.")
    where = [Paragraph(f"Machine {number}: {machine}.") for number, machine in enumerate(machines, start=1)]
    columns = ["sampling", "seed", "training started (UTC)", "minutes of training", "peak memory in GiB", "machine"]
    texts = runs[0].folder.parent / UNTRAINED / TEXTS
    return [
        Heading(2, "How these runs were made"),
        resumed,
        *where,
        Table([*columns, "commit"], rows, text_columns=3),
        *describe_files(read_files(texts), f"runs/{UNTRAINED}/{TEXTS}"),
    ]


def _machine(run: KeptRun) -> str:
    """Return the machine that a run was trained on, in words."""
    if not run.training:
        return "not known"
    machine = run.training["machine"]
    return f"{machine['processor']}: {machine['cores']} cores, {machine['memory_gib']} GiB"
