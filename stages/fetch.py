"""Fetch the raw files of the training sets and benchmarks that params.yaml names, into data/raw/NAME/.

Help pages and messages come from Debian packages, which apt-get downloads as files. This needs no root rights and
installs nothing. Other collections come from their public homes, such as the Hugging Face hub, or from copies in
fetch.mirror. A name in fetch.folders is copied from its folder, archive or file. Files that are present and match their
checksum are kept.
"""

from typing import Self

import click
from pydantic import model_validator

from stages.hybrid.ground.errors import one_line_errors
from stages.hybrid.ground.layout import RAW
from stages.hybrid.ground.params import Names, Params, check_apart
from stages.hybrid.ground.stage import stage
from stages.hybrid.sources.params import FetchParams


class Reads(Params):
    """What this stage reads of params.yaml."""

    datasets: Names
    benchmarks: Names
    validation_set: str
    languages: list[str]
    evaluation_languages: list[str]
    fetch: FetchParams

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_apart(self.datasets, [*self.benchmarks, self.validation_set])
        return self


@one_line_errors
def print_list(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    from stages.hybrid.corpora.catalogue import find_collections
    from stages.hybrid.corpora.listing import describe_collections

    if wanted:
        click.echo(describe_collections(find_collections().values()), nl=False)
        context.exit()


@stage
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_list,
    help="Print DATA.md, which lists the public collections, and exit.",
)
def main(params: Reads) -> None:
    from stages.hybrid.corpora.catalogue import find_benchmarks, find_training_sets
    from stages.hybrid.corpora.fetching import check_names, fetch_raw

    benchmarks = [*params.benchmarks, *([params.validation_set] if params.validation_set else [])]
    check_names("datasets", params.datasets, known=find_training_sets(), folders=params.fetch.folders)
    check_names("benchmarks and validation_set", benchmarks, known=find_benchmarks(), folders=params.fetch.folders)
    wanted = dict.fromkeys(benchmarks, params.evaluation_languages) | dict.fromkeys(params.datasets, params.languages)
    with click.progressbar(wanted, label="fetch", item_show_func=lambda name: name or "") as progress:
        for name in progress:
            fetch_raw(name, RAW / name, wanted[name], params.fetch)


if __name__ == "__main__":
    main()
