"""The format of GNU gettext's compiled catalogues (.mo): texts and their translations.

Source: GNU gettext's manual, "The Format of GNU MO Files".
"""

import struct
from collections.abc import Iterator

from stages.hybrid.ground.errors import UserError

MAJOR_VERSIONS = (0, 1)  # that gettext's own readers accept
BYTE_ORDERS = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}
PLURAL_END = "\0"  # between singular and plural


def read_catalogue(content: bytes, name: str) -> Iterator[tuple[str, str]]:
    """Yield (original, translation) of a catalogue in its order; of a plural, the first form.

    Args:
        content: The file's bytes.
        name: What an error calls it.

    Raises:
        UserError: The bytes are not a whole catalogue, or its major version is not one of `MAJOR_VERSIONS`.
    """
    try:
        order = BYTE_ORDERS[content[:4]]
        version, count, originals, translations = struct.unpack_from(f"{order}4I", content, 4)
        major = version >> 16  # the lower 16 bits are the minor version
        if major not in MAJOR_VERSIONS:
            raise UserError(
                f"{name}: is a gettext catalogue of major version {major}, expected 0 or 1; delete its archive and run "
                "the stage fetch"
            )
        for i in range(count):
            key, text = (_string(content, order, table + 8 * i) for table in (originals, translations))
            if key:  # the empty key stands for the file's header
                yield key, text
    except (KeyError, struct.error, UnicodeDecodeError, IndexError):
        raise UserError(
            f"{name}: is not a whole gettext catalogue; delete its archive and run the stage fetch"
        ) from None


def _string(content: bytes, order: str, entry: int) -> str:
    """Return the string that a table's entry (length, offset) points to; of a plural, the first form.

    Raises:
        IndexError: The string ends after the content.
    """
    length, offset = struct.unpack_from(f"{order}2I", content, entry)
    if offset + length > len(content):
        raise IndexError(offset)
    return content[offset : offset + length].decode().partition(PLURAL_END)[0]
