"""The page on how a run was made, which all pages and tables of the run refer to."""

from stages.hybrid.ground.costs import Cost
from stages.hybrid.report.costs import describe_costs
from stages.hybrid.report.pages import Block, Heading, Paragraph
from stages.hybrid.report.provenance import RawFile, describe_files

RUN = "run.md"  # beside the report
HOW_MADE = Paragraph(f"Commit, date, machine, package versions and costs of this run: [{RUN}]({RUN})")


def describe_run(costs: list[Cost], files: list[RawFile], notes: list[str], *, profile: str, seed: int) -> list[Block]:
    """Return the page, from the results of `read_costs`, `read_files` and `compare_with_committed`."""
    command = (
        f"Profile {profile}, seed {seed}, made by `make profile NAME={profile}; dvc repro`. If parameters were changed "
        "in between, dvc.lock has those of each stage. This page is about all pages, tables, plots and metrics in this "
        "folder."
    )
    stages = (
        "A stage that was stopped and resumed is listed with its last part. A stage that DVC took from its cache is "
        "listed with its last real run, which may be of another profile. Times are in UTC."
    )
    return [
        Heading(1, "How this run was made"),
        Paragraph(command),
        Paragraph(stages),
        *describe_costs(costs),
        Heading(2, "Texts"),
        *describe_files(files),
        *map(Paragraph, notes),
    ]
