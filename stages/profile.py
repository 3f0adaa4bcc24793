"""Copy profiles/NAME.yaml over params.yaml, or list the profiles where no name is given."""

from pathlib import Path

import click

from stages.hybrid.ground.errors import UserError, one_line_errors
from stages.hybrid.ground.files import write_text
from stages.hybrid.ground.params import PARAMS, read_params

PROFILES = Path("profiles")
BACKUP = Path("params.yaml.bak")


@click.command(help=__doc__)
@click.argument("name", required=False)
@one_line_errors
def main(name: str | None) -> None:
    if name is None:
        click.echo("\n".join(profile_names()))
        return
    if name not in profile_names():
        raise UserError(f"{PROFILES} has no profile {name!r}, expected one of {', '.join(profile_names())}")
    if params_differ_from_their_profile():
        write_text(BACKUP, PARAMS.read_text(encoding="utf-8"))
        click.echo(f"warning: {PARAMS} had changes of its own; they are kept in {BACKUP}", err=True)
    write_text(PARAMS, (PROFILES / f"{name}.yaml").read_text(encoding="utf-8"))
    click.echo(f"{PARAMS}: now profile {name}")


def profile_names() -> list[str]:
    """Return the names of the profiles, sorted."""
    return sorted(path.stem for path in PROFILES.glob("*.yaml"))


def params_differ_from_their_profile() -> bool:
    """Say whether params.yaml has other values than the profile that it names; comments and order do not count."""
    if not PARAMS.exists():
        return False
    try:
        params = read_params()
    except UserError:  # no valid YAML: worth keeping all the more
        return True
    source = PROFILES / f"{params.get('profile')}.yaml"
    return not source.exists() or read_params(source) != params


if __name__ == "__main__":
    main()
