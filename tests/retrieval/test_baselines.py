"""The names and folders of the systems."""

from pathlib import Path
from typing import get_args

from stages.hybrid.retrieval.baselines import (
    ADJUSTMENTS,
    MODEL_FREE,
    WITHOUT_MODEL,
    adjusted_name,
    find_systems,
    split_name,
)
from stages.hybrid.retrieval.params import Baseline


def test_the_baselines_of_the_parameters_are_the_model_free_systems_and_the_adjustments() -> None:
    assert get_args(Baseline) == (*MODEL_FREE, *ADJUSTMENTS)


def test_a_system_s_name_is_split_into_what_it_was_made_of() -> None:
    for adjustment in ("", *ADJUSTMENTS):
        assert split_name(adjusted_name("base", adjustment)) == ("base", adjustment)
    assert split_name("bm25") == ("bm25", "")


def test_systems_are_found_in_order_and_those_that_were_not_scored_are_left_out(tmp_path: Path) -> None:
    for folder in ("baseline/toy/bm25", "base/toy/lir", "base/toy/centred", "finetuned/toy"):
        (tmp_path / folder).mkdir(parents=True)
    found = find_systems(tmp_path, [WITHOUT_MODEL, "base", "finetuned"], benchmark="toy")
    assert {name: path.as_posix() for name, path in found.items()} == {
        "bm25": "baseline/toy/bm25",
        "base": "base/toy",
        "base+centred": "base/toy/centred",
        "base+lir": "base/toy/lir",
        "finetuned": "finetuned/toy",
    }
    assert list(found) == ["bm25", "base", "base+centred", "base+lir", "finetuned"]
