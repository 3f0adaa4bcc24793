"""Names that all tables of figures share."""

# Settings, as tables name them and in words. A cell is one pair of query and passage language within a setting.
SETTINGS = {
    "monolingual": "monolingual",  # passages in the query's language
    "cross_lingual": "cross-lingual",  # passages in one other language
    "multilingual": "multilingual",  # passages in all languages, ranked together: the pool
}
ALL_LANGUAGES = "all"  # the passage_lang of the multilingual setting
MEAN = "mean"  # the query_lang of a mean over query languages
LANGUAGE_PAIR = ["query_lang", "passage_lang"]
CELL = ["setting", *LANGUAGE_PAIR]
# The figures that systems are compared by: setting and measure.
HEADLINES = [*((setting, "map") for setting in SETTINGS), ("multilingual", "rank_distance")]
SMALLER_IS_BETTER = ("rank_distance", "rank_distance_share")
