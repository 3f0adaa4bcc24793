"""The report: its tables, how figures are shown, and pages that are safe, complete and equal each time."""

import math
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stages.hybrid.all_params import composed_values
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import write_json
from stages.hybrid.ground.layout import RAW, STATISTICS
from stages.hybrid.report import plots
from stages.hybrid.report.answer import answer, describe_answer
from stages.hybrid.report.background import describe_data, describe_training
from stages.hybrid.report.batches import describe_batches
from stages.hybrid.report.costs import describe_costs, read_costs
from stages.hybrid.report.evidence import Evidence, read_evidence
from stages.hybrid.report.figures import show
from stages.hybrid.report.gains import describe_gains
from stages.hybrid.report.model_card import describe_results
from stages.hybrid.report.pages import Block, Heading, Paragraph, Picture, Table, to_html, to_markdown
from stages.hybrid.report.recipe import Recipe
from stages.hybrid.report.results import comparison_table, headline_table
from stages.hybrid.report.run_page import HOW_MADE, describe_run
from stages.hybrid.report.tables import (
    bias_by_language,
    by_resources,
    language_pair_table,
    published_figures,
    seen_and_unseen,
    summary_table,
    system_figures,
)
from stages.hybrid.report.text import describe_reading, describe_report

MODELS = ["base", "finetuned"]
KEYS = ["benchmark", "system"]
INTERVALS = pd.DataFrame(
    [("gnome", "finetuned", "monolingual", "map", 0.55, 0.66)],
    columns=["benchmark", "system", "setting", "measure", "low", "high"],
)
PLAN: dict[str, Any] = {
    "batches": 100,
    "pairs": 800,
    "batches_by_kind": {"cross_lingual": 40, "monolingual": 60},
    "monolingual": {"share": 0.6, "expected": 0.5, "standard_error": 0.05, "within_three": True},
    "languages": [
        {
            "lang": "de",
            "pairs": 1234,
            "unused_pairs": 17,
            "query_share": 0.52,
            "query_expected": 0.5,
            "query_deviation": 0.96,
            "passage_share": 0.48,
            "passage_deviation": -1.04,
        }
    ],
    "datasets": [
        {
            "dataset": "toy",
            "batches": 100,
            "kinds_left_out": [],
            "expected_share": {"now": 1.0, "at_mono_ratio_0": 1.0, "at_mono_ratio_1": 1.0},
            "groups": 300,
            "groups_by_uses": {"0": 20, "1": 30, "2": 50, "3": 100, "4": 100},
            "unfair_pairs": 5,
        }
    ],
}


def make_evidence(benchmark: str = "gnome") -> Evidence:
    """Return two models and two languages. Training saw one of them. The fine-tuned model gains 0.1 everywhere."""
    cells, languages, bias, checks = [], [], [], []
    pairs = [("monolingual", "de", "de"), ("monolingual", "vi", "vi"), ("cross_lingual", "de", "vi")]
    for model, gain in (("base", 0.0), ("finetuned", 0.1)):
        for setting, query, passage in [*pairs, ("multilingual", "de", "all"), ("multilingual", "vi", "all")]:
            for measure, value in (("map", 0.5), ("ndcg@10", 0.6), ("recall@10", 0.7)):
                cells.append((benchmark, model, setting, query, passage, measure, value + gain, 4))
        languages += [(benchmark, model, "monolingual", lang, "map", 0.5 + gain, 4) for lang in ("de", "vi")]
        bias += [(benchmark, model, lang, "rank_distance", 100.0 - 100 * gain, 8) for lang in ("mean", "de", "vi")]
        checks.append((benchmark, model, "recall@10", 0.7, 0.7))
    retrieval = pd.DataFrame(
        [(benchmark, model, s, m, v, n) for _, model, s, _, _, m, v, n in cells],
        columns=["benchmark", "system", "setting", "measure", "value", "n_queries"],
    ).drop_duplicates()
    bias_table = pd.DataFrame(bias, columns=[*KEYS, "query_lang", "measure", "value", "n_queries"])
    columns = [*KEYS, "setting", "query_lang", "passage_lang", "measure", "value", "n_queries"]
    return Evidence(
        profile="help",
        seed=0,
        models=MODELS,
        systems=MODELS,
        languages=["de"],
        summary=summary_table(retrieval, bias_table, intervals=INTERVALS),
        cells=pd.DataFrame(cells, columns=columns),
        by_language=pd.DataFrame(languages, columns=[*KEYS, "setting", "query_lang", "measure", "value", "n_queries"]),
        bias=bias_table,
        language_pairs=pd.DataFrame(columns=[*KEYS, "query_lang", "passage_lang", "measure", "value", "n_queries"]),
        checks=pd.DataFrame(checks, columns=[*KEYS, "measure", "exact", "run"]),
        curve=pd.DataFrame({"step": range(1, 11), "loss": [2.0] * 5 + [1.0] * 5}),
    )


def test_the_summary_has_its_columns_and_bias_is_multilingual() -> None:
    summary = make_evidence().summary
    assert list(summary.columns) == ["benchmark", "system", "setting", "measure", "value", "n_queries", "low", "high"]
    rows = summary[summary["measure"] == "rank_distance"]
    assert rows["setting"].tolist() == ["multilingual", "multilingual"]
    assert rows["value"].tolist() == [100.0, 90.0]  # the means over languages only


def test_figures_have_a_row_per_system_and_a_column_per_figure_in_the_given_order() -> None:
    columns = [("multilingual", "rank_distance"), ("monolingual", "map"), ("monolingual", "unknown")]
    figures, queries = system_figures(
        make_evidence().summary, ["finetuned", "bm25", "base"], benchmark="gnome", columns=columns
    )
    assert list(figures.index) == ["finetuned", "base"]
    assert list(figures.columns) == columns[:2]
    assert figures.to_numpy().tolist() == [[90.0, 0.6], [100.0, 0.5]]
    assert queries["base"] == 8  # the largest number behind any of its figures


def test_the_headline_table_has_a_row_per_system_and_is_rounded() -> None:
    table = headline_table(make_evidence().summary, MODELS, benchmark="gnome")
    assert table.columns == [
        "system",
        "monolingual mAP",
        "cross-lingual mAP",
        "multilingual mAP",
        "rank distance",
        "queries",
    ]
    assert table.rows == [
        ["base", "0.500", "0.500", "0.500", "100", "8"],
        ["finetuned", "0.600", "0.600", "0.600", "90.0", "8"],
    ]


def test_headline_figures_are_followed_by_their_interval_if_there_is_one() -> None:
    table = headline_table(make_evidence().summary, MODELS, benchmark="gnome", intervals=True)
    assert [row[1] for row in table.rows] == ["0.500", "0.600 (0.550 to 0.660)"]
    assert [row[2] for row in table.rows] == ["0.500", "0.600"]


def test_comparisons_have_interval_corrected_p_and_detectable_difference() -> None:
    row = {"system": "finetuned", "against": "base+centred", "setting": "multilingual", "measure": "rank_distance"}
    numbers = {"difference": -100.0, "low": -120.0, "high": -80.5, "p": 0.0001, "detectable": 28.0, "n_questions": 1190}
    compared = pd.DataFrame([{"benchmark": "gnome"} | row | numbers | {"p_holm": 0.0004}])
    table = comparison_table(compared)
    assert table.rows == [
        ["finetuned minus base+centred", "rank distance", "−100 (−120 to −80.5)", "< 0.001", "28.0", "1,190"]
    ]
    evidence = replace(make_evidence(), comparisons=compared)
    text = to_markdown(describe_report(evidence), pictures="plots")
    assert "p is Holm-corrected: all comparisons in this table (1) are one family." in text


def test_high_and_lower_resource_query_languages_are_averaged_separately() -> None:
    rows = [
        ("base", "cross_lingual", "el", "de", 0.4),
        ("base", "cross_lingual", "th", "de", 0.2),
        ("base", "cross_lingual", "de", "el", 0.6),
        ("base", "monolingual", "xx", "xx", 0.5),
    ]
    cells = pd.DataFrame(rows, columns=["system", "setting", "query_lang", "passage_lang", "value"])
    assert by_resources(cells.assign(measure="map")).to_numpy().tolist() == [
        ["monolingual", "unlisted", "base", 0.5, "xx"],
        ["cross_lingual", "high", "base", 0.6, "de"],
        ["cross_lingual", "lower", "base", pytest.approx((0.4 + 0.2) / 2), "el th"],
    ]


def test_the_section_on_resources_names_the_languages_and_has_a_row_per_system() -> None:
    blocks = describe_report(make_evidence())
    words, table = blocks[(at := blocks.index(Heading(3, "High- and low-resource languages")) + 1) : at + 2]
    assert isinstance(words, Paragraph) and isinstance(table, Table)
    assert words.text.endswith("Here high: de, vi.")
    assert table.columns == ["system", "monolingual high", "cross-lingual high", "multilingual high"]
    assert table.rows == [["base", "0.500", "0.500", "0.500"], ["finetuned", "0.600", "0.600", "0.600"]]


def test_the_results_of_a_model_card_are_those_of_the_base_the_centred_base_and_the_finetuned_model() -> None:
    evidence = with_centred(make_evidence(), base=0.08, finetuned=0.07)
    text = to_markdown(describe_results(evidence), pictures="plots")
    assert text.startswith("## Results\n\ngnome:\n\n| system | monolingual mAP |")
    assert [line.split(" | ")[:2] for line in text.splitlines() if line.startswith(("| base", "| finetuned"))] == [
        ["| base", "0.500"],
        ["| base+centred", "0.580"],
        ["| finetuned", "0.600"],
    ]
    assert "from one run with seed 0, by exact ranks." in text and "`reports/help/report.html` has" in text


def with_centred(evidence: Evidence, **gains: float) -> Evidence:
    """Add the centred system of each model in ``gains``. Its figures are those of the base plus the gain."""
    rows = [evidence.summary]
    base = evidence.summary[evidence.summary["system"] == "base"]
    for model, gain in gains.items():
        rows.append(base.assign(system=f"{model}+centred", value=base["value"] + gain))
    systems = [*evidence.systems, *(f"{model}+centred" for model in gains)]
    return replace(evidence, summary=pd.concat(rows, ignore_index=True), systems=systems)


def test_the_gain_of_a_model_is_beside_the_gain_by_centring() -> None:
    answer, table = describe_gains(with_centred(make_evidence(), base=0.08, finetuned=0.07), "gnome")[1:]
    assert isinstance(table, Table)
    assert [row[:2] for row in table.rows] == [
        ["finetuned minus base", "+0.100"],
        ["base+centred minus base", "+0.080"],
        ["finetuned minus base+centred", "+0.020"],  # .1 - .08
        ["finetuned+centred minus base+centred", "−0.010"],  # .07 - .08
    ]
    assert isinstance(answer, Paragraph)
    assert "The second row of the table is the effect of centring alone." in answer.text


@pytest.mark.parametrize(("difference", "word"), [(0.02, "better"), (-0.02, "worse")])
def test_what_training_adds_to_centring_and_what_it_takes_is_said_in_the_same_words(
    difference: float, word: str
) -> None:
    evidence = with_centred(make_evidence(), base=0.08, finetuned=0.07)
    rows = [
        claim("gnome", "base+centred", difference),
        claim("gnome", "base", 0.1),
        claim("other", "base+centred", 0.1),
    ]
    words = describe_gains(replace(evidence, comparisons=pd.DataFrame(rows)), "gnome")[1]
    assert isinstance(words, Paragraph)
    assert f"On gnome, finetuned is significantly {word} than the centred base in monolingual mAP. The" in words.text


def test_without_centred_systems_there_is_no_section_on_gains() -> None:
    assert describe_gains(make_evidence(), "gnome") == []
    assert describe_gains(with_centred(make_evidence(), base=0.08), "gnome") == []


def with_fair(evidence: Evidence) -> Evidence:
    """Add the fair ranking: perfect in every figure, with a rank distance of 1."""
    tables = {}
    for name in ("summary", "cells", "by_language", "bias"):
        table = getattr(evidence, name)
        rows = table[table["system"] == "base"].assign(system="fair", value=1.0)
        tables[name] = pd.concat([table, rows], ignore_index=True)
    return replace(evidence, **tables)


def test_the_fair_ranking_is_the_first_row_on_language_bias_and_in_no_table_or_plot_of_quality() -> None:
    blocks = describe_report(with_fair(make_evidence("xquad_r")))
    start, end = blocks.index(Heading(3, "Language bias")), blocks.index(Heading(2, "How to read the figures"))
    bias = [block for block in blocks[start:end] if isinstance(block, Table) and block.columns[0] == "system"]
    assert [[row[0] for row in table.rows] for table in bias] == [["fair", *MODELS]] * 2
    assert bias[0].rows[0] == ["fair", "1.0"]
    assert any(isinstance(block, Paragraph) and "compare a system with it, not" in block.text for block in blocks)
    quality = to_markdown(blocks[:start], pictures="plots")
    assert "| base |" in quality and "fair" not in quality
    assert not any("fair" in block.svg for block in blocks if isinstance(block, Picture))
    (baselines,) = (block for block in blocks[end:] if isinstance(block, Table) and block.columns[0] == "baseline")
    assert [row[0] for row in baselines.rows] == ["fair"]


def test_without_the_fair_ranking_the_section_on_language_bias_does_not_mention_it() -> None:
    blocks = describe_report(make_evidence())
    start, end = blocks.index(Heading(3, "Language bias")), blocks.index(Heading(2, "How to read the figures"))
    assert "fair" not in to_markdown(blocks[start:end], pictures="plots")


def test_only_the_baselines_that_were_scored_are_explained() -> None:
    assert not [block for block in describe_reading(make_evidence()) if isinstance(block, Table)]
    (table,) = (
        block for block in describe_reading(with_centred(make_evidence(), base=0.08)) if isinstance(block, Table)
    )
    assert [row[0] for row in table.rows] == ["+centred"]


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        ("map", 0.12345, "0.123"),
        ("map", -0.00001, "0.000"),
        ("rank_distance", 1213.6, "1,214"),
        ("rank_distance", 12.34, "12.3"),
        ("rank_distance_share", 0.0933, "0.093"),
        ("map", math.nan, "–"),
    ],
)
def test_figures_are_shown_with_the_digits_of_their_unit(measure: str, value: float, text: str) -> None:
    assert show(measure, value) == text


def test_a_difference_has_its_sign_unless_it_is_zero() -> None:
    assert [show("map", value, sign=True) for value in (0.1, -0.1, 0.00001)] == ["+0.100", "−0.100", "0.000"]


def test_language_pairs_have_one_row_each_and_a_column_per_measure() -> None:
    pairs = pd.DataFrame(
        [("gnome", "base", "de", "vi", "mean_rank", 7.0, 4)],
        columns=[*KEYS, "query_lang", "passage_lang", "measure", "value", "n_queries"],
    )
    cells = make_evidence().cells
    table = language_pair_table(cells[cells["system"] == "base"], pairs)
    keys = [*KEYS, "query_lang", "passage_lang"]
    assert table.columns.tolist() == [*keys, "n_queries", "map", "ndcg@10", "recall@10", "mean_rank"]
    assert table["passage_lang"].tolist() == ["de", "vi", "vi"]
    assert table["mean_rank"].tolist()[1] == 7.0


def test_bias_by_language_has_no_mean() -> None:
    table = bias_by_language(make_evidence().bias)
    assert table.columns.tolist() == ["system", "benchmark", "query_lang", "rank_distance"]
    assert table["query_lang"].tolist() == ["de", "vi", "de", "vi"]


def test_seen_and_unseen_languages_are_averaged_separately() -> None:
    rows = [
        ("base", "cross_lingual", "de", "en", 0.8),
        ("base", "cross_lingual", "en", "de", 0.6),
        ("base", "cross_lingual", "de", "vi", 0.3),
        ("base", "multilingual", "vi", "all", 0.1),
    ]
    cells = pd.DataFrame(rows, columns=["system", "setting", "query_lang", "passage_lang", "value"])
    table = seen_and_unseen(cells.assign(measure="map"), ["de", "en"])
    assert table.to_numpy().tolist() == [
        ["cross_lingual", "seen", "seen", "base", pytest.approx(0.7), 2],
        ["cross_lingual", "seen", "unseen", "base", pytest.approx(0.3), 1],
        ["multilingual", "unseen", "all", "base", pytest.approx(0.1), 1],
    ]


def test_the_papers_figures_are_shown_only_on_its_benchmarks() -> None:
    published = published_figures("xquad_r")
    hybrid = published[(published["encoder"] == "XLM-R") & (published["sampling"] == "hybrid")].iloc[0]
    assert hybrid.tolist()[2:] == [0.798, 0.705, 0.593, 287]
    assert len(published) == 6
    assert published_figures("gnome").empty
    assert Heading(3, "Beside the paper") in describe_report(make_evidence("xquad_r"))


def test_the_report_describes_a_benchmark_in_the_words_of_its_source() -> None:
    source = {"description": "A query is a title, not a question.", "files": {}}
    evidence = replace(make_evidence(), sources={"gnome": source})
    assert Paragraph("A query is a title, not a question. This run evaluates 2 languages.") in describe_report(evidence)


def test_the_report_says_in_how_many_languages_this_run_has_queries_and_passages() -> None:
    evidence = make_evidence()
    assert Paragraph("This run evaluates 2 languages.") in describe_report(evidence)
    german = evidence.cells[evidence.cells["query_lang"] == "de"]
    words = Paragraph("This run evaluates queries in 1 language and passages in 2 languages.")
    assert words in describe_report(replace(evidence, cells=german))


def test_no_text_says_that_a_small_rank_distance_is_little_bias_or_that_every_cell_is_a_pair_of_languages() -> None:
    text = to_markdown([*describe_report(make_evidence()), *describe_results(make_evidence())], pictures="plots")
    assert text.count("smaller if no language is preferred, and also if ranking is better") == 3
    assert "in the multilingual setting, it is one query language." in text
    assert "pairs of query and passage language, multilingual figures over query languages." in text


def test_without_languages_in_the_parameters_training_saw_those_of_its_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {
        "help": {"pairs_by_language": {"en": 4, "de": 3}},
        "more": {"pairs_by_language": {"de": 1, "cs": 2}},
        "gnome": {"queries_by_language": {"vi": 5}},
    }
    monkeypatch.chdir(tmp_path)
    write_json(STATISTICS, counts)
    for name in ("join", "collect_tables", "summary_table", "read_table"):
        monkeypatch.setattr(f"stages.hybrid.report.evidence.{name}", lambda *_, **__: pd.DataFrame())
    found = [
        read_evidence(profile="toy", seed=0, models=[], benchmarks=[], languages=langs).languages
        for langs in ([], ["en"])
    ]
    assert found == [["cs", "de", "en"], ["en"]]


def test_a_source_without_origin_or_files_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_json(STATISTICS, {"help": {}})
    for name in ("join", "collect_tables", "summary_table", "read_table"):
        monkeypatch.setattr(f"stages.hybrid.report.evidence.{name}", lambda *_, **__: pd.DataFrame())
    for source, missing in (({"origin": "here"}, "files"), ([], "origin")):
        write_json(RAW / "help" / "SOURCE.json", source)
        with pytest.raises(UserError, match=rf'SOURCE\.json: has no "{missing}", expected an object with'):
            read_evidence(profile="toy", seed=0, models=[], benchmarks=[], languages=[])


def test_a_file_of_costs_that_lacks_one_is_one_line(tmp_path: Path) -> None:
    write_json(tmp_path / "fetch.json", {"stage": "fetch", "seconds": 1.0})
    with pytest.raises(UserError, match=r'fetch\.json: has no "peak_memory_gib", expected an object with'):
        read_costs(tmp_path)


def test_a_report_without_data_has_no_section_on_data() -> None:
    evidence = make_evidence()
    assert describe_data(evidence) == []
    assert describe_training(evidence)[0] == Heading(2, "Training")
    assert describe_training(replace(evidence, curve=None)) == []


def test_the_section_on_data_has_version_licence_and_hash_of_the_text() -> None:
    entry = {"package": "gnome-user-docs", "version": "43.0-2", "sha256": "0123456789abcdef" * 4}
    source = {"origin": "Debian packages", "licence": "CC-BY-SA-3.0", "files": {"pages.zip": entry}}
    statistics = {"gnome": {"queries_by_language": {"de": 1}, "sha256_of_text": "fedcba9876543210" * 4}}
    evidence = replace(make_evidence(), statistics=statistics, sources={"gnome": source})
    tables = [block for block in describe_data(evidence) if isinstance(block, Table)]
    row = ["gnome", "benchmark", "CC-BY-SA-3.0", "43.0-2", "fedcba9876543210", "gnome-user-docs"]
    assert tables[1].rows == [row]


def test_leaking_groups_and_dropped_pairs_are_shown_for_training_sets_only() -> None:
    text = {"sha256_of_text": "0" * 64}
    pairs = {"training_pairs": 1200, "held_out_pairs": 30, "leaking_groups": 2, "pairs_dropped": 22}
    asked = {"queries_by_language": {"de": 5}, "passages_by_language": {"de": 7}}
    statistics = {"gnome": text | asked, "toy": text | pairs | {"pairs_by_language": {"de": 600, "en": 600}}}
    (table,) = (
        block for block in describe_data(replace(make_evidence(), statistics=statistics)) if isinstance(block, Table)
    )
    assert table.columns[3:7] == ["training pairs", "held out", "leaking groups", "pairs dropped"]
    assert table.rows == [
        ["gnome", "0" * 16, "1", "–", "–", "–", "–", "5", "7"],
        ["toy", "0" * 16, "2", "1,200", "30", "2", "22", "–", "–"],
    ]


def test_groups_are_counted_by_use_and_pairs_by_language_beside_the_expected_share() -> None:
    use, languages = (block for block in describe_batches(PLAN) if isinstance(block, Table))
    assert use.rows == [["toy", "100", "300", "20", "30", "50", "200", "5"]]
    assert languages.rows == [["de", "1,234", "17", "50.0%", "52.0%", "48.0%", "−1.0"]]


def test_the_share_of_monolingual_batches_has_its_standard_error() -> None:
    text = to_markdown(describe_batches(PLAN), pictures="plots")
    assert "60.0% of the batches are monolingual; 50.0% was expected (standard error 5.0%)" in text
    assert "This is within three standard errors." in text
    outside = {"share": 0.7, "expected": 0.5, "standard_error": 0.05, "within_three": False}
    assert "outside three" in to_markdown(describe_batches(PLAN | {"monolingual": outside}), pictures="plots")
    sure = {"share": 1.0, "expected": 1.0, "standard_error": 0.0, "within_three": True}
    assert "100.0% was expected.\n" in to_markdown(describe_batches(PLAN | {"monolingual": sure}), pictures="plots")


def test_a_kind_of_batch_that_a_training_set_cannot_make_is_named() -> None:
    data = PLAN["datasets"][0] | {"kinds_left_out": ["cross_lingual"]}
    text = to_markdown(describe_batches(PLAN | {"datasets": [data]}), pictures="plots")
    assert "Training set toy makes no cross_lingual batch. Either too few" in text


def test_expected_shares_of_training_sets_are_shown_if_the_ratio_changes_them() -> None:
    shares = {
        "help": {"now": 0.74, "at_mono_ratio_0": 0.48, "at_mono_ratio_1": 1.0},
        "messages": {"now": 0.26, "at_mono_ratio_0": 0.52, "at_mono_ratio_1": 0.0},
    }
    datasets = [PLAN["datasets"][0] | {"dataset": name, "expected_share": share} for name, share in shares.items()]
    _, table, _ = (block for block in describe_batches(PLAN | {"datasets": datasets}) if isinstance(block, Table))
    assert table.rows == [["help", "74.0%", "48.0%", "100.0%"], ["messages", "26.0%", "52.0%", "0.0%"]]


def test_without_a_plan_there_is_no_section_on_batches() -> None:
    assert describe_batches({}) == []


class TagBalance(HTMLParser):
    """Knows which tags are open, and whether all were closed in the right order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.balanced = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        self.balanced &= bool(self.open) and self.open.pop() == tag


def test_the_tags_of_the_page_are_balanced_and_it_needs_no_other_file() -> None:
    page = to_html(describe_report(make_evidence("xquad_r")))
    parser = TagBalance()
    parser.feed(page)
    assert parser.balanced
    assert parser.open == []
    assert "<script" not in page
    assert "src=" not in page
    assert page.count("<svg ") == 3


def test_the_same_figures_give_the_same_bytes() -> None:
    assert to_html(describe_report(make_evidence())) == to_html(describe_report(make_evidence()))


def test_texts_are_escaped_in_html_and_in_markdown() -> None:
    blocks: list[Block] = [Heading(1, "a < b"), Paragraph("x_y and *z* in `code_*`"), Table(["a|b"], [["<b>"]])]
    page = to_html(blocks)
    assert "<h1>a &lt; b</h1>" in page
    assert "<code>code_*</code>" in page
    assert "&lt;b&gt;" in page
    text = to_markdown(blocks, pictures="plots")
    assert r"x_y and \*z\* in `code_*`" in text
    assert r"| a\|b |" in text
    assert r"| \<b\> |" in text


def test_markdown_aligns_numbers_to_the_right_and_links_to_pictures() -> None:
    blocks: list[Block] = [Table(["name", "value"], [["a", "1"]]), Picture("bars", "<svg />", "Bars of it")]
    expected = "| name | value |\n| --- | ---: |\n| a | 1 |\n\n![Bars of it](plots/bars.svg)\n"
    assert to_markdown(blocks, pictures="plots") == expected


def test_a_picture_has_no_date_and_has_the_names_of_the_models() -> None:
    figures = pd.DataFrame({"base": [0.1, 0.2], "finetuned": [0.3, 0.4]}, index=["monolingual", "multilingual"])
    svg = plots.draw_settings(figures, "mAP")
    assert svg.startswith("<svg ")
    assert "dc:date" not in svg
    assert "finetuned" in svg


def compare(differences: list[tuple[str, str, float, float]]) -> pd.DataFrame:
    """Return comparisons from (setting, measure, difference, corrected p)."""
    return pd.DataFrame(differences, columns=["setting", "measure", "difference", "p_holm"])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [("monolingual", "map", 0.1, 0.01), ("multilingual", "rank_distance", -9.0, 0.01)],
            "On gnome, tuned is significantly better than the centred base in both headline figures.",
        ),
        (
            [("monolingual", "map", -0.1, 0.049), ("multilingual", "rank_distance", 9.0, 0.05)],
            "On gnome, tuned is significantly worse than the centred base in monolingual mAP. It does not differ "
            "significantly in rank distance.",
        ),
        (
            [
                ("monolingual", "map", 0.1, 0.01),
                ("cross_lingual", "map", 0.1, 0.01),
                ("multilingual", "map", -0.1, 0.01),
            ],
            "On gnome, tuned is significantly better than the centred base in monolingual mAP and cross-lingual mAP, "
            "and significantly worse in multilingual mAP.",
        ),
        (
            [("monolingual", "map", 0.1, 0.2)],
            "On gnome, tuned does not differ significantly from the centred base in any headline figure.",
        ),
    ],
)
def test_the_answer_says_in_which_figures_a_model_is_better_worse_or_neither(
    rows: list[tuple[str, str, float, float]], expected: str
) -> None:
    assert answer(compare(rows), benchmark="gnome", one="tuned", other="base+centred") == expected


def claim(benchmark: str, against: str, difference: float, p: float = 0.004) -> dict[str, Any]:
    """Return a comparison of the fine-tuned model in monolingual mAP. Its interval is 0.01 wide."""
    row = {"benchmark": benchmark, "system": "finetuned", "against": against}
    row |= {"setting": "monolingual", "measure": "map"}
    numbers = {"difference": difference, "low": difference - 0.005, "high": difference + 0.005, "p_holm": p}
    return row | numbers | {"p": p / 4, "detectable": 0.01, "n_questions": 8}


def test_the_report_opens_with_the_answer_and_the_figures_behind_it() -> None:
    evidence = replace(make_evidence(), comparisons=pd.DataFrame([claim("gnome", "base", 0.1)]))
    title, made, heading, first, table, words = describe_report(evidence)[:6]
    assert isinstance(title, Heading) and made == HOW_MADE and heading == Heading(2, "Answer")
    assert first == Paragraph("On gnome, finetuned is significantly better than base in monolingual mAP.")
    cells = ["gnome", "finetuned minus base", "better: +0.100 (+0.095 to +0.105), p = 0.004"]
    assert table == Table(["benchmark", "difference", "monolingual mAP"], [cells], text_columns=3)
    assert isinstance(words, Paragraph) and "centred" not in words.text  # nothing was compared with it
    centred = replace(evidence, comparisons=pd.DataFrame([claim("gnome", "base+centred", 0.1)]))
    words = describe_report(centred)[5]
    assert isinstance(words, Paragraph) and "In the centred base, each language's mean embedding is" in words.text


def test_a_loss_and_a_gain_have_the_same_form_and_a_loss_to_the_centred_base_comes_first() -> None:
    rows = [claim("xquad_r", "base", 0.2), claim("xquad_r", "base+centred", 0.013)]
    rows += [claim("mlqa_r", "base", -0.2, p=0.5), claim("mlqa_r", "base+centred", -0.013, p=0.0001)]
    evidence = replace(make_evidence(), comparisons=pd.DataFrame(rows))
    _, *lines, table, _, _ = describe_answer(evidence)
    assert [line.text for line in lines if isinstance(line, Paragraph)] == [
        "On mlqa_r, finetuned is significantly worse than the centred base in monolingual mAP.",
        "On xquad_r, finetuned is significantly better than the centred base in monolingual mAP.",
        "On xquad_r, finetuned is significantly better than base in monolingual mAP.",
        "On mlqa_r, finetuned does not differ significantly from base in any headline figure.",
    ]
    assert isinstance(table, Table)
    assert [row[2] for row in table.rows] == [
        "worse: −0.013 (−0.018 to −0.008), p < 0.001",
        "better: +0.013 (+0.008 to +0.018), p = 0.004",
        "better: +0.200 (+0.195 to +0.205), p = 0.004",
        "not significant: −0.200 (−0.205 to −0.195), p = 0.500",
    ]


def test_one_model_has_nothing_to_be_compared_with() -> None:
    (words,) = describe_answer(replace(make_evidence(), models=["base"]))
    assert isinstance(words, Paragraph) and "nothing to compare" in words.text


def test_the_recipe_follows_the_answer_and_is_left_out_if_it_is_not_given() -> None:
    recipe = Recipe.model_validate(composed_values("help"))
    blocks = describe_report(make_evidence(), recipe)
    assert blocks.index(Heading(2, "Recipe")) < blocks.index(Heading(2, "gnome"))
    assert Heading(2, "Recipe") not in describe_report(make_evidence())


def test_a_training_set_of_a_benchmark_s_own_task_is_named_beside_its_figures() -> None:
    help_pages = {"files": {}, "in_domain_for": ["gnome"]}
    evidence = replace(make_evidence(), sources={"libreoffice_help": help_pages, "gnome": {"files": {}}})
    (words,) = (b.text for b in describe_report(evidence) if isinstance(b, Paragraph) and "In-domain" in b.text)
    assert words.startswith("In-domain: training set libreoffice_help is of the same task")
    text = to_markdown(describe_report(replace(evidence, sources={"mine": {"files": {}}})), pictures="plots")
    assert "In-domain" not in text


def test_costs_are_listed_by_stage_with_the_numbers_of_machine_and_commit() -> None:
    machine = {"processor": "Abacus", "cores": 2, "memory_gib": 1, "python": "3.11", "packages": {"torch": "2"}}
    cost: dict[str, Any] = {"seconds": 61.4, "peak_memory_gib": 0.52, "machine": machine, "commit": "0123456789ab"}
    cost |= {"started": "2026-11-28T23:59:59+00:00", "notes": []}
    other = {"seconds": 10.0, "peak_memory_gib": 0.2, "machine": machine | {"processor": "Slide rule"}}
    other |= {"commit": "0123456789ab+changes", "started": "2026-11-29T00:00:09+00:00", "notes": []}
    encoded = cost | {"stage": "encode base toy", "notes": ["computed in float32"]}
    costs: Any = [cost | {"stage": "fetch"}, other | {"stage": "base"}, encoded]
    facts, table, words = describe_costs(costs)
    assert words == Paragraph("encode base toy: computed in float32.")
    assert isinstance(table, Table) and isinstance(facts, Table)
    assert table.rows == [
        ["fetch", "0:01:01", "0.5", "2026-11-28 23:59", "1", "1"],
        ["base", "0:00:10", "0.2", "2026-11-29 00:00", "2", "2"],
        ["encode base toy", "0:01:01", "0.5", "2026-11-28 23:59", "1", "1"],
        ["all", "0:02:13", "", "", "", ""],
    ]
    assert facts.rows == [
        ["date", "2026-11-28 to 2026-11-29"],
        ["commit 1", "0123456789ab"],
        ["commit 2", "0123456789ab+changes"],
        ["machine 1", "Abacus, 2 cores, 1 GiB; Python 3.11, torch 2"],
        ["machine 2", "Slide rule, 2 cores, 1 GiB; Python 3.11, torch 2"],
    ]


def test_a_cost_without_date_and_commit_is_listed_as_unknown(tmp_path: Path) -> None:
    machine = {"processor": "Abacus", "cores": 2, "memory_gib": 1, "python": "3.11", "packages": {"torch": "2"}}
    write_json(tmp_path / "fetch.json", {"stage": "fetch", "seconds": 1, "peak_memory_gib": 1, "machine": machine})
    facts, table = describe_costs(read_costs(tmp_path))
    assert isinstance(table, Table) and isinstance(facts, Table)
    assert facts.rows[:2] == [["date", "unknown"], ["commit 1", "unknown"]]
    assert table.rows[0] == ["fetch", "0:00:01", "1.0", "unknown", "1", "1"]


def test_the_page_of_a_run_names_its_command_and_seed_and_ends_with_the_notes() -> None:
    blocks = describe_run([], [], ["note: all is new"], profile="toy", seed=3)
    text = to_markdown(blocks, pictures="plots")
    assert text.startswith("# How this run was made\n\n")
    assert "Profile toy, seed 3, made by `make profile NAME=toy; dvc repro`." in text
    assert Paragraph("There are no costs of any stage yet. Run `dvc repro` first.") in blocks
    assert blocks[-1] == Paragraph("note: all is new")
