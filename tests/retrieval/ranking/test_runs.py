"""Runs and judgements in TREC's format: what is written, what is refused, and what is read back."""

import gzip
from pathlib import Path

import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.ranking.runs import read_run, write_qrels, write_run
from support.small_benchmark import small_benchmark


def test_a_run_and_its_judgements_are_written_in_trecs_format_and_equal_runs_have_equal_bytes(tmp_path: Path) -> None:
    benchmark, found = small_benchmark()
    write_run(tmp_path / "one.gz", benchmark, found=found, name="base")
    write_run(tmp_path / "two.gz", benchmark, found=found, name="base")
    write_qrels(tmp_path / "qrels", benchmark)
    text = gzip.decompress((tmp_path / "one.gz").read_bytes()).decode()
    assert text.splitlines() == ["q1 Q0 b 1 0.5 base", "q1 Q0 a 2 0.100000001 base", "q2 Q0 c 1 0.25 base"]
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()
    assert (tmp_path / "qrels").read_text().splitlines() == ["q1 0 b 1", "q1 0 c 1", "q2 0 c 2"]


def test_an_id_with_white_space_is_refused_before_a_run_is_written(tmp_path: Path) -> None:
    benchmark, found = small_benchmark()
    spaced = Benchmark(benchmark.queries, benchmark.passages.replace("a", "a b"), benchmark.qrels)
    with pytest.raises(UserError, match="the id 'a b' holds white space"):
        write_run(tmp_path / "run.gz", spaced, found=found, name="base")


def test_a_run_is_read_back_to_a_depth(tmp_path: Path) -> None:
    benchmark, found = small_benchmark()
    write_run(tmp_path / "run.gz", benchmark, found=found, name="base")
    assert read_run(tmp_path / "run.gz", depth=1).to_numpy().tolist() == [["q1", "b", 1], ["q2", "c", 1]]
    with pytest.raises(UserError, match=r"has at most 2 passages per query, expected 3; raise measures\.run_depth"):
        read_run(tmp_path / "run.gz", depth=3)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_a_run_that_is_cut_is_refused_in_one_line(tmp_path: Path, keep: float) -> None:
    whole = gzip.compress("".join(f"q{i} Q0 p{i} 1 0.5 name\n" for i in range(500)).encode())
    (tmp_path / "run.trec.gz").write_bytes(whole[: int(keep * len(whole))])
    with pytest.raises(UserError, match=r"not a whole TREC run .*; delete it and run the stage score again"):
        read_run(tmp_path / "run.trec.gz", depth=1)
