"""Print batches of the plan with the texts of their pairs. With --summary, or without STEP, print a summary."""

import click

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.layout import PLAN, PLAN_SUMMARY
from stages.hybrid.ground.stage import tool


@tool
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@click.option("--summary", is_flag=True, help="Print counts and shares of the plan.")
def main(steps: tuple[str, ...], summary: bool) -> None:
    from rich.console import Console

    from stages.hybrid.ground.files import read_json, read_table
    from stages.hybrid.report.batches import describe_batches
    from stages.hybrid.terminal import print_batch, print_block

    console = Console()
    plan = read_table(PLAN)
    for step in read_steps(steps, len(plan)):
        print_batch(console, plan.iloc[step])
    if summary or not steps:
        for block in describe_batches(read_json(PLAN_SUMMARY)):
            print_block(console, block)


def read_steps(steps: tuple[str, ...], number: int) -> list[int]:
    """Return the steps as numbers, for a plan of ``number`` batches.

    Raises:
        UserError: The plan does not have one of them.
    """
    for step in steps:
        if not step.isdecimal() or int(step) >= number:
            raise UserError(f"step {step}: {PLAN} has the steps 0 to {number - 1}; name one of these")
    return [int(step) for step in steps]


if __name__ == "__main__":
    main()
