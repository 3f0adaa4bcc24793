"""The format of GNU gettext's compiled catalogues (.mo): texts and their translations.

Source: GNU gettext's manual, "The Format of GNU MO Files".
"""

import struct
from collections.abc import Iterator

from stages.hybrid.ground.errors import UserError

BYTE_ORDERS = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}
PLURAL_END = "\0"  # between singular and plural


def read_catalogue(content: bytes, name: str) -> Iterator[tuple[str, str]]:
    """Yield (original, translation) of a catalogue in its order; of a plural, the first form.

    Args:
        content: The file's bytes.
        name: What an error calls it.

    Raises:
        UserError: The bytes are not a whole catalogue.
    """
    try:
        order = BYTE_ORDERS[content[:4]]
        count, originals, translations = struct.unpack_from(f"{order}3I", content, 8)
        for i in range(count):
            key, text = (_string(content, order, table + 8 * i) for table in (originals, translations))
            if key:  # the empty key stands for the file's header
                yield key, text
    except (KeyError, struct.error, UnicodeDecodeError, IndexError):
        raise UserError(
            f"{name}: is not a whole gettext catalogue; delete its archive and run the stage fetch"
        ) from None


def _string(content: bytes, order: str, entry: int) -> str:
    """Return the string that a table's entry (length, offset) points to; of a plural, the first form."""
    length, offset = struct.unpack_from(f"{order}2I", content, entry)
    if offset + length > len(content):
        raise IndexError(offset)
    return content[offset : offset + length].decode().partition(PLURAL_END)[0]
