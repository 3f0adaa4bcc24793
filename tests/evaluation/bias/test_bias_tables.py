"""The files of the bias stage: headline figures by hand, languages of the top passages, and what is written."""

from pathlib import Path

import pandas as pd
import pytest

from stages.hybrid.evaluation.bias.tables import headline_figures, with_languages, write_bias
from stages.hybrid.evaluation.layout import BIAS_FILE, BIAS_MEANS_FILE, BIAS_PAIRS_FILE
from stages.hybrid.evaluation.quality.tables import write_scores
from stages.hybrid.ground.files import read_json
from stages.hybrid.retrieval.ranking.ranks import Ranking
from support.small_benchmark import small_benchmark, small_ranks

MEASURED = pd.DataFrame(
    [
        ("monolingual", "en", "en", "q1", "1", 0.5, 1.0),
        ("monolingual", "en", "en", "q2", "2", 0.25, 0.0),
        ("monolingual", "de", "de", "q3", "1", 1.0, 1.0),
        ("multilingual", "en", "all", "q1", "1", 0.125, 0.5),
    ],
    columns=["setting", "query_lang", "passage_lang", "query_id", "question_id", "map", "recall@10"],
)
AVERAGES = pd.DataFrame(
    [("mean", "rank_distance", 40.0, 3), ("mean", "rank_distance_share", 0.4, 3), ("en", "rank_distance", 7.0, 2)],
    columns=["query_lang", "measure", "value", "n_queries"],
)


def test_the_headline_figures_are_means_over_cells_and_query_languages() -> None:
    figures = headline_figures(MEASURED, AVERAGES)
    assert figures == {
        "monolingual_map": pytest.approx(((0.5 + 0.25) / 2 + 1.0) / 2),
        "multilingual_map": 0.125,
        "monolingual_recall@10": pytest.approx(((1.0 + 0.0) / 2 + 1.0) / 2),
        "multilingual_recall@10": 0.5,
        "rank_distance": 40.0,
        "rank_distance_share": 0.4,
    }


def test_a_figure_that_does_not_exist_is_left_out() -> None:
    figures = headline_figures(MEASURED.drop(columns="recall@10"), AVERAGES[AVERAGES["measure"] != "rank_distance"])
    assert list(figures) == ["monolingual_map", "multilingual_map", "rank_distance_share"]


def test_the_top_passages_have_the_languages_of_the_benchmark_and_an_unknown_id_has_none() -> None:
    benchmark, _ = small_benchmark()
    top = pd.DataFrame({"query_id": ["q1", "q1", "q9"], "passage_id": ["b", "z", "a"], "rank": [1, 2, 1]})
    found = with_languages(top, benchmark)
    columns = ["query_id", "passage_id", "rank", "question_id", "query_lang", "passage_lang"]
    assert found.columns.tolist() == columns
    assert found.fillna("").to_numpy().tolist() == [
        ["q1", "b", 1, "q1", "en", "en"],
        ["q1", "z", 2, "q1", "en", ""],
        ["q9", "a", 1, "", "", "en"],
    ]


def test_the_metrics_of_a_system_are_the_figures_that_are_returned(tmp_path: Path) -> None:
    benchmark, found = small_benchmark()
    scores = tmp_path / "scores"
    write_scores(scores, Ranking(small_ranks(), *found), benchmark=benchmark, cutoffs=[1, 10], name="toy")
    metrics = tmp_path / "metrics" / "toy.json"
    figures = write_bias(tmp_path / "bias", benchmark, scores=scores, top_k=1, metrics=metrics)
    assert read_json(metrics) == figures
    # q1 has its passages at ranks 1 and 3, q2 its only one at rank 1
    assert figures["multilingual_map"] == pytest.approx(((1 / 1 + 2 / 3) / 2 + 1.0) / 2)
    assert figures["rank_distance"] == 3 - 1
    assert figures["rank_distance_share"] == pytest.approx((3 - 1) / 3)
    written = {path.name for path in (tmp_path / "bias").iterdir()}
    assert written == {BIAS_FILE, BIAS_MEANS_FILE, BIAS_PAIRS_FILE}
