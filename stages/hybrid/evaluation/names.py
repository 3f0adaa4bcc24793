"""Names that all tables of figures share, and the order of the settings."""

import pandas as pd

# Each setting as tables name it, and in words. A cell is one pair of query and passage language. In
# the multilingual setting, it is one query language.
SETTINGS = {
    "monolingual": "monolingual",  # passages in the query's language
    "cross_lingual": "cross-lingual",  # passages in one other language
    "multilingual": "multilingual",  # passages of all languages ranked together (the pool)
}
ALL_LANGUAGES = "all"  # passage_lang in the multilingual setting
MEAN = "mean"  # query_lang in rows that are means over query languages
LANGUAGE_PAIR = ["query_lang", "passage_lang"]
CELL = ["setting", *LANGUAGE_PAIR]
QUERY = ["query_id", "question_id", "query_lang"]  # a query, in tables of language bias
QUERY_IN_CELL = [*CELL, "query_id", "question_id"]  # a query in a cell, in tables of measures
# The figures in which systems are compared, each a setting and a measure.
HEADLINES = [*((setting, "map") for setting in SETTINGS), ("multilingual", "rank_distance")]
SMALLER_IS_BETTER = ("rank_distance", "rank_distance_share")


def gain_sign(measure: str) -> int:
    """Return 1 if a larger value of a measure is better, and -1 if a smaller one is: a gain is sign * difference."""
    return -1 if measure in SMALLER_IS_BETTER else 1


def setting_order(settings: pd.Series) -> pd.Series:
    """Return the place of each setting in the order of `SETTINGS`, from 0. Tables are sorted by it."""
    return settings.map({setting: i for i, setting in enumerate(SETTINGS)})
