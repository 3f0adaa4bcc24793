"""From raw pairs to training pairs: leaking groups are dropped, twins are named, and pages are held out."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pandas as pd

from stages.hybrid.ground.errors import UserError
from stages.hybrid.pairs.leaks import name_leaks
from stages.hybrid.pairs.params import PrepareParams
from stages.hybrid.pairs.twins import twin_ids
from stages.hybrid.records import Benchmark, Pair


def prepare_pairs(name: str, pairs: pd.DataFrame, *, leaks: pd.DataFrame, params: PrepareParams) -> pd.DataFrame:
    """Return the training table: the columns of `Pair`, ``twin_id`` and ``held_out``, sorted by (group_id, lang).

    A held-out group that has a twin in training is left out.

    Args:
        name: Name of the training set, for errors.
        pairs: The columns of `Pair`.
        leaks: What `find_leaks` returns for ``pairs``.
        params: What to do with leaks, and how many pages to hold out.

    Raises:
        UserError: There are no pairs, there are leaks and ``params`` says to stop, or every group has a leak.
    """
    if pairs.empty:
        raise UserError(
            f"training set {name}: has no pairs in the wanted languages, expected some; change languages in params.yaml"
        )
    if params.leaks == "stop" and len(leaks):
        raise UserError(
            f"training set {name}: {leaks['group_id'].nunique()} of {pairs['group_id'].nunique()} groups have a text "
            f"of a benchmark, expected none: {name_leaks(leaks)}; remove them from the data, or set prepare.leaks to "
            "drop or allow"
        )
    kept = pairs[~_are_dropped(pairs, leaks, params)]
    if kept.empty:
        raise UserError(
            f"training set {name}: has only groups with a text of a benchmark ({pairs['group_id'].nunique()}), "
            f"expected others; remove {name} from datasets"
        )
    table = kept.sort_values(["group_id", "lang"], ignore_index=True)
    table["twin_id"] = twin_ids(table)
    table["held_out"] = held_out_pages(table["page_id"], params.held_out_share)
    # A twin of a training group would make the validation loss lower than it is on new text.
    trained = set(table.loc[~table["held_out"], "twin_id"])
    return table[~table["held_out"] | ~table["twin_id"].isin(trained)].reset_index(drop=True)


def _are_dropped(pairs: pd.DataFrame, leaks: pd.DataFrame, params: PrepareParams) -> pd.Series:
    """Return whether each pair is dropped: its group has a leak, in this language or another."""
    return pairs["group_id"].isin(leaks["group_id"] if params.leaks == "drop" else [])


def check_languages(languages: Sequence[str], training: dict[str, pd.DataFrame]) -> None:
    """Check that each of ``languages`` has a pair in one of the training tables.

    Raises:
        UserError: One has none.
    """
    if missing := set(languages).difference(*(table["lang"] for table in training.values())):
        raise UserError(
            f"languages: no training set has a pair in {', '.join(sorted(missing))}; remove them, or add a training set"
        )


def validation_pairs(name: str, benchmark: Benchmark) -> pd.DataFrame:
    """Return the validation pairs of the benchmark ``name``: the columns of `Pair` and ``twin_id``, sorted.

    A question makes one pair in each language in which it has both a query and a relevant passage. The passage is the
    most relevant one, and of equally relevant ones the first by id.

    Raises:
        UserError: No query has a relevant passage in its own language.
    """
    queries = benchmark.queries.drop(columns="page_id").rename(columns={"text": "query", "question_id": "group_id"})
    passages = benchmark.passages.rename(columns={"text": "passage"})
    joined = queries.merge(benchmark.qrels, on="query_id").merge(passages, on=["passage_id", "lang"])
    if joined.empty:
        raise UserError(
            f"validation_set is {name}, in which no query has a relevant passage in its own language, expected at "
            "least one; choose another benchmark"
        )
    best = joined.sort_values(["group_id", "lang", "relevance", "passage_id"], ascending=[True, True, False, True])
    pairs = best.drop_duplicates(["group_id", "lang"]).rename(columns={"passage_id": "page_id"})
    pairs = pairs[list(Pair._fields)].reset_index(drop=True)
    return pairs.assign(twin_id=twin_ids(pairs))


def choose_validation(
    training: dict[str, pd.DataFrame], benchmarks: dict[str, Benchmark], validation_set: str
) -> pd.DataFrame:
    """Return the validation pairs, with the name of their set in ``dataset``.

    Args:
        training: The tables of `prepare_pairs`, by name.
        benchmarks: The benchmarks, by name.
        validation_set: Name of the benchmark to take pairs from; if empty, the held-out training pairs are taken.

    Raises:
        UserError: The benchmark has no query with a relevant passage in its own language.
    """
    if validation_set:
        return validation_pairs(validation_set, benchmarks[validation_set]).assign(dataset=validation_set)
    tables = [table[table["held_out"]].assign(dataset=name) for name, table in training.items()]
    return pd.concat(tables, ignore_index=True).drop(columns="held_out")


def held_out_pages(pages: pd.Series, share: float) -> pd.Series:
    """Return whether each row's page is held out. Only the page's name and ``share`` decide, so every run agrees."""
    draws = {page: int(sha256(page.encode()).hexdigest()[:8], 16) / 2**32 for page in pages.unique()}  # in [0, 1)
    return pages.map(draws) < share


def count_pairs(
    table: pd.DataFrame, *, pairs: pd.DataFrame, leaks: pd.DataFrame, params: PrepareParams
) -> dict[str, Any]:
    """Return the counts of a training set, and a hash of its text. ``pairs_dropped`` counts pairs of leaking groups.

    Args:
        table: What `prepare_pairs` returns.
        pairs: The raw pairs.
        leaks: What `find_leaks` returns for ``pairs``.
        params: What was done with leaks.
    """
    train = table[~table["held_out"]]
    kinds = leaks["benchmark"] + " " + leaks["side"] + " " + leaks["match"] + " to " + leaks["benchmark_side"]
    families = train.groupby("twin_id")["group_id"].nunique()  # by family of twins
    return {
        "pairs_read": len(pairs),
        "leaking_pairs": {str(kind): int(count) for kind, count in kinds.value_counts().sort_index().items()},
        "leaking_groups": int(leaks["group_id"].nunique()),
        "pairs_dropped": int(_are_dropped(pairs, leaks, params).sum()),
        "training_pairs": len(train),
        "training_groups": int(train["group_id"].nunique()),
        "held_out_pairs": int(table["held_out"].sum()),
        "groups_with_a_twin": int(families[families > 1].sum()),
        "most_groups_of_one_meaning": int(families.max()) if len(families) else 0,
        "pairs_by_language": _count_languages(train),
        "sha256_of_text": sha256("\n".join(table["query"] + "\t" + table["passage"]).encode()).hexdigest(),
    }


def count_benchmark(benchmark: Benchmark) -> dict[str, Any]:
    """Return the counts of a benchmark, and a hash of its text."""
    texts = "\n".join([*benchmark.queries["text"], *benchmark.passages["text"]])
    return {
        "queries_by_language": _count_languages(benchmark.queries),
        "passages_by_language": _count_languages(benchmark.passages),
        "judgements": len(benchmark.qrels),
        "sha256_of_text": sha256(texts.encode()).hexdigest(),
    }


def _count_languages(table: pd.DataFrame) -> dict[str, int]:
    """Return the number of rows by language, sorted by language."""
    return {str(lang): int(n) for lang, n in table["lang"].value_counts().sort_index().items()}
