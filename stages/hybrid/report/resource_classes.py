"""High- and low-resource languages, by published classes.

Source: P. Joshi, S. Santy, A. Budhiraja, K. Bali, M. Choudhury, "The State and Fate of Linguistic Diversity and
Inclusion in the NLP World", ACL 2020, arXiv 2004.09095; classes from the list published with it (lang2tax.txt). They
rest on the amount of labelled and unlabelled data in 2020. Class 5 has the most data, class 0 almost none.
"""

HIGH, LOWER = "high", "lower"
HIGH_FROM = 4  # classes 4 and 5 are high-resource

_LANGUAGES_BY_CLASS = {
    5: "ar de en es fr ja zh",
    4: "ca cs eu fa fi hi hr hu it ko nl pl pt ru sr sv tr vi",
    3: "bg bn da el et gl he id lt lv ro sk sl ta th uk",
    2: "ha mr pa sw yo zu",
    1: "as dz gu ig km kn om rw te tw",
    0: "bem fon",  # "fongbe" in the published list
}
CLASSES = {lang: number for number, langs in _LANGUAGES_BY_CLASS.items() for lang in langs.split()}


def resource_class(lang: str) -> int | None:
    """Return a language's class, 0 to 5, or None if it is not in the list above. Region and script do not matter."""
    return CLASSES.get(lang.split("-")[0])


def resource_group(lang: str) -> str:
    """Return "high" for classes 4 and 5, "lower" for 0 to 3, "unlisted" for languages that are not listed above."""
    number = resource_class(lang)
    if number is None:
        return "unlisted"
    return HIGH if number >= HIGH_FROM else LOWER
