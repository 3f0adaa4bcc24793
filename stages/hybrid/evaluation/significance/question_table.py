"""The scores of each question, from which every interval and every p can be computed again.

They are small enough to be committed with a report: reports/PROFILE/questions/BENCHMARK/SYSTEM.parquet.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from stages.hybrid.evaluation.names import CELL, setting_order
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import read_table, whole_file

# The figures that intervals and tests exist for: those that the paper reports.
FIGURES = [
    ("monolingual", "map"),
    ("monolingual", "recall@1"),
    ("cross_lingual", "map"),
    ("cross_lingual", "recall@1"),
    ("multilingual", "map"),
    ("multilingual", "recall@10"),
    ("multilingual", "rank_distance"),
]
DIGITS = 4  # values are rounded, which moves a mean over 1,000 queries by about 1e-6, and saves most of the bytes
QUESTION = ["question_id", "page_id"]
KEYS = [*CELL, *QUESTION]


def question_table(measured: pd.DataFrame, biased: pd.DataFrame, queries: pd.DataFrame) -> pd.DataFrame:
    """Return the scores behind a system's `FIGURES`: one row per question and cell.

    Columns: setting, query_lang, passage_lang, question_id, page_id, then the measures of `FIGURES` that are known, as
    float32. A measure that is no figure of a row's setting is NaN there.

    Args:
        measured: The table of `measure_queries`.
        biased: The table of `measure_bias`. Its measures are figures of the multilingual setting.
        queries: The benchmark's queries.
    """
    pages = queries.drop_duplicates("question_id").set_index("question_id")["page_id"]
    pooled = measured["setting"] == "multilingual"
    distances = measured["query_id"].map(biased.set_index("query_id")["rank_distance"]).where(pooled)
    table = measured.assign(rank_distance=distances, page_id=measured["question_id"].map(pages))
    names = [name for name in dict.fromkeys(name for _, name in FIGURES) if name in table]
    for name in names:
        settings = [setting for setting, measure in FIGURES if measure == name]
        table[name] = table[name].where(table["setting"].isin(settings)).round(DIGITS).astype("float32")
    table = table.assign(order=setting_order(table["setting"]))
    by = ["order", *QUESTION[::-1], "query_lang", "passage_lang"]
    return table.sort_values(by, ignore_index=True)[[*KEYS, *names]]


def write_question_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table of `question_table` as a small parquet file. Equal tables give equal bytes."""
    with whole_file(path) as partial:
        table.astype(dict.fromkeys(KEYS, "category")).to_parquet(
            partial, index=False, compression="zstd", compression_level=19
        )


def read_question_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of all systems in ``folder``, by system, sorted.

    Raises:
        UserError: There is none, a table is broken, or it lacks a column.
    """
    tables = {path.stem: read_table(path) for path in sorted(folder.glob("*.parquet"), key=lambda path: path.stem)}
    for name, table in tables.items():
        if missing := [key for key in KEYS if key not in table]:
            raise UserError(f"{folder / name}.parquet: has no column {missing[0]}; run the stage compare again")
    if not tables:
        raise UserError(f"{folder}: has no table of a system, expected some; run the stage compare")
    return {name: table.astype(dict.fromkeys(KEYS, str)) for name, table in tables.items()}


def figures_in(table: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Return the `FIGURES` that a table of `question_table` has: setting, measure, and the rows of the setting."""
    of_setting = {str(setting): rows for setting, rows in table.groupby("setting", sort=False)}
    return [
        (setting, measure, of_setting[setting])
        for setting, measure in FIGURES
        if measure in table and setting in of_setting and of_setting[setting][measure].notna().any()
    ]


def pages_of(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Return the page of each question that occurs in any of the tables of `question_table`, sorted by question.

    Raises:
        UserError: Two tables have different pages for a question.
    """
    known = pd.concat([table[QUESTION].drop_duplicates() for table in tables.values()]).drop_duplicates()
    if twice := known.loc[known["question_id"].duplicated(), "question_id"].tolist():
        raise UserError(f"question {twice[0]!r} has two pages, expected one; run the stages prepare and compare again")
    return known.set_index("question_id")["page_id"].sort_index()
