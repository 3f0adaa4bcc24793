"""The figures of docs/results.md and docs/experiments.md equal those of the committed reports."""

import json
import re
from typing import Any

import pandas as pd
import pytest

from stages.hybrid.all_params import PROFILES, composed_values
from stages.hybrid.base.params import LABELLED
from stages.hybrid.evaluation.names import HEADLINES
from stages.hybrid.report.figures import show, show_interval, show_p
from support.committed import (
    COUNTS,
    EXPERIMENTS,
    RESULTS,
    bias_losses,
    costs_of,
    figures_of,
    gains_over,
    read_profile,
    read_report,
    section_of,
    table_rows,
    verdicts,
)
from support.stage_scripts import ROOT

ITALIC = re.compile(r"^\*.*\*$")
HELP, LAREQA, COSTS = (section_of(RESULTS, heading) for heading in ("GNOME's help", "XQuAD-R and", "Time and"))
GAINS, RECIPE = (section_of(RESULTS, heading) for heading in ("What training adds", "Recipe"))
BENCH = json.loads((ROOT / "reports" / "bench_amx.json").read_text(encoding="utf-8"))
BENCH_ROWS = {row["name"]: row for row in BENCH["rows"]}
# the rows of the table of times, from the first
SPEEDS = ["train_vs_st_fp32", "train_vs_st_bf16", "train_vs_st_bf16_frozen", "train_memory_vs_st_bf16_frozen"]
SPEEDS += ["encode_vs_st", "score_vs_pytrec_eval", "score_vs_ir_measures", "score_vs_ranx", "search_vs_numpy"]


def join(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def digits(value: float) -> str:
    """Return a figure of the bench as the page shows it: three digits, but all before the point."""
    places = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{places}f}"


@pytest.mark.parametrize(("heading", "profile"), [("(profile `help`)", "help"), ("(profile `lareqa`)", "lareqa")])
def test_the_tables_are_those_of_the_committed_reports(heading: str, profile: str) -> None:
    for benchmark, system, *figures in table_rows(RESULTS, heading):
        if not ITALIC.match(system):
            assert figures == figures_of(profile, benchmark, system), (benchmark, system)


def test_the_paper_s_figures_are_the_paper_s() -> None:
    paper = pd.read_csv(ROOT / "stages" / "hybrid" / "report" / "paper_results.csv", dtype={"table": str})
    names = {"xquad_r": "XQuAD-R", "mlqa_r": "MLQA-R"}
    for benchmark, system, *figures in table_rows(RESULTS, "(profile `lareqa`)"):
        if ITALIC.match(system):
            rows = paper[(paper["benchmark"] == names[benchmark]) & (paper["query_lang"] == "mean")]
            encoder = system.strip("*").split()[-1]
            rows = rows[(rows["model"] == encoder) & (rows["sampling"] == "hybrid") & rows["table"].isin(["1", "2"])]
            values = rows.set_index(["setting", "measure"])["value"]
            keys = [(setting.replace("_", "-"), measure) for setting, measure in HEADLINES]
            assert figures == [show(measure, values[setting, measure]) for setting, measure in keys]


@pytest.mark.parametrize("against", ["base+centred", "base"])
def test_the_tables_of_gains_and_losses_are_those_of_the_committed_reports(against: str) -> None:
    heading = f"| fine-tuned minus {'centred base' if against == 'base+centred' else 'base'} "
    shown = {name: figures for name, *figures in table_rows(RESULTS, heading)}
    gains = gains_over(against)
    assert list(shown) == list(gains)
    for name, rows in gains.items():
        assert shown[name] == [in_full(row) for row in rows], name


def in_full(row: dict[str, Any]) -> str:
    """Return a difference as the page shows it: with its interval and p."""
    measure, p = row["measure"], show_p(row["p_holm"])
    interval = show_interval(measure, row["low"], row["high"], sign=True)
    return f"{show(measure, row['difference'], sign=True)}{interval}, p {p if p.startswith('<') else f'= {p}'}"


def test_the_words_on_gains_and_losses_are_those_of_the_committed_reports() -> None:
    centred = {name: verdicts(rows) for name, rows in gains_over("base+centred").items()}
    assert centred == {"GNOME's help": [1, 1, 1, 1], "XQuAD-R": [1, 1, 1, 0], "MLQA-R": [-1, -1, -1, -1]}
    base = {name: verdicts(rows) for name, rows in gains_over("base").items()}
    assert base == {"GNOME's help": [1, 1, 1, 1], "XQuAD-R": [0, 1, 1, 1], "MLQA-R": [0, 1, 1, 1]}
    for words in (
        "On MLQA-R, the fine-tuned model is significantly worse than the centred base in all four figures.",
        "On GNOME's help, it is significantly better in all four figures.",
        "On XQuAD-R, it is significantly better in mAP. Its rank distance does not differ significantly.",
        "monolingual mAP on XQuAD-R and MLQA-R does not differ significantly. Everything else is significantly better.",
    ):
        assert words in GAINS


def test_the_recipe_is_that_of_the_profiles() -> None:
    help_, *others = (composed_values(name, ROOT / PROFILES) for name in ("help", "lareqa", "samplings"))
    for params in (help_, *others):
        training = params["training"]
        assert params["base"]["source"] == "packaged"
        assert f"| temperature | {training['temperature']} |" in RECIPE
        assert f"| gradient clipping | at a norm of {training['max_grad_norm']};" in RECIPE
        assert training["dropout"] == 0 and "| dropout | none |" in RECIPE
        share = round(training["base_share"] * 100)
        assert f"| weights that are saved | {share} % base, {100 - share} % fine-tuned;" in RECIPE
        assert f"| word embeddings | {training['word_embeddings']} |" in RECIPE
    assert help_["sampler"]["language_exponent"] == 0
    (exponent,) = {params["sampler"]["language_exponent"] for params in others}
    assert f"evenly (help); by their pairs to the power of {exponent} (lareqa, samplings)" in RECIPE
    assert LABELLED["multilingual-e5-small"].datasets in RECIPE
    for profile in ("help", "lareqa"):
        norms = read_report(f"{profile}/tables/training.csv")["grad_norm"]
        assert (norms > help_["training"]["max_grad_norm"]).all(), "the page says that clipping acted in every step"


def test_the_other_bias_measures_are_worse_in_as_many_as_the_page_says() -> None:
    worse, measures = bias_losses("help", "gnome")
    assert f"the fine-tuned model is worse in {worse} of {measures}." in HELP
    (xquad_r, mlqa_r) = (bias_losses("lareqa", name) for name in ("xquad_r", "mlqa_r"))
    words = f"is worse in {xquad_r[0]} of {xquad_r[1]} on XQuAD-R, and in {mlqa_r[0]} of {mlqa_r[1]} on MLQA-R."
    assert words in LAREQA
    pooled = read_report("help/tables/summary.csv", setting="multilingual")
    values = pooled.set_index(["system", "measure"])["value"]
    own, centred = (
        [show(name, values[system, name]) for name in ("own_language_first", "own_language_share@10")]
        for system in ("finetuned", "base+centred")
    )
    assert f"In {own[0]} of the queries, the best-ranked relevant passage is in the query's language" in HELP
    assert f"(centred base: {centred[0]}). Of the first ten passages, {own[1]} are ({centred[1]})." in HELP


def test_the_losses_by_language_are_those_of_the_committed_reports() -> None:
    for profile, benchmark, expected in (("help", "gnome", ["vi"]), ("lareqa", "mlqa_r", None)):
        where = {"benchmark": benchmark, "setting": "monolingual"}
        rows = read_report(f"{profile}/tables/languages.csv", **where)
        values = rows[rows["measure"] == "map"].pivot_table(index="query_lang", columns="system", values="value")
        losses = values["base+centred"] - values["finetuned"]
        if expected:
            assert losses[losses > 0].index.tolist() == expected
            assert f"one loss in monolingual mAP: vi, {show('map', losses['vi'])} below" in GAINS
        else:
            assert (losses > 0).all()
            assert f"all {COUNTS[len(losses)]} languages lose in monolingual mAP, {losses.idxmax()} most" in GAINS
            assert f"most ({show('map', losses.max())})" in GAINS


def test_the_data_and_steps_of_each_run_are_those_of_its_profile() -> None:
    default, lareqa = (read_profile(name) for name in ("help", "lareqa"))
    evaluated, trained = default["evaluation_languages"], default["languages"]
    queries = read_report("help/tables/summary.csv", measure="map", system="finetuned")["n_queries"].max()
    unseen = COUNTS[len(set(evaluated) - set(trained))]
    assert f"in {len(evaluated)} languages ({queries:,} queries)" in HELP
    (pooled,) = read_report("help/tables/summary.csv", measure="rank_distance", system="finetuned")["n_queries"]
    assert f"{COUNTS[queries - pooled].title()} query has no relevant passage in another language" in HELP
    assert f"help pages in {len(trained)} languages. {unseen.title()} of the benchmark's {len(evaluated)} " in HELP
    sampler = default["sampler"]
    assert f"{sampler['batches']} hybrid batches of {sampler['batch_size']} pairs, seed {default['seed']}." in HELP
    sampler = lareqa["sampler"]
    drawn = f"{sampler['batches']} hybrid batches of {sampler['batch_size']} pairs, seed {default['seed']}."
    assert f"in {len(lareqa['languages'])} languages, {drawn}" in LAREQA
    judged = set(read_report("lareqa/tables/languages.csv", benchmark="xquad_r")["query_lang"])
    assert f"Of XQuAD-R's languages, {join(sorted(judged - set(lareqa['languages'])))} are never" in LAREQA


def test_the_table_of_times_is_that_of_the_committed_bench() -> None:
    shown = [row[1:4] for row in table_rows(RESULTS, "## Time and memory")]
    for name, (ours, peer, ratio) in zip(SPEEDS, shown, strict=True):
        row = BENCH_ROWS[name]
        assert (ours, peer) == (digits(row["ours"]), digits(row["peer"])), name
        assert ratio == f"{row['ratio']:.{2 if 'memory' in name else 1}f}", name


def test_the_sentences_on_time_are_those_of_the_committed_bench() -> None:
    memory = [row["ratio"] for name, row in BENCH_ROWS.items() if name.startswith("train_memory_vs_")]
    less = COUNTS[sum(ratio < 1 for ratio in memory)]
    assert sum(ratio > 1 for ratio in memory) == 1
    assert f"ours takes more here, and less in the other {less} rows" in COSTS
    assert f"cached gradients takes {BENCH_ROWS['train_cached_vs_plain']['ratio']:.2f} times as long" in COSTS
    assert f"in bfloat16 cost {BENCH_ROWS['encode_map_lost']['ours']:.3f} mAP at most" in COSTS
    assert BENCH_ROWS["encode_exact_ranks"]["ours"] == 1.0, "the page says that every rank is equal"
    commits = {row["commit"] for row in BENCH["rows"]}
    assert f"The rows are of {COUNTS[len(commits)]} commits" in COSTS
    assert ("calls itself not complete" in COSTS) == (not BENCH["complete"])


@pytest.mark.parametrize("profile", ["help", "lareqa", "samplings"])
def test_the_languages_of_a_profile_are_as_many_as_the_page_says(profile: str) -> None:
    rows = {row[0]: row[1] for row in table_rows(EXPERIMENTS, "## Other profiles")}
    assert rows[profile].endswith(f", {len(read_profile(profile)['languages'])} languages")


@pytest.mark.parametrize("profile", ["help", "lareqa"])
def test_the_cost_of_a_profile_is_that_of_its_committed_run(profile: str) -> None:
    rows = {row[0]: row[3:] for row in table_rows(EXPERIMENTS, "## Other profiles")}
    assert rows[profile] == list(costs_of(profile))
