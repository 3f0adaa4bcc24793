"""Tables of training pairs: which rows are trained on, and whether they are parallel text."""

from pathlib import Path

import pandas as pd
import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import write_table
from stages.hybrid.records import Pair, is_parallel_text, read_training_pairs


def make_pairs(*groups: str) -> pd.DataFrame:
    return pd.DataFrame([Pair(group, f"page of {group}", "en", f"{group}?", f"{group}.") for group in groups])


def test_training_pairs_are_those_of_all_sets_that_are_not_held_out_numbered_from_0(tmp_path: Path) -> None:
    write_table(tmp_path / "one.parquet", make_pairs("a", "b", "c").assign(held_out=[True, False, False]))
    write_table(tmp_path / "two.parquet", make_pairs("d", "e").assign(held_out=[False, True]))
    found = read_training_pairs(tmp_path, ["one", "two"])
    assert found[["group_id", "dataset"]].to_numpy().tolist() == [["b", "one"], ["c", "one"], ["d", "two"]]
    assert found.index.tolist() == [0, 1, 2]


def test_a_training_set_may_have_only_held_out_pairs(tmp_path: Path) -> None:
    write_table(tmp_path / "one.parquet", make_pairs("a").assign(held_out=True))
    assert read_training_pairs(tmp_path, ["one"]).empty


def test_a_training_set_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"one\.parquet: not found; run the stage that writes it"):
        read_training_pairs(tmp_path, ["one"])


def test_text_is_parallel_if_every_query_is_its_own_passage() -> None:
    pairs = make_pairs("a", "b")
    parallel = pairs.assign(passage=pairs["query"])
    assert is_parallel_text(parallel)
    assert not is_parallel_text(pd.concat([parallel, pairs]))
