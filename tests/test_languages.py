"""Normal forms of text in many scripts, and the table of languages."""

import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.languages import (
    LANGUAGES,
    choose_languages,
    comparison_key,
    is_dense,
    normalise_text,
)

ZWNJ, ZWJ = "\u200c", "\u200d"


def test_every_run_of_white_space_becomes_one_space_and_none_is_left_at_the_ends() -> None:
    assert normalise_text("\ufeff a\u00a0b\u3000c \n\t d\u202fe ") == "a b c d e"


def test_letters_and_their_accents_are_composed() -> None:
    assert normalise_text("e\u0301") == "\u00e9"


@pytest.mark.parametrize("invisible", ["\u00ad", "\u200b", "\u200e", "\u200f", "\u202b", "\u2067", "\u061c", "\u2060"])
def test_invisible_characters_are_dropped_within_a_word(invisible: str) -> None:
    assert normalise_text(f"co{invisible}operate") == "cooperate"


def test_the_joiners_that_change_how_a_word_reads_are_kept() -> None:
    assert normalise_text(f"می{ZWNJ}خواهم") == f"می{ZWNJ}خواهم"
    assert normalise_text(f"क्{ZWJ}ष") == f"क्{ZWJ}ष"


def test_normalising_twice_changes_nothing() -> None:
    text = normalise_text(" \u202aStraße\u202c\u00a0— ｶﾞ\u00ad ")
    assert normalise_text(text) == text


def test_texts_that_differ_in_case_width_spaces_and_punctuation_compare_equal() -> None:
    assert comparison_key("Ｓave As…") == comparison_key('"save_as"') == "saveas"
    assert comparison_key("STRASSE") == comparison_key("Straße")


def test_words_with_different_vowel_signs_compare_unequal() -> None:
    assert comparison_key("की") != comparison_key("के")


def test_a_text_without_letters_has_the_empty_key() -> None:
    assert comparison_key("— … >> _") == ""


def test_only_chinese_japanese_and_korean_are_dense() -> None:
    assert {lang for lang in LANGUAGES if is_dense(lang)} == {"zh", "zh-TW", "ja", "ko"}
    assert not is_dense("tlh")  # not in the table


def test_languages_are_chosen_in_the_order_of_the_data_and_an_empty_list_means_all() -> None:
    assert choose_languages(["en", "ar", "de"], ["de", "tr", "en"], source="toy") == ["en", "de"]
    assert choose_languages(["en", "ar"], [], source="toy") == ["en", "ar"]


@pytest.mark.parametrize(
    ("available", "wanted", "words"),
    [
        (["en", "ar"], ["tr", "el"], "has en, ar, expected one of tr, el"),
        ([], ["tr"], "has no languages, expected one of tr"),
        ([], [], "has no languages, expected at least one"),
    ],
)
def test_data_without_a_wanted_language_is_refused(available: list[str], wanted: list[str], words: str) -> None:
    advice = "change languages or evaluation_languages in params.yaml, or remove the data"
    with pytest.raises(UserError, match=f"^toy: {words}; {advice}$"):
        choose_languages(available, wanted, source="toy")
