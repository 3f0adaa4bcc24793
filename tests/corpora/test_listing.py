"""DATA.md, and the table that it is written from."""

from dataclasses import replace
from pathlib import Path

from stages.hybrid.corpora.catalogue import find_collections
from stages.hybrid.corpora.listing import describe_collections

ROOT = Path(__file__).parents[2]


def test_data_md_is_what_the_stage_fetch_lists() -> None:
    listed = describe_collections(find_collections().values())
    assert (ROOT / "DATA.md").read_text(encoding="utf-8") == listed, (
        "DATA.md is not up to date; run `python -m stages.fetch --list > DATA.md`"
    )


def test_a_collection_is_a_row_in_the_table_of_its_kind() -> None:
    known = find_collections()
    training, benchmark = known["mmarco"], replace(known["gnome"], languages=("de", "en"))
    text = describe_collections([benchmark, training])
    _, _, tables = text.partition("## Training sets\n")
    first, _, second = tables.partition("## Benchmarks\n")
    assert f"| `mmarco` | {training.description} | 14: ar de en " in first and "`gnome`" not in first
    assert f"| 2: de en | {benchmark.source} | CC-BY-SA-3.0 | not pinned: " in second and "`mmarco`" not in second


def test_a_loader_that_read_no_published_file_says_so() -> None:
    assert find_collections()["mr_tydi"].checked == "only small files in the documented layout"
    assert find_collections()["squadshifts_new_wiki"].checked == "all files"
    assert find_collections()["squadshifts"].checked.startswith("the file of new_wiki; of the others only small files")
