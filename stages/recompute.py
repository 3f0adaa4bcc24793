"""Compute every interval and every p of the reports again, from the scores of each question that lie beside them."""

from stages.hybrid.ground.stage import tool


@tool
def main() -> None:
    import click

    from stages.hybrid.ground.errors import UserError
    from stages.hybrid.reproduction.recompute import differing, find_reports, recompute

    folders = find_reports()
    if not folders:
        raise UserError("reports: no report has the scores of each question, expected one; run `dvc repro`")
    wrong = 0
    for folder in folders:
        checked = recompute(folder)
        found = differing(checked)
        wrong += len(found)
        click.echo(f"{folder}: {len(checked)} numbers computed again, {len(found)} differ")
        for row in found.head(5).itertuples():
            click.echo(f"  {row.table}, {row.row}: {row.committed} in the table, {row.recomputed} computed")
    if wrong:
        raise UserError(f"{wrong} numbers differ from those that are computed again; write these reports again")


if __name__ == "__main__":
    main()
