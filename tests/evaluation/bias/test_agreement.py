"""Agreement between translations of a question: by hand, compared with scipy, and at its edges."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from stages.hybrid.evaluation.bias.agreement import list_correlations, rank_correlations, translation_agreement

RANK_COLUMNS = ["query_id", "question_id", "query_lang", "passage_id", "passage_lang", "rank_pool"]
TOP_COLUMNS = ["query_id", "question_id", "query_lang", "passage_id", "rank"]


def make_ranks(*queries: tuple[str, str, dict[str, int]]) -> pd.DataFrame:
    """Build ranks from (question id, query language, pool rank of the relevant passage by language)."""
    rows = [
        (f"{lang}-{question}", question, lang, f"{other}-{question}-p", other, rank)
        for question, lang, ranks in queries
        for other, rank in ranks.items()
    ]
    return pd.DataFrame(rows, columns=RANK_COLUMNS)


def make_top(*queries: tuple[str, str, str]) -> pd.DataFrame:
    """Build the top passages from (question id, query language, passages from rank 1, a letter each)."""
    rows = [
        (f"{lang}-{question}", question, lang, passage, rank)
        for question, lang, passages in queries
        for rank, passage in enumerate(passages, 1)
    ]
    return pd.DataFrame(rows, columns=TOP_COLUMNS)


def value(table: pd.DataFrame, lang: str, other: str) -> float:
    return float(table.set_index(["query_lang", "other_lang"])["value"][lang, other])


RANKS = make_ranks(
    ("1", "en", {"en": 1, "de": 3, "th": 9}),
    ("1", "de", {"en": 2, "de": 1, "th": 4}),
    ("1", "th", {"en": 1, "de": 2, "th": 5}),
)


def test_translations_that_order_their_passages_alike_correlate() -> None:
    found = rank_correlations(RANKS).set_index(["query_lang", "other_lang"])["value"]
    assert found[("en", "th")] == pytest.approx(1.0)  # both put en before de before th, at other ranks
    # en: (1, 2, 3), de: (2, 1, 3): 1 - 6 * (1 + 1 + 0) / (3 * (9 - 1))
    assert found[("en", "de")] == pytest.approx(1 - 6 * 2 / 24)
    assert found[("de", "en")] == found[("en", "de")]
    assert len(found) == 6


def test_translations_with_fewer_than_two_passages_in_common_have_no_correlation() -> None:
    ranks = make_ranks(("1", "en", {"en": 1, "de": 2}), ("1", "de", {"de": 1, "th": 2}))
    assert rank_correlations(ranks).empty


def test_rank_correlations_agree_with_scipy() -> None:
    generator = np.random.default_rng(0)
    langs = ["de", "en", "fr", "th"]
    queries = [
        (str(question), lang, dict(zip(langs, generator.choice(99, 4, replace=False) + 1, strict=True)))
        for question in range(20)
        for lang in langs[: generator.integers(1, 5)]
    ]
    found = rank_correlations(make_ranks(*queries)).set_index(["query_id", "other_lang"])["value"]
    ranks = {(question, lang): list(places.values()) for question, lang, places in queries}
    expected = {
        (f"{lang}-{question}", other): spearmanr(places, ranks[question, other]).statistic
        for (question, lang), places in ranks.items()
        for other in langs
        if other != lang and (question, other) in ranks
    }
    assert found.to_dict() == pytest.approx(expected)


def test_equal_lists_have_correlation_1_and_reversed_ones_minus_1() -> None:
    table = list_correlations(make_top(("1", "en", "abc"), ("1", "de", "abc"), ("1", "th", "cba")))
    assert value(table, "en", "de") == pytest.approx(1.0)
    assert value(table, "en", "th") == pytest.approx(-1.0)


def test_passages_that_a_list_lacks_are_tied_behind_it() -> None:
    table = list_correlations(make_top(("1", "en", "ab"), ("1", "de", "bc")))
    # Over a, b, c: ranks 1, 2, 3 in the English list and 3, 1, 2 in the German: 1 - 6 * (4 + 1 + 1) / (3 * (9 - 1)).
    assert value(table, "en", "de") == value(table, "de", "en") == pytest.approx(1 - 6 * 6 / 24)


def test_lists_that_share_no_passage_have_the_correlation_in_the_docstring() -> None:
    table = list_correlations(make_top(("1", "en", "abcdefghij"), ("1", "de", "klmnopqrst")))
    assert value(table, "en", "de") == pytest.approx(-500 / 582.5)


def test_list_correlations_agree_with_scipy_over_the_union() -> None:
    generator = np.random.default_rng(1)
    lists = {
        lang: "".join(generator.choice(list("abcdefghijkl"), 6, replace=False)) for lang in ("de", "en", "fr", "th")
    }
    table = list_correlations(make_top(*((("1", lang, passages)) for lang, passages in lists.items())))
    assert len(table) == 12
    for row in table.itertuples():
        one, other = lists[str(row.query_lang)], lists[str(row.other_lang)]
        union = sorted(set(one + other))
        places = [[passages.index(p) if p in passages else 99 for p in union] for passages in (one, other)]
        assert row.value == pytest.approx(spearmanr(*places).statistic)


def test_lists_of_one_passage_have_correlation_1_or_minus_1() -> None:
    table = list_correlations(make_top(("1", "en", "a"), ("1", "de", "a"), ("1", "th", "b")))
    assert value(table, "en", "de") == 1.0
    assert value(table, "en", "th") == -1.0


def test_shorter_lists_and_other_questions_are_left_out() -> None:
    table = list_correlations(make_top(("1", "en", "abc"), ("1", "de", "ab"), ("2", "de", "abc")))
    assert table.empty


def test_no_queries_give_empty_tables() -> None:
    tables = translation_agreement(RANKS.iloc[:0], make_top(), top_k=10)
    assert list(tables) == ["rank_correlation", "mrc@10"]
    assert all(table.empty for table in tables.values())
