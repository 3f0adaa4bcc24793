"""High- and low-resource languages: the published classes, and the two groups that the report makes from them."""

import pytest

from stages.hybrid.languages import LANGUAGES
from stages.hybrid.report.resource_classes import CLASSES, resource_class, resource_group


def test_every_language_that_the_project_names_has_a_class() -> None:
    assert {lang.split("-")[0] for lang in LANGUAGES} == set(CLASSES)


@pytest.mark.parametrize(
    ("lang", "number"), [("en", 5), ("ar", 5), ("vi", 4), ("el", 3), ("th", 3), ("sw", 2), ("km", 1)]
)
def test_classes_are_those_of_the_published_list(lang: str, number: int) -> None:
    assert resource_class(lang) == number


def test_of_the_papers_languages_greek_and_thai_are_lower() -> None:
    langs = ["ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"]
    assert [lang for lang in langs if resource_group(lang) == "lower"] == ["el", "th"]


def test_a_region_does_not_matter_and_a_language_that_is_not_listed_is_unlisted() -> None:
    assert resource_group("pt-BR") == resource_group("zh-TW") == "high"
    assert resource_class("xx") is None
    assert resource_group("xx") == "unlisted"
