"""What a plan is made of, by language and by ordered pair of languages, beside what was to be expected.

The share of a language varies more than that of a coin thrown for each pair, for a monolingual batch is one throw for
all its pairs; the standard errors here count that in.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from stages.hybrid.batches.sampler import Sampler, Source

Project = Callable[[np.ndarray], np.ndarray]


def compare_pairs(plan: pd.DataFrame, sampler: Sampler) -> pd.DataFrame:
    """Return a row an ordered pair of languages that is expected or was drawn, sorted.

    Columns: query_lang, passage_lang, pairs, share (of all pairs), expected, standard_error, deviation (in standard
    errors; 0 where the error is 0).
    """
    languages = all_languages(sampler)
    counts = _count_pairs(plan, languages)
    table = _compare(counts, sampler, lambda shares: shares)
    names = pd.MultiIndex.from_product([languages, languages], names=["query_lang", "passage_lang"]).to_frame(False)
    table = pd.concat([names, table], axis=1)
    return table[(table["pairs"] > 0) | (table["expected"] > 0)].reset_index(drop=True)


def compare_languages(plan: pd.DataFrame, sampler: Sampler) -> pd.DataFrame:
    """Return a row a language of the data, sorted: lang, and for queries and passages what `compare_pairs` has.

    The columns of the two sides begin with ``query_`` and ``passage_``.
    """
    languages = all_languages(sampler)
    counts = _count_pairs(plan, languages)
    tables = [
        _compare(counts.sum(axis=axis), sampler, partial(np.sum, axis=axis)).add_prefix(side)
        for side, axis in (("query_", 1), ("passage_", 0))
    ]
    return pd.concat([pd.Series(languages, name="lang"), *tables], axis=1)


def all_languages(sampler: Sampler) -> list[str]:
    """Return the languages of all data sets, sorted."""
    return sorted({language for data in sampler.datasets for language in data.languages})


def _count_pairs(plan: pd.DataFrame, languages: list[str]) -> np.ndarray:
    """Return the plan's pairs by query and passage language, shape (languages, languages)."""
    places = pd.Index(languages)
    queries, passages = (places.get_indexer(plan[c].explode()) for c in ("query_langs", "passage_langs"))
    counts = np.zeros((len(languages), len(languages)), dtype=np.int64)
    np.add.at(counts, (queries, passages), 1)
    return counts


def _compare(counts: np.ndarray, sampler: Sampler, project: Project) -> pd.DataFrame:
    """Return counts and shares beside what is expected; ``project`` makes an array like ``counts`` of pair shares."""
    expected, error = expect_shares(sampler, project)
    share = counts / counts.sum()
    deviation = np.divide(share - expected, error, out=np.zeros_like(error), where=error > 0)
    columns = {
        "pairs": counts, "share": share, "expected": expected, "standard_error": error, "deviation": deviation
    }  # fmt: skip
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()})


def expect_shares(sampler: Sampler, project: Project) -> tuple[np.ndarray, np.ndarray]:
    """Return the expected shares of a plan's pairs and their standard errors.

    A batch of source s has the mean share m_s and the variance v_s = m_s (1 - m_s) / n, n the languages that it draws:
    1 if it is monolingual, else one a pair. Over sources of probability p_s the mean is m = sum p_s m_s, and a plan
    of N batches has the error sqrt((sum p_s (v_s + m_s^2) - m^2) / N).
    """
    languages = all_languages(sampler)
    mean, square = np.zeros(()), np.zeros(())
    for source in (source for sources in sampler.sources.values() for source in sources):
        shares = project(_over_languages(source, languages))
        draws = 1 if source.kind == "monolingual" else sampler.params.batch_size
        mean = mean + source.share * shares
        square = square + source.share * (shares * (1 - shares) / draws + shares**2)
    variance = np.maximum(square - np.square(mean), 0) / sampler.params.batches
    return mean, np.sqrt(np.where(variance < 1e-15, 0, variance))  # what rounding leaves of 0


def _over_languages(source: Source, languages: list[str]) -> np.ndarray:
    """Return the source's pair shares in a table of all ``languages``."""
    places = np.searchsorted(languages, source.data.languages)
    shares = np.zeros((len(languages), len(languages)))
    shares[np.ix_(places, places)] = source.pair_shares
    return shares
