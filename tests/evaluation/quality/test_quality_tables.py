"""The files of the score stage: what is written, and the check of the run by ranx."""

from pathlib import Path

import pandas as pd
import pytest

from stages.hybrid.evaluation.layout import CELLS_FILE, MEASURES_FILE, RANKS_FILE, RUN_FILE
from stages.hybrid.evaluation.quality.measures import average_cells, measure_queries
from stages.hybrid.evaluation.quality.tables import write_check, write_scores
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_table
from stages.hybrid.records import Benchmark
from stages.hybrid.retrieval.ranking.ranks import Ranking
from support.small_benchmark import small_benchmark, small_ranks


def test_the_measures_are_returned_and_written_beside_their_means_and_the_run(tmp_path: Path) -> None:
    benchmark, found = small_benchmark()
    ranking = Ranking(small_ranks(), *found)
    measured = write_scores(tmp_path, ranking, benchmark=benchmark, cutoffs=[1, 2], name="toy")
    pd.testing.assert_frame_equal(measured, measure_queries(small_ranks(), [1, 2]))
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {RANKS_FILE, MEASURES_FILE, CELLS_FILE, RUN_FILE}
    pd.testing.assert_frame_equal(read_table(tmp_path / RANKS_FILE), small_ranks())
    pd.testing.assert_frame_equal(read_table(tmp_path / MEASURES_FILE), measured)
    pd.testing.assert_frame_equal(read_table(tmp_path / CELLS_FILE), average_cells(measured))


def test_an_id_with_white_space_is_refused(tmp_path: Path) -> None:
    benchmark, found = small_benchmark()
    spaced = benchmark.passages.assign(passage_id=["a", "b", "c d"])
    ranking = Ranking(small_ranks(), *found)
    with pytest.raises(UserError, match=r"the id 'c d' holds white space"):
        write_scores(
            tmp_path,
            ranking,
            benchmark=Benchmark(benchmark.queries, spaced, benchmark.qrels),
            cutoffs=[1],
            name="toy",
        )


def test_the_check_has_the_measures_by_exact_ranks_and_by_the_run(tmp_path: Path) -> None:
    benchmark, found = small_benchmark()
    ranking = Ranking(small_ranks(), *found)
    path = tmp_path / "check.parquet"
    write_check(path, ranking, benchmark=benchmark, measured=measure_queries(small_ranks(), [1, 2, 10]))
    table = read_table(path)
    assert table["measure"].tolist() == ["recall@1", "recall@2"]  # the run has two passages: nothing is at 10
    # q1 finds one of its two passages at rank 1, and q2 its only one; the other passage of q1 is at rank 3
    assert table["exact"].tolist() == [0.75, 0.75]
    assert table["run"].tolist() == [0.75, 0.75]


def test_the_check_shows_what_the_index_has_lost(tmp_path: Path) -> None:
    benchmark, (rows, scores) = small_benchmark()
    lost = rows.copy()
    lost[1, 0] = 0  # q2 finds another passage than its own
    path = tmp_path / "check.parquet"
    ranking = Ranking(small_ranks(), lost, scores)
    write_check(path, ranking, benchmark=benchmark, measured=measure_queries(small_ranks(), [1]))
    assert read_table(path).to_dict("records") == [{"measure": "recall@1", "exact": 0.75, "run": 0.25}]
