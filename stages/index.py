"""Index the passages of a benchmark with FAISS: data/embeddings -> data/indexes."""

import click

from stages.hybrid.ground.layout import INDEX_FILE, INDEXES, embeddings_file
from stages.hybrid.ground.params import Params
from stages.hybrid.ground.stage import stage
from stages.hybrid.retrieval.params import IndexParams


class Reads(Params):
    """What this stage reads of params.yaml."""

    index: IndexParams


@stage
def main(params: Reads, model: str, benchmark: str) -> None:
    from stages.hybrid.ground.files import read_array
    from stages.hybrid.retrieval.dense.search import build_index, save_index

    index = build_index(read_array(embeddings_file(model, benchmark, "passages")), params.index)
    save_index(INDEXES / model / benchmark / INDEX_FILE, index)
    click.echo(f"{model} on {benchmark}: {index.ntotal} passages indexed as {type(index).__name__}")


if __name__ == "__main__":
    main()
