"""Blocks as Markdown and HTML, read by an independent Markdown reader and by Python's HTML parser."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from stages.hybrid.report.pages import Block, Code, Heading, Paragraph, Picture, Table, to_html, to_markdown

HOSTILE = "`|<>&\"'\\*_[]()#~!-+1.ab :="
texts = st.text(st.sampled_from(HOSTILE), min_size=1, max_size=9).map(str.strip).filter(bool)
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class Shown(HTMLParser):
    """Collects the text that a page shows, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def without_code_marks(text: str) -> str:
    """Return ``text`` as a reader sees it: without backquotes around code, and with single spaces."""
    return " ".join(re.sub(r"`([^`]*)`", r"\1", text).split())


def is_plain(text: str) -> bool:
    """Return whether ``text`` has no empty code, which Markdown cannot write."""
    return "``" not in text and not re.search(r"` *`", text)


@given(texts.filter(is_plain))
def test_markdown_shows_a_text_unchanged_and_nothing_in_it_becomes_a_tag(text: str) -> None:
    code = ["code"] * len(re.findall(r"`[^`]*`", text))
    for block, tag in ((Paragraph(text), "p"), (Heading(2, text), "h2")):
        shown = Shown(READER.render(to_markdown([block], pictures="plots")))
        assert " ".join(shown.text.split()) == without_code_marks(text)
        assert shown.tags == [tag, *code]


@given(texts.filter(is_plain))
def test_a_markdown_table_keeps_its_cells_whatever_is_in_them(text: str) -> None:
    table = Table(["name", "value"], [[text, "1"]])
    shown = Shown(READER.render(to_markdown([table], pictures="plots")))
    assert shown.tags.count("td") == 2
    assert " ".join(shown.text.split()) == f"name value {without_code_marks(text)} 1"


@given(texts)
def test_html_shows_a_text_unchanged_and_nothing_in_it_becomes_a_tag(text: str) -> None:
    blocks: list[Block] = [Paragraph(text), Table(["name"], [[text]]), Picture("x", '<svg width="1"></svg>', text)]
    page = to_html(blocks)
    shown = Shown(page[page.index("<body>") :])
    assert set(shown.tags) <= {"body", "p", "code", "div", "table", "thead", "tbody", "tr", "th", "td", "figure", "svg"}
    assert shown.text.count(re.sub(r"`([^`]*)`", r"\1", text)) >= 2


def test_only_a_link_to_https_or_to_a_page_or_table_beside_the_report_is_one() -> None:
    blocks: list[Block] = [Paragraph("see [the paper](https://arxiv.org/abs/1) and [this](javascript:alert(1))")]
    page = to_html(blocks)
    assert '<a href="https://arxiv.org/abs/1">the paper</a>' in page
    assert "<a href=" in page and page.count("<a ") == 1
    assert "[the paper](https://arxiv.org/abs/1)" in to_markdown(blocks, pictures="plots")
    assert Shown(READER.render(to_markdown(blocks, pictures="plots"))).tags == ["p", "a"]
    beside: list[Block] = [Paragraph("[run.md](run.md), [a_b](tables/a_b.csv) and [no](../x.md), [no](file:///x.md)")]
    page = to_html(beside)
    assert '<a href="run.md">run.md</a>, <a href="tables/a_b.csv">a_b</a>' in page and page.count("<a ") == 2
    assert Shown(READER.render(to_markdown(beside, pictures="plots"))).tags == ["p", "a", "a"]


def test_code_is_shown_line_by_line_and_escaped_in_html() -> None:
    blocks: list[Block] = [Code('print("<b>")\nprint(1)')]
    assert to_markdown(blocks, pictures="plots") == '```python\nprint("<b>")\nprint(1)\n```\n'
    assert "<pre><code>print(&#34;&lt;b&gt;&#34;)\nprint(1)</code></pre>" in to_html(blocks)


@pytest.mark.parametrize("text", ["1. first", "- item", "+ item", "# head", "&lt;b&gt;", "lone ` <script>"])
def test_characters_that_markdown_reads_as_marks_are_shown_unchanged(text: str) -> None:
    shown = Shown(READER.render(to_markdown([Paragraph(text)], pictures="plots")))
    assert (shown.text.strip(), shown.tags) == (text, ["p"])
