"""From raw pairs to training pairs: what leaks out of a benchmark goes, pages are held out, twins are named."""

from hashlib import sha256
from typing import Any

import pandas as pd

from stages.hybrid.ground.errors import UserError
from stages.hybrid.pairs.leaks import name_leaks
from stages.hybrid.pairs.params import PrepareParams
from stages.hybrid.pairs.twins import twin_ids
from stages.hybrid.records import Benchmark, Pair


def prepare_pairs(name: str, pairs: pd.DataFrame, leaks: pd.DataFrame, params: PrepareParams) -> pd.DataFrame:
    """Return the training table: the columns of `Pair`, ``twin_id`` and ``held_out``, sorted by (group_id, lang).

    ``pairs`` has the columns of `Pair`; ``leaks`` are those of `find_leaks` among them.

    Raises:
        UserError: there is no pair, or there are leaks and they stop the run.
    """
    if pairs.empty:
        raise UserError(f"data set {name}: no pair in the languages asked for; check languages in params.yaml")
    if params.leaks == "stop" and len(leaks):
        raise UserError(
            f"data set {name}: {leaks['row'].nunique()} of {len(pairs)} training pairs hold a text of a benchmark: "
            f"{name_leaks(leaks)}; drop them from the data, or set prepare.leaks to drop or allow"
        )
    kept = pairs[~pairs.index.isin(leaks["row"])] if params.leaks == "drop" else pairs
    if kept.empty:
        raise UserError(f"data set {name}: every pair holds a text of a benchmark; take it out of datasets")
    table = kept.sort_values(["group_id", "lang"], ignore_index=True)
    table["twin_id"] = twin_ids(table)
    table["held_out"] = held_out_pages(table["page_id"], params.held_out_share)
    # a group that says the same as one in training would make validation look better than it is
    trained = set(table.loc[~table["held_out"], "twin_id"])
    return table[~table["held_out"] | ~table["twin_id"].isin(trained)].reset_index(drop=True)


def validation_pairs(benchmark: Benchmark) -> pd.DataFrame:
    """Return a benchmark's questions as pairs to validate on: the columns of `Pair` and ``twin_id``, sorted.

    A question makes a pair in each language that asks it and has a relevant passage, the first by grade, then id.

    Raises:
        UserError: no question has a relevant passage in its own language.
    """
    queries = benchmark.queries.rename(columns={"text": "query", "question_id": "group_id"})
    passages = benchmark.passages.rename(columns={"text": "passage"})
    joined = queries.merge(benchmark.qrels, on="query_id").merge(passages, on=["passage_id", "lang"])
    if joined.empty:
        raise UserError(
            "validation_set: no question of it has a relevant passage in its own language; choose another benchmark"
        )
    best = joined.sort_values(["group_id", "lang", "relevance", "passage_id"], ascending=[True, True, False, True])
    pairs = best.drop_duplicates(["group_id", "lang"]).rename(columns={"passage_id": "page_id"})
    pairs = pairs[list(Pair._fields)].reset_index(drop=True)
    return pairs.assign(twin_id=twin_ids(pairs))


def choose_validation(
    training: dict[str, pd.DataFrame], benchmarks: dict[str, Benchmark], validation_set: str
) -> pd.DataFrame:
    """Return the pairs to validate on, with their ``dataset``: a benchmark's if it is named, else those held out.

    Raises:
        UserError: as for `validation_pairs`.
    """
    if validation_set:
        return validation_pairs(benchmarks[validation_set]).assign(dataset=validation_set)
    tables = [table[table["held_out"]].assign(dataset=name) for name, table in training.items()]
    return pd.concat(tables, ignore_index=True).drop(columns="held_out")


def held_out_pages(pages: pd.Series, share: float) -> pd.Series:
    """Return which rows' pages are held out: a page's lot hangs on its name alone, so it is the same in every run."""
    lots = {page: int(sha256(page.encode()).hexdigest()[:8], 16) / 2**32 for page in pages.unique()}
    return pages.map(lots) < share


def describe_pairs(table: pd.DataFrame, leaks: pd.DataFrame, *, pairs_read: int) -> dict[str, Any]:
    """Return counts of a training table: pairs read, leaks among them, pairs for training by language, held out."""
    train = table[~table["held_out"]]
    counts = leaks.groupby(["benchmark", "side", "match"]).size()
    families = train.groupby("twin_id")["group_id"].nunique()  # twins and all that they chain together
    return {
        "pairs_read": pairs_read,
        "leaking_pairs": {" ".join(key): int(count) for key, count in counts.items()},
        "training_pairs": len(train),
        "training_groups": int(train["group_id"].nunique()),
        "held_out_pairs": int(table["held_out"].sum()),
        "groups_with_a_twin": int(families[families > 1].sum()),
        "most_groups_of_one_meaning": int(families.max()) if len(families) else 0,
        "pairs_by_language": {str(lang): int(n) for lang, n in train["lang"].value_counts().sort_index().items()},
        "sha256_of_text": sha256("\n".join(table["query"] + "\t" + table["passage"]).encode()).hexdigest(),
    }


def describe_benchmark(benchmark: Benchmark) -> dict[str, Any]:
    """Return a benchmark's counts: queries and passages by language, judgements, and a hash of its text."""
    texts = "\n".join([*benchmark.queries["text"], *benchmark.passages["text"]])
    return {
        "queries_by_language": {
            str(lang): int(n) for lang, n in benchmark.queries["lang"].value_counts().sort_index().items()
        },
        "passages_by_language": {
            str(lang): int(n) for lang, n in benchmark.passages["lang"].value_counts().sort_index().items()
        },
        "judgements": len(benchmark.qrels),
        "sha256_of_text": sha256(texts.encode()).hexdigest(),
    }
