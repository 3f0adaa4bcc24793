"""Index a benchmark's passages: data/embeddings/MODEL/BENCHMARK -> data/indexes/MODEL/BENCHMARK."""

from pathlib import Path

import click

from stages.hybrid.ground.costs import measured
from stages.hybrid.ground.errors import one_line_errors


@click.command(help=__doc__)
@click.argument("model")
@click.argument("benchmark")
@one_line_errors
@measured
def main(model: str, benchmark: str) -> None:
    from stages.hybrid.ground.params import read_settings
    from stages.hybrid.retrieval.search import IndexSettings, build_index, load_embeddings, save_index

    settings = read_settings("index", IndexSettings)
    index = build_index(load_embeddings(Path("data/embeddings", model, benchmark, "passages.npy")), settings)
    save_index(Path("data/indexes", model, benchmark, "passages.faiss"), index)
    click.echo(f"{model} on {benchmark}: {index.ntotal} passages indexed as {type(index).__name__}")


if __name__ == "__main__":
    main()
