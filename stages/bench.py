"""Measure time and memory beside other tools, and write reports/bench_amx.md and .json. A stopped run resumes.

The files are named after the processor's bfloat16 unit: amx, avx512 or other.

If rows are named, only these are measured, even if they have results: python -m stages.bench encode_vs_st
"""

import click

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.stage import tool


@tool
@click.argument("names", nargs=-1, metavar="[ROW]...")
def main(names: tuple[str, ...]) -> None:
    from rich.console import Console

    from stages.hybrid.bench.catalogue import subjects
    from stages.hybrid.bench.inputs import read_inputs
    from stages.hybrid.bench.run import check_rows, first_results, measure, missing_rows, to_measure, write
    from stages.hybrid.bench.table import to_table
    from stages.hybrid.ground.git import read_commit

    params, known, commit = read_inputs(), subjects(), read_commit()[:7] or "unknown"
    check_rows(names, known)
    results, failed = first_results(names), []
    for subject in to_measure(known, names, results, commit=commit):
        click.echo(f"measuring {', '.join(subject.rows)}", err=True)
        try:
            results = measure(subject, params, known=known, commit=commit, results=results)
        except UserError as error:
            failed.append(f"{subject.rows[0]}: {error}")
        else:
            write(results)
    Console(width=160).print(to_table(results))
    if failed:
        raise UserError("; ".join(failed))
    if missing := missing_rows(known, results, commit=commit):
        raise UserError(f"not complete at commit {commit}: {', '.join(missing)}; run `make bench`")
    click.echo(f"complete: {len(results.rows)} rows, all of commit {commit}", err=True)


if __name__ == "__main__":
    main()
