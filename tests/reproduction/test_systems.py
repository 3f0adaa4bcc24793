"""The figures of every system, and the paper's tables from them: by hand, with seeds and intervals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.hybrid.evaluation.quality.measures import average_benchmark
from stages.hybrid.evaluation.significance.intervals import holm
from stages.hybrid.evaluation.significance.question_table import read_question_tables
from stages.hybrid.ground.files import read_table
from stages.hybrid.report.tables import PAPER
from stages.hybrid.reproduction.kept import KEPT, SAMPLINGS
from stages.hybrid.reproduction.systems import Judged
from stages.hybrid.reproduction.tables import compare_with_base, group_table, paper_table, system_table
from support.toy_runs import PARAMS


def test_every_figure_of_every_run_is_a_row_and_what_no_run_trained_is_there_once(judged: Judged) -> None:
    figures = judged.figures
    names = ["system", "benchmark", "setting", "measure", "query_lang", "seed", "value", "n_queries"]
    assert figures.columns.tolist() == names
    seeds = figures.groupby("system", sort=False)["seed"].unique().map(list).to_dict()
    untrained = {name: [pd.NA] for name in ("base", "base+centred", "random")}
    trained = {f"{name}{kind}": [13, 14] for name in SAMPLINGS for kind in ("", "+centred")}
    assert seeds == untrained | trained
    assert not figures.duplicated(["system", "seed", "setting", "measure", "query_lang"]).any()


def test_the_mean_row_is_the_benchmarks_figure(toy_runs: Path, judged: Judged) -> None:
    table = read_question_tables(toy_runs / KEPT / "x_y_14" / "xquad_r")["finetuned"]
    figures = judged.figures[(judged.figures["system"] == "x_y") & (judged.figures["seed"] == 14)]
    ours = figures[(figures["query_lang"] == "mean") & (figures["measure"] == "map")].set_index("setting")["value"]
    measured = table[["setting", "query_lang", "passage_lang", "question_id", "map"]].astype({"map": float})
    measured = measured.assign(query_id=measured["question_id"] + measured["query_lang"])
    assert ours.to_dict() == pytest.approx(average_benchmark(measured).set_index("setting")["value"].to_dict())
    assert judged.estimates["x_y", "monolingual", "map"]["mean"].of_seeds[1] == pytest.approx(ours["monolingual"])


def test_table_1_has_ours_the_papers_the_difference_and_who_is_beaten(judged: Judged) -> None:
    table = paper_table("1", [judged], read_table(PAPER))
    assert set(table["benchmark"]) == {"xquad_r"}  # no run was judged on MLQA-R
    rows = table[(table["encoder"] == "XLM-R") & (table["setting"] == "monolingual")].set_index("sampling")
    assert rows["paper"].to_dict() == {"x_x_mono": 0.792, "x_y": 0.755, "hybrid": 0.798}
    assert rows["ours"].to_dict() == pytest.approx({"x_x_mono": 0.6, "x_y": 0.5, "hybrid": 0.6}, abs=0.005)
    assert rows["difference"]["x_y"] == pytest.approx(rows["ours"]["x_y"] - 0.755)
    assert set(rows["better_than"]) == {""}  # means over languages have no marks: the claims test them
    assert set(rows["seeds"]) == {2}
    seeds = judged.figures[(judged.figures["system"] == "x_y") & (judged.figures["query_lang"] == "mean")]
    values = seeds[(seeds["setting"] == "monolingual") & (seeds["measure"] == "map")]["value"]
    assert rows["sd"]["x_y"] == pytest.approx(abs(values.iloc[0] - values.iloc[1]) / np.sqrt(2))
    # 40 questions in 3 languages and 2 seeds, each with a noise of .01: a standard error of .01 / sqrt(240), and more
    # because seeds and pages are drawn as well
    widths = rows["high"] - rows["low"]
    assert ((widths > 0.0025 * 0.8) & (widths < 0.0025 * 2.5)).all()
    assert ((rows["low"] < rows["ours"]) & (rows["ours"] < rows["high"])).all()
    assert set(rows["n_queries"]) == {120}


def test_every_system_has_its_headline_figures_with_seeds_and_intervals(judged: Judged) -> None:
    table = system_table([judged]).set_index(["system", "setting", "measure"])
    assert len(table) == (3 + 3 + 3) * 4  # base, base+centred, random; three samplings, and each centred; four figures
    row = table.loc[("base+centred", "multilingual", "map")]
    assert row["ours"] == pytest.approx(0.35, abs=0.005)
    assert row["low"] < row["ours"] < row["high"]
    assert table["seeds"]["base", "monolingual", "map"] == 1
    assert table["seeds"]["hybrid+centred", "multilingual", "rank_distance"] == 2


def test_groups_of_languages_are_the_mean_of_their_languages_with_its_interval(judged: Judged) -> None:
    table = group_table([judged], lambda lang: "seen" if lang in PARAMS["languages"] else "unseen")
    rows = table[(table["system"] == "hybrid") & (table["setting"] == "cross_lingual")].set_index("group")
    assert rows["query_lang"].to_dict() == {"seen": "de en", "unseen": "el"}
    of = judged.figures[(judged.figures["system"] == "hybrid") & (judged.figures["setting"] == "cross_lingual")]
    by_language = of[of["measure"] == "map"].groupby("query_lang")["value"].mean()
    assert rows["ours"]["seen"] == pytest.approx((by_language["de"] + by_language["en"]) / 2)
    assert rows["ours"]["unseen"] == pytest.approx(by_language["el"])
    assert ((rows["low"] < rows["ours"]) & (rows["ours"] < rows["high"])).all()
    assert set(table["system"]) == {"base", "base+centred", "random", "x_x_mono", "x_y", "hybrid"}


def test_a_smaller_rank_distance_is_the_mark_of_table_7(judged: Judged) -> None:
    table = paper_table("7", [judged], read_table(PAPER))
    rows = table[(table["encoder"] == "LaBSE") & (table["query_lang"] == "el")].set_index("sampling")
    assert rows["better_than"].to_dict() == {"x_x_mono": "", "x_y": "x_x_mono", "hybrid": "x_x_mono"}
    assert table[table["query_lang"] == "ar"]["ours"].isna().all()  # a language that the toy lacks


def test_each_question_about_the_base_is_a_family_of_its_own(judged: Judged) -> None:
    table = compare_with_base([judged])
    centred = table["system"].str.endswith("+centred")
    families = {
        "base": table[table["against"] == "base"],
        "centred base": table[(table["against"] == "base+centred") & ~centred],
        "both centred": table[centred],
    }
    for family in families.values():
        assert len(family) == 3 * 4  # samplings, headline figures
        assert family["p_holm"].tolist() == pytest.approx(holm(family["p"].tolist()))
    assert sum(map(len, families.values())) == len(table)
    row = table[(table["system"] == "x_y") & (table["against"] == "base") & (table["measure"] == "rank_distance")]
    assert row["difference"].item() == pytest.approx(100 - 300, abs=2)
    assert (row["agreeing"].item(), row["seeds"].item()) == (2, 2)
    both = families["both centred"].set_index(["system", "setting", "measure"])
    difference = both["difference"]["x_x_mono+centred", "multilingual", "map"]
    assert difference == pytest.approx(0.4 - 0.35, abs=0.005)
