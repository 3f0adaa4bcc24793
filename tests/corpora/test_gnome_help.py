"""The benchmark made of GNOME's help pages; the pages here are cut from real ones."""

from pathlib import Path

import pytest
from lxml import etree

from stages.hybrid.corpora.formats.mallard_pages import parse_page, read_page, read_titles
from stages.hybrid.corpora.gnome_help import is_page, read_benchmark
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Benchmark

PAGE = """<?xml version="1.0" encoding="utf-8"?>
<page xmlns="http://projectmallard.org/1.0/" xmlns:its="http://www.w3.org/2005/11/its"
      xmlns:if="http://projectmallard.org/if/1.0/" type="topic" style="task" id="{name}">
  <info>
    <link type="guide" xref="files#common-file-tasks"/>
    <credit type="author"><name>Shaun McCance</name></credit>
    <include href="legal.xml" xmlns="http://www.w3.org/2001/XInclude"/>
    <title type="link" role="trail">Trail</title>
    <desc>{desc}</desc>
  </info>
  <title>{title}</title>
{body}
</page>"""


def page(title: str, body: str = "", desc: str = "", name: str = "files-rename") -> bytes:
    return PAGE.format(title=title, body=body, desc=desc, name=name).encode()


def root_of(content: bytes) -> etree._Element:
    root = parse_page(content)
    assert root is not None
    return root


def intro(body: str, titles: dict[str, str] | None = None) -> list[str]:
    return list(read_page(root_of(page("Rename a file", body)), titles or {})[0].passages["intro"].values())


def long(text: str) -> str:
    return f"{text} and so on, in words enough to make a passage."


def write_pages(folder: Path, pages: dict[str, bytes]) -> None:
    """Write pages by their path, as ``C/files``."""
    for path, content in pages.items():
        lang, _, name = path.partition("/")
        file = folder / lang / "gnome-help" / f"{name}.page"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def benchmark_of(folder: Path, pages: dict[str, bytes], languages: tuple[str, ...] = ()) -> Benchmark:
    write_pages(folder, pages)
    return read_benchmark(folder, languages)


def relevant(benchmark: Benchmark, query_id: str) -> list[str]:
    return list(benchmark.qrels.loc[benchmark.qrels["query_id"] == query_id, "passage_id"])


# One page's markup


def test_a_page_has_an_introduction_a_description_and_its_sections() -> None:
    inner = "<section><title>Slash</title><p>No.</p></section>"
    body = f"<p>Rename it.</p><section><title>Valid characters</title><p>Any.</p>{inner}</section>"
    sections = read_page(root_of(page("Rename a file", body, desc="Change file names.")), {})
    assert [tuple(section) for section in sections] == [
        ("0", "Rename a file", {"intro": {"0": "Rename it."}, "desc": {"0": "Change file names."}}),
        ("1", "Valid characters", {"section": {"0": "Any."}}),
        ("2", "Slash", {"section": {"0": "No."}}),
    ]


def test_steps_terms_and_notes_are_text_with_their_titles() -> None:
    body = """<steps><title>To rename:</title><item><p>Press <key>F2</key>.</p></item></steps>
        <terms><item><title>Too long</title><p>Use <em>fewer</em>
        characters.</p></item></terms><note style="tip"><p>Undo it.</p></note>"""
    assert intro(body) == ["To rename:", "Press F2.", "Too long", "Use fewer characters.", "Undo it."]


def test_code_tables_pictures_links_and_remarks_are_no_text() -> None:
    body = """<comment><p>Draft</p></comment><p>Run <cmd>ls</cmd><media src="a.svg"> ls icon</media> now.</p>
        <code>rm</code><screen>x</screen><table><tr><td><p>cell</p></td></tr></table><figure><title>t</title></figure>
        <listing><title>File</title><code>a</code></listing><links type="topic"><title>M</title></links><!-- no -->"""
    assert intro(body) == ["Run ls now."]


def test_of_a_choice_the_branch_for_plain_gnome_is_read() -> None:
    body = """<if:choose><if:when test="!platform:gnome-classic"><p>a</p></if:when>
        <if:when test="platform:gnome-classic"><p>b</p></if:when></if:choose>
        <if:choose><if:when test="action:install"><p>c</p></if:when><if:else><p>d</p></if:else></if:choose>
        <if:if test="action:install"><p>e</p></if:if>"""
    assert intro(body) == ["a", "d"]


def test_keys_and_menus_in_a_row_are_joined() -> None:
    body = "<p><keyseq><key>Ctrl</key><key>Z</key></keyseq> or <guiseq><gui>Edit</gui><gui>Undo</gui></guiseq></p>"
    assert intro(body) == ["Ctrl+Z or Edit ▸ Undo"]


def test_a_link_without_text_shows_the_title_of_its_goal() -> None:
    links = '<link xref="#ways"/>, <link xref="b"/>, <link href="http://x.org"/>'
    body = f'<section id="ways"><title>Ways</title></section><p>See {links}.</p>'
    titles = read_titles(root_of(page("Rename a file", body))) | {"b": "B page"}
    assert intro(body, titles) == ["See Ways, B page, http://x.org."]


def test_nothing_outside_a_page_is_read_into_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    body = (
        f"""<p>a &file; b</p><include href="{tmp_path}/secret" parse="text" xmlns="http://www.w3.org/2001/XInclude"/>"""
    )
    doctype = f'<!DOCTYPE page [<!ENTITY file SYSTEM "{tmp_path}/secret">]><page'
    content = page("Rename a file", body).replace(b"<page", doctype.encode(), 1)
    assert list(read_page(root_of(content), {})[0].passages["intro"].values()) == ["a b"]


@pytest.mark.parametrize("content", [b"", b"<page", b"<page xmlns='urn:other'/>"])
def test_what_is_no_mallard_page_is_passed_over(content: bytes) -> None:
    assert parse_page(content) is None


# Pages of several languages

ENGLISH = page("Rename a file", f"<p>{long('You can rename')}</p>", desc=long("Change names"))
GERMAN = page("Eine Datei umbenennen", f"<p>{long('Sie können')}</p>", desc=long("Namen ändern"))


def test_a_query_s_relevant_passages_are_those_under_its_heading_in_every_language(tmp_path: Path) -> None:
    benchmark = benchmark_of(tmp_path, {"C/files": ENGLISH, "de/files": GERMAN})
    assert list(benchmark.queries.itertuples(index=False, name=None)) == [
        ("gnome-help/files#0:de", "gnome-help/files#0", "de", "Eine Datei umbenennen", "gnome-help/files"),
        ("gnome-help/files#0:en", "gnome-help/files#0", "en", "Rename a file", "gnome-help/files"),
    ]
    assert list(benchmark.passages["passage_id"]) == [
        "gnome-help/files#0/desc:de",
        "gnome-help/files#0/intro:de",
        "gnome-help/files#0/desc:en",
        "gnome-help/files#0/intro:en",
    ]
    for lang in ("de", "en"):
        assert relevant(benchmark, f"gnome-help/files#0:{lang}") == sorted(benchmark.passages["passage_id"])
    assert set(benchmark.qrels["relevance"]) == {1}


def test_a_language_s_pages_take_no_part_unless_it_is_asked_for(tmp_path: Path) -> None:
    benchmark = benchmark_of(tmp_path, {"C/files": ENGLISH, "de/files": GERMAN}, ("de",))
    assert set(benchmark.queries["lang"]) == set(benchmark.passages["lang"]) == {"de"}
    assert len(benchmark.qrels) == 2


def test_what_was_left_in_english_is_dropped_block_by_block(tmp_path: Path) -> None:
    note = "<note><p>Undo it.</p></note>"
    english = page("Rename a file", f"<p>{long('You can rename')}</p>{note}", desc=long("Change names"))
    german = page("Umbenennen", f"<p>{long('Sie können')}</p>{note}", desc=long("Change names"))
    french = page("Rename a file", f"<p>{long('Vous pouvez')}</p>", desc=long("Changer"))
    benchmark = benchmark_of(tmp_path, {"C/files": english, "de/files": german, "fr/files": french})
    passages = dict(zip(benchmark.passages["passage_id"], benchmark.passages["text"], strict=True))
    assert passages["gnome-help/files#0/intro:de"] == long("Sie können")
    assert "gnome-help/files#0/desc:de" not in passages
    assert "fr" not in set(benchmark.queries["lang"]) | set(benchmark.passages["lang"])


def test_a_remark_that_a_translation_lacks_shifts_nothing(tmp_path: Path) -> None:
    english = page("Rename a file", f"<comment><p>Draft</p></comment><p>{long('You can rename')}</p><p>To undo:</p>")
    german = page("Umbenennen", f"<p>{long('You can rename')}</p><p>To undo:</p>")
    assert "de" not in set(benchmark_of(tmp_path, {"C/files": english, "de/files": german}).passages["lang"])


def test_a_heading_in_two_places_is_no_query_but_its_passages_stay(tmp_path: Path) -> None:
    pages = {
        f"C/{name}": page(
            name, f"<section><title>Common problems!</title><p>{long(name)}</p></section><p>{long(name * 2)}</p>"
        )
        for name in ("Files", "Disks")
    }
    benchmark = benchmark_of(tmp_path, pages)
    assert sorted(benchmark.queries["text"]) == ["Disks", "Files"]
    assert "gnome-help/Files#1/section:en" in set(benchmark.passages["passage_id"])


def test_the_same_passage_twice_in_a_language_is_one_relevant_to_both_queries(tmp_path: Path) -> None:
    pages = {f"C/{name}": page(name, f"<p>{long('The same')}</p>") for name in ("Files", "Disks")}
    benchmark = benchmark_of(tmp_path, pages)
    assert list(benchmark.passages["passage_id"]) == ["gnome-help/Disks#0/intro:en"]
    for name in ("Files", "Disks"):
        assert relevant(benchmark, f"gnome-help/{name}#0:en") == ["gnome-help/Disks#0/intro:en"]


def test_passages_under_thirty_characters_are_dropped_twelve_in_chinese(tmp_path: Path) -> None:
    pages = {
        "C/files": ENGLISH,
        "zh_CN/files": page("重命名", f"<p>{'字' * 12}</p>", desc="字" * 11),
        "de/files": page("Umbenennen", f"<p>{'x' * 29}</p>", desc="x" * 30),
    }
    benchmark = benchmark_of(tmp_path, pages, ("zh", "de"))
    assert list(benchmark.passages["passage_id"]) == ["gnome-help/files#0/desc:de", "gnome-help/files#0/intro:zh"]


def test_tables_have_unique_ids_and_stand_in_their_stated_order(tmp_path: Path) -> None:
    pages = {
        f"{lang}/{name}": page(f"{lang} {name}", f"<p>{long(lang + name)}</p>")
        for lang in ("C", "zh_CN", "de")
        for name in "ba"
    }
    benchmark = benchmark_of(tmp_path, pages)
    for table, key in ((benchmark.queries, "query_id"), (benchmark.passages, "passage_id")):
        assert table[key].is_unique
        assert table.equals(table.sort_values(["lang", key], ignore_index=True))
    assert not benchmark.qrels.duplicated().any()


def test_pages_are_known_by_their_path() -> None:
    assert is_page("usr/share/help/sr@latin/system-admin-guide/login.page")
    assert not is_page("usr/share/help/de/gnome-help/figures/login.page")
    assert not is_page("usr/share/help/de/gnome-help/legal.xml")


def test_a_language_that_the_pages_lack_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has pages in de, en, expected 'th' too; run the stage fetch"):
        benchmark_of(tmp_path, {"C/files": ENGLISH, "de/files": GERMAN}, ("th",))


def test_a_folder_that_is_not_named_by_a_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the folder Deutsch: lang is 'Deutsch', expected .*; rename the folder"):
        benchmark_of(tmp_path, {"C/files": ENGLISH, "Deutsch/files": GERMAN})


def test_a_folder_s_region_or_variant_is_part_of_the_language_s_code(tmp_path: Path) -> None:
    benchmark = benchmark_of(tmp_path, {"C/files": ENGLISH, "de_AT/files": GERMAN, "ca@valencia/files": GERMAN})
    assert set(benchmark.queries["lang"]) == {"en", "de-AT", "ca-valencia"}


def test_a_folder_without_pages_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has pages in no language, expected 'en' too"):
        read_benchmark(tmp_path)
