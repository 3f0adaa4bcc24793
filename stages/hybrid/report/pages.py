"""Blocks of a report, and how they become Markdown or one self-contained HTML page (page.html.j2)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


@dataclass(frozen=True)
class Heading:
    """A heading. Level 1 is the page's title."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text. Words between backquotes are code, and [words](https://...) or [words](FILE.md) is a link."""

    text: str


@dataclass(frozen=True)
class Table:
    """Cells as they are shown. The first ``text_columns`` columns are text, the others are numbers, aligned right."""

    columns: list[str]
    rows: list[list[str]]
    text_columns: int = 1


@dataclass(frozen=True)
class Picture:
    """An SVG picture, and in words what it shows. ``name`` is the name of its file without the ending."""

    name: str
    svg: str
    words: str


@dataclass(frozen=True)
class Code:
    """Lines of Python, shown unchanged. No line begins with three backquotes."""

    text: str


Block = Heading | Paragraph | Table | Picture | Code

# A link leads to a public page, or to a Markdown or CSV file in the folder of the page.
CODE_OR_LINK = re.compile(r"`([^`]*)`|\[([^\]`]*)\]\((https://[^\s()<>`|\\]+|[\w/]+\.(?:csv|md))\)")
# Characters that Markdown reads as marks. An underscore within a word is not a mark.
MARKS = re.compile(r"[\\`*<>\[\]|#&~]|(?<!\w)_|_(?!\w)|^[-+](?=[-\s]|$)|!$")
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def to_html(blocks: Sequence[Block]) -> str:
    """Return the blocks as one HTML page that needs no other file. Every text is escaped."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "Report")
    kinds = [(type(block).__name__, block) for block in blocks]
    return TEMPLATES.get_template("page.html.j2").render(title=title, blocks=kinds, pieces=_pieces) + "\n"


def to_markdown(blocks: Sequence[Block], *, pictures: str) -> str:
    """Return the blocks as Markdown. Every text is escaped, and pictures are links to ``pictures``/NAME.svg."""
    return "\n\n".join(_markdown(block, pictures) for block in blocks) + "\n"


def _pieces(text: str) -> Iterator[tuple[str, str | None, str | None, str | None]]:
    """Yield (text, code, words of a link, its address): each piece of text with the code or the link after it."""
    parts = [*CODE_OR_LINK.split(text), None, None, None]
    return zip(*[iter(parts)] * 4, strict=True)


def _markdown(block: Block, pictures: str) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {_inline(text)}"
        case Paragraph(text):
            return _inline(text)
        case Code(text):
            return f"```python\n{text}\n```"
        case Picture(name, _, words):
            return f"![{_escaped(words)}]({pictures}/{name}.svg)"
        case Table(columns, rows, text_columns):
            rule = ["---" if i < text_columns else "---:" for i in range(len(columns))]
            lines = [[_cell(cell) for cell in row] for row in (columns, *rows)]
            return "\n".join(f"| {' | '.join(line)} |" for line in (lines[0], rule, *lines[1:]))


def _inline(text: str) -> str:
    marked = ""
    for plain, code, words, url in _pieces(" ".join(text.split())):
        marked += _escaped(plain)
        if code:
            marked += f"`{code}`"
        elif words is not None:
            marked += f"[{_escaped(words)}]({url})"
    return re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", marked)  # so that it is not an item of a list


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\|", _inline(text))  # a bar would end the cell, even within code


def _escaped(text: str) -> str:
    return MARKS.sub(r"\\\g<0>", text)
