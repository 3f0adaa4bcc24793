"""Pairs from LibreOffice's help pages; the pages here are cut from real ones."""

import zipfile
from pathlib import Path

import pytest

from stages.hybrid.corpora.formats.help_blocks import drop_repeated, translated_passage
from stages.hybrid.corpora.formats.libreoffice_pages import read_page
from stages.hybrid.corpora.libreoffice_help import COLLECTION, read_pairs
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Pair
from stages.hybrid.sources.packages import DebianPackages

PAGE = """<!DOCTYPE html>
<html lang="de" dir="ltr"><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>
<header><p id="par_head">Help for the whole suite, in every page of it</p></header>
<div id="DisplayArea" itemprop="softwareHelp"><noscript><h1>Needs a script</h1></noscript>
%s
</div><div id="SearchFrame"></div><footer><h3 class="bug">Help content debug info:</h3></footer></body></html>"""

SENTENCE = "Deletes the selected entries from the list of all entries."
SATZ = "Löscht die ausgewählten Einträge aus der Liste aller Einträge."


def page(*parts: str) -> bytes:
    return (PAGE % "\n".join(parts)).encode()


def heading(key: str, text: str, level: int = 2) -> str:
    return f'<h{level} id="{key}" dir="auto"><a name="x"></a>{text}</h{level}>'


def paragraph(key: str, text: str, kind: str = "paragraph") -> str:
    return f'<p id="{key}" class="{kind}" dir="auto">{text}</p>'


def texts(*parts: str) -> dict[str, list[str]]:
    """Return the texts under each heading that are no bare menu paths, labels or links."""
    return {
        section.heading: [block.text for block in section.paragraphs.values() if not block.is_bare]
        for section in read_page(page(*parts))
    }


def write_pages(folder: Path, pages: dict[str, bytes]) -> None:
    """Write pages by their path, as ``de/scalc/01/a``."""
    for path, content in pages.items():
        lang, _, name = path.partition("/")
        file = folder / lang / "text" / f"{name}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def pairs_of(folder: Path, pages: dict[str, bytes], languages: list[str]) -> list[Pair]:
    write_pages(folder, pages)
    return read_pairs(folder, languages, workers=1)


# One page's markup


def test_a_section_is_what_stands_between_two_headings_lists_and_notes_included() -> None:
    found = texts(
        heading("hd_1", "Sorting", 1),
        paragraph("par_1", "Sorts the\u00a0selected rows."),
        '<ol><li><p id="par_2" class="listitem">Select a range.<br>Then sort.</p></li></ol>',
        '<div class="note"><div class="noteicon"><p id="par_3">i</p></div>'
        '<div class="notetext"><p id="par_4">Undo brings it back.</p></div></div>',
        heading("hd_2", "Options"),
        paragraph("par_5", "Sets more options."),
    )
    assert found == {
        "Sorting": ["Sorts the selected rows.", "Select a range. Then sort.", "Undo brings it back."],
        "Options": ["Sets more options."],
    }


def test_of_a_switch_only_the_default_branch_is_read() -> None:
    switch = (
        'Press <span id="swlnsys_1" class="switchinline"><span hidden="true" id="MAC_1" class="MAC">Command\n</span>'
        '<span hidden="true" id="default_1">Ctrl</span></span>+Z to undo.'
    )
    assert texts(heading("hd_1", "Undo", 1), paragraph("par_1", switch)) == {"Undo": ["Press Ctrl+Z to undo."]}


def test_branches_for_other_applications_are_left_out_with_their_headings() -> None:
    branch = (
        f'<span id="s" class="switch"><span hidden="true" id="W" class="WRITER">{heading("hd_2", "Only in Writer")}'
    )
    found = texts(
        heading("hd_1", "Undo", 1), paragraph("par_1", "a"), f"{branch}{paragraph('par_2', 'b')}</span></span>"
    )
    assert found == {"Undo": ["a"]}


def test_a_sentence_with_branches_but_no_default_takes_the_first() -> None:
    branches = '<span class="IMPRESS">slide</span><span class="DRAW">page</span>'
    text = f'the current <span class="switchinline">{branches}</span>.'
    assert texts(heading("hd_1", "Go", 1), paragraph("par_1", text)) == {"Go": ["the current slide."]}


def test_code_tables_ways_to_the_command_and_related_topics_are_no_text() -> None:
    found = texts(
        heading("hd_1", "Print", 1),
        paragraph("par_1", "Prints the page."),
        '<div class="howtoget"><div class="embedded"><h4 id="hd_x">From the menu bar:</h4></div>'
        '<p id="par_2" class="paragraph">File - Print</p></div>',
        '<div class="bascode"><pre><code><p id="par_3">Print x</p></code></pre></div>',
        paragraph("par_4", "=SUM(A1)", "code"),
        '<table><tr><td><p id="par_5" class="tablecontentintable">cell</p></td></tr></table>',
        paragraph("par_6", "Prints it again."),
        '<div class="relatedtopics"><p class="related">Related Topics</p><div class="relatedbody">',
        f"{paragraph('par_7', 'See also')}</div></div>",
        paragraph("par_8", "after them"),
    )
    assert found == {"Print": ["Prints the page.", "Prints it again."]}


def test_a_section_from_another_page_is_left_out_and_ends_the_own_one() -> None:
    found = texts(
        heading("hd_1", "MsgBox", 1),
        paragraph("par_1", "Shows a message."),
        f'<div class="embedded">{paragraph("par_2", "lent")}</div>',
        paragraph("par_3", "And waits."),
        f'<div class="embedded">{heading("hd_2", "Parameters:", 3)}</div>',
        paragraph("par_4", "buttons: any integer"),
    )
    assert found == {"MsgBox": ["Shows a message.", "And waits."]}


def test_menu_paths_links_and_labels_of_icons_are_bare() -> None:
    found = texts(
        heading("hd_1", "View", 1),
        paragraph("par_1", 'Choose <span class="menuitem">View - Zoom - Zoom</span>.'),
        paragraph("par_2", '<a target="_top" href="de/text/a.html">Status Bar</a>'),
        '<div class="icontable"><div class="iconcell"><p id="par_3" class="paragraphintable">Zoom In</p></div></div>',
        paragraph(
            "par_4", 'Click <span class="emph">Zoom</span> in the toolbar to make the page as wide as the window.'
        ),
    )
    assert found == {"View": ["Click Zoom in the toolbar to make the page as wide as the window."]}


def test_the_parent_is_the_nearest_heading_of_a_higher_level() -> None:
    parts = [
        heading(f"hd_{n}", name, level) for n, (name, level) in enumerate([("A", 1), ("B", 3), ("C", 3), ("D", 2)])
    ]
    sections = read_page(page(*(part + paragraph(f"par_{n}", "text") for n, part in enumerate(parts))))
    assert {section.heading: section.parent for section in sections} == {"A": "", "B": "A", "C": "A", "D": "A"}


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"<p>torn", page(), page(paragraph("par_1", "no heading"))])
def test_a_page_without_sections_gives_none(content: bytes) -> None:
    assert read_page(content) == []


# Pages of several languages


def test_translations_share_group_and_page_whatever_their_order(tmp_path: Path) -> None:
    english = page(heading("hd_1", "Delete", 1), paragraph("par_1", SENTENCE))
    german = page(heading("hd_1", "Löschen", 1), paragraph("par_1", SATZ))
    pairs = pairs_of(tmp_path, {"en-US/scalc/01/a": english, "de/scalc/01/a": german}, ["en", "de"])
    assert pairs == [
        Pair("lo/scalc/01/a#hd_1", "lo/scalc/01/a", "de", "Löschen", SATZ),
        Pair("lo/scalc/01/a#hd_1", "lo/scalc/01/a", "en", "Delete", SENTENCE),
    ]


def test_english_is_compared_with_but_not_returned_unless_asked_for(tmp_path: Path) -> None:
    english = page(heading("hd_1", "Delete", 1), paragraph("par_1", SENTENCE))
    german = page(heading("hd_1", "Löschen", 1), paragraph("par_1", SATZ))
    pairs = pairs_of(tmp_path, {"en-US/a": english, "de/a": german}, ["de"])
    assert [pair.lang for pair in pairs] == ["de"]


def test_an_untranslated_heading_or_passage_is_no_pair(tmp_path: Path) -> None:
    english = page(
        heading("hd_1", "Delete", 1), paragraph("par_1", SENTENCE), heading("hd_2", "Add"), paragraph("par_2", SENTENCE)
    )
    german = page(
        heading("hd_1", "DELETE", 1), paragraph("par_1", SATZ), heading("hd_2", "Dazu"), paragraph("par_2", SENTENCE)
    )
    assert pairs_of(tmp_path, {"en-US/a": english, "de/a": german}, ["de"]) == []


def test_a_block_left_in_english_is_dropped_if_four_fifths_are_translated() -> None:
    english = {"a": "x" * 20, "b": "y" * 80, "c": "only here"}
    assert translated_passage({"a": "x" * 20, "b": "z" * 80, "d": "of another page"}, english) == "z" * 80
    assert translated_passage({"a": "x" * 20, "b": "z" * 79}, english) == ""
    assert translated_passage({}, english) == ""


def test_passages_under_thirty_characters_are_dropped_twelve_in_chinese(tmp_path: Path) -> None:
    english = page(heading("hd_1", "Delete", 1), paragraph("par_1", SENTENCE))
    pages = {
        "en-US/a": english,
        "de/a": page(heading("hd_1", "Löschen", 1), paragraph("par_1", "x" * 29)),
        "da/a": page(heading("hd_1", "Slet", 1), paragraph("par_1", "x" * 30)),
        "zh-CN/a": page(heading("hd_1", "删除", 1), paragraph("par_1", "删" * 12)),
        "ja/a": page(heading("hd_1", "削除", 1), paragraph("par_1", "削" * 11)),
    }
    assert [pair.lang for pair in pairs_of(tmp_path, pages, ["de", "da", "zh", "ja"])] == ["da", "zh"]


def test_a_heading_on_several_pages_gets_its_parent_in_front_in_every_language(tmp_path: Path) -> None:
    pages = {}
    for number, (english, german) in enumerate([("Styles", "Vorlagen"), ("Filters", "Filter nach Wahl")]):
        pages[f"en-US/{number}"] = page(
            heading("hd_1", english, 1), heading("hd_2", "Delete"), paragraph("p", f"{SENTENCE} {number}")
        )
        pages[f"de/{number}"] = page(
            heading("hd_1", german, 1), heading("hd_2", "Löschen"), paragraph("p", f"{SATZ} {number}")
        )
    queries = [pair.query for pair in pairs_of(tmp_path, pages, ["en", "de"])]
    assert queries == ["Vorlagen: Löschen", "Filter nach Wahl: Löschen", "Styles: Delete", "Filters: Delete"]


def test_an_untranslated_parent_in_front_makes_no_pair(tmp_path: Path) -> None:
    pages = {}
    for number in range(2):
        pages[f"en-US/{number}"] = page(
            heading("hd_1", f"Styles {number}", 1), heading("hd_2", "Delete"), paragraph("p", f"{SENTENCE} {number}")
        )
        pages[f"de/{number}"] = page(
            heading("hd_1", f"Styles {number}", 1), heading("hd_2", "Löschen"), paragraph("p", f"{SATZ} {number}")
        )
    assert pairs_of(tmp_path, pages, ["de"]) == []


def test_generic_headings_and_headings_without_letters_are_dropped(tmp_path: Path) -> None:
    names = ["Syntax:", "Return value", "<", "Named Ranges"]
    parts = [heading(f"hd_{n}", name) + paragraph(f"p_{n}", f"{SENTENCE} {n}") for n, name in enumerate(names)]
    assert [pair.query for pair in pairs_of(tmp_path, {"en-US/a": page(*parts)}, ["en"])] == ["Named Ranges"]


def test_pages_that_list_menu_paths_are_dropped(tmp_path: Path) -> None:
    content = page(heading("hd_1", "View Menu", 1), paragraph("p", SENTENCE))
    pages = {
        "en-US/shared/00/00000403": content,
        "en-US/shared/00/edit_menu": content,
        "en-US/shared/00/00000005": content,
    }
    assert [pair.page_id for pair in pairs_of(tmp_path, pages, ["en"])] == ["lo/shared/00/00000005"]


def test_a_passage_or_a_query_in_more_than_three_groups_is_dropped() -> None:
    def pairs(groups: int, query: str, passage: str) -> list[Pair]:
        return [Pair(f"{query}{n}", "page", "en", query.format(n=n), passage.format(n=n)) for n in range(groups)]

    kept = pairs(3, "three {n}", "same of three") + pairs(3, "one query", "many {n}")
    dropped = pairs(4, "four {n}", "same of four") + pairs(4, "too often", "lots {n}")
    assert drop_repeated(kept + dropped) == kept


def test_processes_and_one_process_give_the_same_pairs(tmp_path: Path) -> None:
    pages = {"en-US/a": page(heading("hd_1", "Delete", 1), paragraph("par_1", SENTENCE))}
    pages |= {f"{lang}/a": page(heading("hd_1", "Löschen", 1), paragraph("par_1", SATZ)) for lang in ("de", "da")}
    write_pages(tmp_path, pages)
    assert read_pairs(tmp_path, ["de", "da"], workers=2) == read_pairs(tmp_path, ["da", "de"], workers=1)


def test_archives_by_language_and_one_of_all_languages_are_read_alike(tmp_path: Path) -> None:
    write_pages(tmp_path / "folders", {"en-US/a": page(heading("hd_1", "Delete", 1), paragraph("p", SENTENCE))})
    write_pages(tmp_path / "folders", {"zh-CN/a": page(heading("hd_1", "删除", 1), paragraph("p", "删" * 40))})
    expected = read_pairs(tmp_path / "folders", ["en", "zh"], workers=1)
    assert len(expected) == 2
    for archive, prefix in (("each/en.zip", "en-US"), ("each/zh.zip", "zh-CN"), ("all/help.zip", "")):
        (tmp_path / archive).parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(tmp_path / archive, "w") as file:
            for path in (tmp_path / "folders" / prefix).rglob("*.html"):
                file.write(path, f"usr/share/libreoffice/help/{path.relative_to(tmp_path / 'folders')}")
    assert read_pairs(tmp_path / "each", ["en", "zh"], workers=1) == expected
    assert read_pairs(tmp_path / "all", ["en", "zh"], workers=1) == expected


def packages_for(languages: list[str]) -> dict[str, str]:
    assert isinstance(COLLECTION.home, DebianPackages)
    return COLLECTION.home.packages_for(languages, source="libreoffice_help")


def test_packages_have_libreoffice_s_names_and_english_is_always_among_them() -> None:
    assert packages_for(["zh", "pt-BR"]) == {
        "en.zip": "libreoffice-help-en-us",
        "pt-BR.zip": "libreoffice-help-pt-br",
        "zh.zip": "libreoffice-help-zh-cn",
    }


def test_languages_without_help_are_left_out(tmp_path: Path) -> None:
    assert packages_for(["th", "en"]) == {"en.zip": "libreoffice-help-en-us"}
    page = {"en-US/a/b": page_of_one_pair()}
    assert [pair.lang for pair in pairs_of(tmp_path, page, ["en", "th"])] == ["en"]


def page_of_one_pair() -> bytes:
    return page(heading("hd_1", "Deleting entries"), paragraph("par_1", SENTENCE))


def test_a_language_without_pages_is_named(tmp_path: Path) -> None:
    (tmp_path / "en-US").mkdir()
    with pytest.raises(
        UserError, match=r"has neither de\.zip nor a folder de, expected LibreOffice.*; run the stage fetch"
    ):
        read_pairs(tmp_path, ["de"])
    with pytest.raises(UserError, match=r"en-US: has no page en-US/text/"):
        read_pairs(tmp_path, ["en"])
