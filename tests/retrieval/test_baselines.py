"""Which baselines there are and where their figures lie."""

from pathlib import Path

import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.retrieval.baselines import WITHOUT_MODEL, BaselinesSettings, find_systems


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


def test_an_unknown_baseline_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        UserError, match="names holds 'tfidf', expected some of random, bm25, centred, centred_training"
    ):
        BaselinesSettings(names=["bm25", "tfidf"], training_texts=1, lir_directions=1)


def test_no_texts_or_directions_are_refused() -> None:
    with pytest.raises(UserError, match="training_texts is 0 and lir_directions 1, expected 1 or more"):
        BaselinesSettings(names=[], training_texts=0, lir_directions=1)
