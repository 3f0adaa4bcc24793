"""Write params.yaml from profiles/NAME.yaml. Without NAME, list the profiles.

A profile has only the parameters that differ from profiles/help.yaml, the default.
"""

from pathlib import Path

import click

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.params import PARAMS, read_mapping
from stages.hybrid.ground.stage import tool

BACKUP = Path("params.yaml.bak")


@tool
@click.argument("name", required=False)
@click.option("--schema", is_flag=True, help="Write params.schema.json too, for editors.")
def main(name: str | None, schema: bool) -> None:
    from stages.hybrid.all_params import PROFILES, SCHEMA, compose, json_schema, profile_names
    from stages.hybrid.ground.files import write_text

    known = profile_names()
    if schema:
        write_text(Path(SCHEMA), json_schema())
    if name is None:
        click.echo("\n".join(known))
        return
    if name not in known:
        raise UserError(f"profile is {name!r}, expected one of those in {PROFILES}: {', '.join(known)}")
    text = compose(name)
    if PARAMS.exists() and changed_by_hand():
        write_text(BACKUP, PARAMS.read_text(encoding="utf-8", errors="surrogateescape"))
        click.echo(f"warning: {PARAMS} was changed by hand; its old content is now in {BACKUP}", err=True)
    write_text(PARAMS, text)
    click.echo(f"{PARAMS}: now profile {name}")


def changed_by_hand() -> bool:
    """Return whether params.yaml has other values than the profile that it names. Comments and order do not matter."""
    from stages.hybrid.all_params import composed_values, profile_names

    try:
        params = read_mapping(PARAMS)
        return params.get("profile") not in profile_names() or composed_values(params["profile"]) != params
    except UserError:  # either file is not valid, so a person changed it
        return True


if __name__ == "__main__":
    main()
