"""Compiled gettext catalogues, built by hand, byte for byte."""

import gettext
import io
import struct

import pytest

from stages.hybrid.corpora.formats.gettext_catalogue import read_catalogue
from stages.hybrid.ground.errors import UserError


def catalogue(messages: dict[str, str], order: str = "<", version: int = 0) -> bytes:
    """Return a gettext catalogue: header, two tables of (length, offset), then the strings, each closed by a zero."""
    strings = [text.encode() for text in [*messages, *messages.values()]]
    first = 28 + 8 * len(strings)
    offsets = [first + sum(len(s) + 1 for s in strings[:i]) for i in range(len(strings))]
    entries = [number for text, offset in zip(strings, offsets, strict=True) for number in (len(text), offset)]
    count = len(messages)
    header = struct.pack(f"{order}7I", 0x950412DE, version, count, 28, 28 + 8 * count, 0, first)
    return header + struct.pack(f"{order}{len(entries)}I", *entries) + b"".join(s + b"\0" for s in strings)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_catalogue_of_either_byte_order_is_read_as_gettext_reads_it(order: str) -> None:
    messages = {"": "Content-Type: text/plain; charset=UTF-8\n", "a\x04one": "eins", "b\x04two\0twos": "zwei\0zwein"}
    content = catalogue(messages, order)
    assert list(read_catalogue(content, "x.mo")) == [("a\x04one", "eins"), ("b\x04two", "zwei")]
    peer = gettext.GNUTranslations(io.BytesIO(content))
    assert [peer.pgettext("a", "one"), peer.npgettext("b", "two", "twos", 1)] == ["eins", "zwei"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 is a zip", catalogue({"a\x04one": "eins"})[:-9]])
def test_bytes_that_are_not_a_whole_catalogue_are_refused(content: bytes) -> None:
    with pytest.raises(UserError, match=r"x\.mo: is not a whole gettext catalogue; delete its archive and run"):
        list(read_catalogue(content, "x.mo"))


@pytest.mark.parametrize("major", [0, 1])
def test_both_known_major_versions_are_read(major: int) -> None:
    content = catalogue({"a\x04one": "eins"}, version=major << 16)
    assert list(read_catalogue(content, "x.mo")) == [("a\x04one", "eins")]


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_catalogue_of_an_unknown_major_version_is_refused_as_gettext_refuses_it(order: str) -> None:
    content = catalogue({"a\x04one": "eins"}, order, version=2 << 16)
    with pytest.raises(UserError, match=r"x\.mo: is a gettext catalogue of major version 2, expected 0 or 1;"):
        list(read_catalogue(content, "x.mo"))
    with pytest.raises(OSError, match="Bad version number 2"):
        gettext.GNUTranslations(io.BytesIO(content))
