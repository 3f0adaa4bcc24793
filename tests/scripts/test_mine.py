"""`python -m stages.mine` with a tiny encoder: the table that it writes, which is empty by default."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from stages.hybrid.ground.files import read_table, write_table
from stages.hybrid.ground.layout import BASE, BLOCKS, NEGATIVES, PAIRS
from stages.hybrid.records import Negative
from stages.mine import main
from support.params import toy_params, write_params
from support.stage_scripts import ROOT


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to a folder with the toy corpus's pairs, of which one group is held out."""
    lines = (ROOT / "tests" / "toy" / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = pd.DataFrame([json.loads(line) for line in lines]).sort_values(["group_id", "lang"], ignore_index=True)
    pairs["twin_id"] = pairs["group_id"]
    pairs["held_out"] = pairs["group_id"] == pairs["group_id"].iloc[0]
    write_table(tmp_path / PAIRS / "toy_pairs.parquet", pairs)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(root: Path, **changed: object) -> pd.DataFrame:
    """Run the stage with these changes to the section negatives; return its table."""
    params = toy_params()
    params["negatives"] |= changed
    write_params(root, params)
    result = CliRunner().invoke(main, [], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return read_table(root / NEGATIVES / "toy_pairs.parquet")


def test_if_no_negatives_are_mined_no_encoder_is_needed_and_the_table_is_empty(project: Path) -> None:
    found = run(project)
    assert found.empty
    assert found.columns.tolist() == list(Negative._fields)


def test_negatives_are_other_training_groups_in_the_query_s_language(project: Path, base: Path) -> None:
    shutil.copytree(base, project / BASE)
    found = run(project, per_query=2, margin=-2.0)
    pairs = read_table(project / PAIRS / "toy_pairs.parquet")
    assert len(found) == 2 * (~pairs["held_out"]).sum()
    assert (found["group_id"] != found["negative_group_id"]).all()
    assert (found["lang"] == found["negative_lang"]).all()
    held_out = set(pairs.loc[pairs["held_out"], "group_id"])
    assert not held_out & (set(found["group_id"]) | set(found["negative_group_id"]))
    assert not list((project / BLOCKS).iterdir())  # only a stopped run would need them
