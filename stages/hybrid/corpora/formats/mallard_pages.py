"""The markup of GNOME's help pages, Mallard XML: a page's headings and the text under each.

A page has a title, a one-line description in ``info/desc``, text, and sections with titles of their own. Translated
pages have the sections and blocks of the English page, remarks aside, in the same order.
"""

from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from stages.hybrid.languages import normalise_text

PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
MALLARD = "{http://projectmallard.org/1.0/}"
CONDITION = "{http://projectmallard.org/if/1.0/}"

# What is not a section's text: parts with headings of their own, links to other pages, code, pictures, tables, remarks.
SKIPPED = frozenset(
    {
        "info",
        "section",
        "links",
        "table",
        "code",
        "screen",
        "synopsis",
        "listing",
        "example",
        "media",
        "figure",
        "comment",
    }
)
UNSPOKEN = frozenset({f"{MALLARD}media", f"{MALLARD}comment"})  # within a sentence
JOINED = {f"{MALLARD}guiseq": " ▸ ", f"{MALLARD}keyseq": "+"}  # what stands between the parts of a sequence


class MallardSection(NamedTuple):
    """A heading and its passages: the text up to the next heading and, for a page, its one-line description."""

    key: str  # "0" for the page, then the sections in order
    heading: str
    passages: dict[str, dict[str, str]]  # blocks by place, by kind: "intro" and "desc" of a page, "section"


def parse_page(content: bytes) -> etree._Element | None:
    """Return the root of a page; None if it is not a well-formed Mallard page."""
    try:
        root = etree.fromstring(content, PARSER)
    except etree.XMLSyntaxError:
        return None
    return root if root.tag == f"{MALLARD}page" else None


def read_titles(root: etree._Element) -> dict[str, str]:
    """Return the titles of a page and of its sections, by their name in a link: ``page`` or ``page#section``."""
    page = root.get("id", "")
    titles = {}
    for element in [root, *root.iter(f"{MALLARD}section")]:
        title = element.find(f"{MALLARD}title")
        if title is not None:
            titles[page if element is root else f"{page}#{element.get('id')}"] = _text(title, {})
    return titles


def read_page(root: etree._Element, titles: dict[str, str]) -> list[MallardSection]:
    """Return a page's sections in reading order, the page itself first.

    Args:
        root: The root of the page's tree.
        titles: Titles of all pages in this language, from `read_titles`. A link without text shows its target's title.
    """
    sections = []
    for position, element in enumerate([root, *root.iter(f"{MALLARD}section")]):
        title = element.find(f"{MALLARD}title")
        if title is not None:
            passages = {"intro" if element is root else "section": _numbered(_blocks(element, titles))}
            if element is root:
                passages["desc"] = _numbered(
                    _text(desc, titles) for desc in root.iterfind(f"{MALLARD}info/{MALLARD}desc")
                )
            sections.append(MallardSection(str(position), _text(title, titles), passages))
    return sections


def _numbered(texts: Iterator[str]) -> dict[str, str]:
    return {str(place): text for place, text in enumerate(texts) if text}


def _blocks(parent: etree._Element, titles: dict[str, str], *, is_section: bool = True) -> Iterator[str]:
    """Yield the paragraphs and inner titles under an element; a section's own title is left out."""
    for element in _visible(parent):
        name = etree.QName(element)
        if f"{{{name.namespace}}}" not in (MALLARD, CONDITION) or name.localname in SKIPPED:
            continue
        if name.localname in ("p", "title"):
            if not (is_section and name.localname == "title"):
                yield _text(element, titles)
        else:
            yield from _blocks(element, titles, is_section=False)


def _visible(parent: etree._Element) -> list[etree._Element]:
    """Return an element's children; of a choice, the branch for plain GNOME, not for classic mode or the installer."""
    if parent.tag == f"{CONDITION}if":
        return []
    if parent.tag == f"{CONDITION}choose":
        plain = (branch for branch in parent if branch.tag == f"{CONDITION}else" or branch.get("test", "")[:1] == "!")
        return list(plain)[:1]
    return [child for child in parent if isinstance(child.tag, str)]  # no entities


def _text(element: etree._Element, titles: dict[str, str]) -> str:
    return normalise_text("".join(_pieces(element, titles)))


def _pieces(element: etree._Element, titles: dict[str, str]) -> Iterator[str]:
    """Yield the text within an element, without pictures and remarks."""
    yield element.text or ""
    if element.tag == f"{MALLARD}link" and not element.text and not len(element):
        yield _target(element, titles)
    for child in element:
        if isinstance(child.tag, str) and child.tag not in UNSPOKEN:
            yield JOINED.get(element.tag, "") if child.getprevious() is not None else ""
            yield from _pieces(child, titles)
        yield child.tail or ""


def _target(link: etree._Element, titles: dict[str, str]) -> str:
    """Return what a link without text shows: the title of its target, or its address."""
    xref = link.get("xref", "")
    if xref.startswith("#"):
        xref = link.getroottree().getroot().get("id", "") + xref
    return titles.get(xref) or titles.get(xref.partition("#")[0]) or link.get("href", "")
