"""The markup of LibreOffice's help pages (7.4 to 25.2): a page's own headings and the text under each.

The text is in ``div#DisplayArea``, as a sequence of headings and paragraphs with ids. Parts of other pages are in
``div.embedded``. What differs between systems or applications is in ``span.switch`` and ``span.switchinline``. These
have a branch for each and, mostly, a default, all hidden until a script picks one.
"""

from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from stages.hybrid.languages import normalise_text

PARSER = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
HEADINGS = {f"h{level}": level for level in range(1, 7)}

# Parts of a page that are not its text: ways to a command, links, code, pictures, tables.
SKIPPED_TAGS = frozenset({"table", "pre", "script", "noscript", "img", "meta"})
SKIPPED_CLASSES = frozenset({"howtoget", "bascode", "pycode", "sqlcode", "noteicon"})
RELATED = frozenset({"relatedtopics", "related"})
SKIPPED_PARAGRAPHS = RELATED | {"code", "smathcode", "codeintable", "image", "imageintable", "howtogetheader"}
SWITCHES = frozenset({"switch", "switchinline"})
SYSTEMS = frozenset({"MAC", "WIN", "UNIX"})
MARKED = frozenset({"menuitem", "emph", "keycode", "widget"})  # classes of the spans that menu paths are written in
BARE_SHARE = 0.5  # a paragraph with more of its characters in menu paths is not text
LINK_SHARE = 0.9  # neither is one with more of them in links


class Paragraph(NamedTuple):
    """A block of text, and whether it is only a menu path, a label beside an icon, or links."""

    text: str
    is_bare: bool


class LibreOfficeSection(NamedTuple):
    """A heading with an id, the heading above it ("" for the first), and its paragraphs by id."""

    key: str
    heading: str
    parent: str
    paragraphs: dict[str, Paragraph]


def read_page(content: bytes) -> list[LibreOfficeSection]:
    """Return a page's own sections in reading order; those without a heading's id, text or paragraphs are left out."""
    tree = etree.fromstring(content, PARSER) if content.strip() else None
    area = tree.find(".//div[@id='DisplayArea']") if tree is not None else None
    sections: list[LibreOfficeSection] = []
    above: dict[int, str] = {}  # the headings above the current one, by level
    current: dict[str, Paragraph] = {}
    for element in _walk(area) if area is not None else ():
        place = element.get("id")
        if _is_own_paragraph(element):
            current.setdefault(place, _paragraph(element))
            continue
        current = {}  # what follows an embedded heading belongs to no section
        if level := HEADINGS.get(element.tag):
            heading = _text(element)
            above = {other: text for other, text in above.items() if other < level}
            parent = above[max(above)] if above else ""
            above[level] = heading
            if heading and place and all(section.key != place for section in sections):
                sections.append(LibreOfficeSection(place, heading, parent, current))
    return [section for section in sections if section.paragraphs]


def _walk(parent: etree._Element) -> Iterator[etree._Element]:
    """Yield the page's own headings and paragraphs, and any other element that ends a section."""
    for element in _visible(parent):
        kind = element.get("class")
        if element.tag in SKIPPED_TAGS or kind in SKIPPED_CLASSES:
            continue
        if _ends_section(element) or _is_own_paragraph(element):
            yield element
        elif element.tag != "p" and kind != "embedded":
            yield from _walk(element)


def _ends_section(element: etree._Element) -> bool:
    """Return whether an element is a heading, a part of another page with a heading, or starts the related topics."""
    if element.get("class") == "embedded":
        return any(inner.tag in HEADINGS for inner in element.iterdescendants())
    return element.tag in HEADINGS or element.get("class") in RELATED


def _is_own_paragraph(element: etree._Element) -> bool:
    """Return whether an element is a paragraph of text; parts of other pages without a heading have no id."""
    return element.tag == "p" and element.get("id") is not None and element.get("class") not in SKIPPED_PARAGRAPHS


def _visible(element: etree._Element) -> list[etree._Element]:
    """Return an element's children; of a switch, the default branch.

    If several applications' branches have no default beside them, the first is used, because the sentence needs one.
    """
    if element.get("class") not in SWITCHES:
        return list(element)
    for branch in element:
        if branch.get("id", "").startswith("default"):
            return [branch]
    branches = [branch for branch in element if branch.get("class") not in SYSTEMS]
    return branches[:1] if len(branches) > 1 else []


def _text(element: etree._Element) -> str:
    return normalise_text("".join(_pieces(element)))


def _pieces(element: etree._Element) -> Iterator[str]:
    """Yield the visible text within an element, a line break as a space."""
    if element.tag == "br":
        yield " "
    yield element.text or ""
    switch = element.get("class") in SWITCHES
    for child in _visible(element):
        yield from _pieces(child)
        if not switch:
            yield child.tail or ""


def _paragraph(element: etree._Element) -> Paragraph:
    text = _text(element)
    return Paragraph(text, _is_bare(element, text))


def _is_bare(element: etree._Element, text: str) -> bool:
    """Return whether a paragraph is not text but a menu path, links, or the label of an icon."""
    links = sum(len(_text(link)) for link in element.iter("a") if link.get("href"))
    marked = [_text(span) for span in element.iter("span") if span.get("class") in MARKED]
    paths = sum(map(len, marked)) if any(" - " in text or " ▸ " in text for text in marked) else 0
    is_label = element.getparent().get("class") == "iconcell" and not text.endswith(".")
    return is_label or links >= LINK_SHARE * len(text) or paths >= BARE_SHARE * len(text)
