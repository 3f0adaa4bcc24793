"""A plan's shares of languages and of ordered pairs of languages, beside the expected shares.

A monolingual batch draws one language for all its pairs. So a language's share varies more than if every pair drew its
own language. The standard errors allow for that.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from stages.hybrid.batches.sampler import Sampler, Source

Project = Callable[[np.ndarray], np.ndarray]  # shares by query and passage language -> the shares to compare


def compare_pairs(plan: pd.DataFrame, sampler: Sampler) -> pd.DataFrame:
    """Return one row for each ordered pair of languages that is expected or was drawn, sorted.

    The columns are:

    - query_lang, passage_lang: the languages;
    - pairs: the number of pairs that were drawn;
    - share, expected: their share of all pairs, in [0, 1], and the expected share;
    - standard_error: that of the share;
    - deviation: share minus expected, in standard errors; 0 if the standard error is 0.
    """
    languages = _all_languages(sampler)
    counts = _count_pairs(plan, languages)
    table = _compare(counts, sampler, lambda shares: shares)
    names = pd.MultiIndex.from_product([languages, languages], names=["query_lang", "passage_lang"]).to_frame(False)
    table = pd.concat([names, table], axis=1)
    return table[(table["pairs"] > 0) | (table["expected"] > 0)].reset_index(drop=True)


def compare_languages(plan: pd.DataFrame, sampler: Sampler) -> pd.DataFrame:
    """Return one row for each language of the training sets, sorted.

    The columns are lang, and the five figures of `compare_pairs` twice: for the language's share of the queries, with
    the prefix ``query_``, and for its share of the passages, with the prefix ``passage_``.
    """
    languages = _all_languages(sampler)
    counts = _count_pairs(plan, languages)
    tables = [
        _compare(counts.sum(axis=axis), sampler, partial(np.sum, axis=axis)).add_prefix(side)
        for side, axis in (("query_", 1), ("passage_", 0))
    ]
    return pd.concat([pd.Series(languages, name="lang"), *tables], axis=1)


def _all_languages(sampler: Sampler) -> list[str]:
    """Return the languages of all training sets, sorted."""
    return sorted({language for data in sampler.datasets for language in data.languages})


def _count_pairs(plan: pd.DataFrame, languages: list[str]) -> np.ndarray:
    """Return the plan's pairs by query and passage language, shape (languages, languages)."""
    places = pd.Index(languages)
    queries, passages = (places.get_indexer(plan[c].explode()) for c in ("query_langs", "passage_langs"))
    counts = np.zeros((len(languages), len(languages)), dtype=np.int64)
    np.add.at(counts, (queries, passages), 1)
    return counts


def _compare(counts: np.ndarray, sampler: Sampler, project: Project) -> pd.DataFrame:
    """Return the counts, their shares and the expected shares, one row for each count.

    ``project`` takes shares of shape (languages, languages) and returns them in the shape of ``counts``.
    """
    expected, error = _expect_shares(sampler, project)
    share = counts / counts.sum()
    deviation = np.divide(share - expected, error, out=np.zeros_like(error), where=error > 0)
    columns = {
        "pairs": counts, "share": share, "expected": expected, "standard_error": error, "deviation": deviation
    }  # fmt: skip
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()})


def _expect_shares(sampler: Sampler, project: Project) -> tuple[np.ndarray, np.ndarray]:
    """Return the expected shares of a plan's pairs, and their standard errors.

    Let m_s be the mean share in a batch of source s. Its variance is v_s = m_s (1 - m_s) / n, because the batch draws
    its languages n times: once if it is monolingual, else once for each pair. Let p_s be the probability of source s.
    The mean over all sources is m = sum p_s m_s. In a plan of N batches, the standard error is
    sqrt((sum p_s (v_s + m_s^2) - m^2) / N).
    """
    languages = _all_languages(sampler)
    mean, square = np.zeros(()), np.zeros(())
    for source in (source for sources in sampler.sources.values() for source in sources):
        shares = project(_over_languages(source, languages))
        draws = 1 if source.kind == "monolingual" else sampler.params.batch_size
        mean = mean + source.share * shares
        square = square + source.share * (shares * (1 - shares) / draws + shares**2)
    variance = np.maximum(square - np.square(mean), 0) / sampler.params.batches
    return mean, np.sqrt(np.where(variance < 1e-15, 0, variance))  # 0 with a rounding error


def _over_languages(source: Source, languages: list[str]) -> np.ndarray:
    """Return the source's ``pair_shares`` over all ``languages``, shape (languages, languages)."""
    places = np.searchsorted(languages, source.data.languages)
    shares = np.zeros((len(languages), len(languages)))
    shares[np.ix_(places, places)] = source.pair_shares
    return shares
