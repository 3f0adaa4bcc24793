"""Parallel sentences from LibreOffice's catalogues; the catalogues are built by hand, byte for byte."""

import struct
import zipfile
from pathlib import Path

import pytest

from stages.hybrid.corpora.libreoffice_messages import COLLECTION, read_pairs
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Pair
from stages.hybrid.sources.packages import DebianPackages

HELLO = "Opens a dialog in which you choose a greeting."
HALLO = "Öffnet einen Dialog, in dem Sie einen Gruß wählen."
MARHABA = "يفتح حوارًا تختار فيه التحيّة المناسبة لك."


def catalogue(messages: dict[str, str], order: str = "<") -> bytes:
    """Return a gettext catalogue: header, two tables of (length, offset), then the strings, each closed by a zero."""
    strings = [text.encode() for text in [*messages, *messages.values()]]
    first = 28 + 8 * len(strings)
    offsets = [first + sum(len(s) + 1 for s in strings[:i]) for i in range(len(strings))]
    entries = [number for text, offset in zip(strings, offsets, strict=True) for number in (len(text), offset)]
    count = len(messages)
    header = struct.pack(f"{order}7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, first)
    return header + struct.pack(f"{order}{len(entries)}I", *entries) + b"".join(s + b"\0" for s in strings)


def write_language(folder: Path, lang: str, modules: dict[str, dict[str, str]], locale: str | None = None) -> None:
    with zipfile.ZipFile(folder / f"{lang}.zip", "w") as file:
        for module, messages in modules.items():
            file.writestr(f"usr/lib/resource/{locale or lang}/LC_MESSAGES/{module}.mo", catalogue(messages))


def test_a_message_and_its_translations_are_one_group_and_each_is_query_and_passage(tmp_path: Path) -> None:
    write_language(tmp_path, "de", {"sw": {f"hello|label\x04{HELLO}": HALLO}})
    write_language(tmp_path, "ar", {"sw": {f"hello|label\x04{HELLO}": MARHABA}})
    pairs = read_pairs(tmp_path, ["en", "de", "ar"])
    assert [(pair.lang, pair.query) for pair in pairs] == [("ar", MARHABA), ("de", HALLO), ("en", HELLO)]
    assert all(pair.passage == pair.query for pair in pairs)
    assert len({pair.group_id for pair in pairs}) == 1 and {pair.page_id for pair in pairs} == {"lo-ui/sw/hello"}


def test_a_message_of_several_dialogs_is_one_group_on_the_first_one_s_page_in_every_language(tmp_path: Path) -> None:
    both = {f"b_dialog|x\x04{HELLO}": HALLO, f"extended_tip|a_dialog\x04{HELLO}": HALLO}
    write_language(tmp_path, "de", {"sw": both})
    write_language(tmp_path, "ar", {"sw": {f"b_dialog|x\x04{HELLO}": MARHABA}})
    assert [(p.lang, p.page_id) for p in read_pairs(tmp_path, ["de", "ar"])] == [
        ("ar", "lo-ui/sw/a_dialog"),
        ("de", "lo-ui/sw/a_dialog"),
    ]


def messages_of(folder: Path, english: str, text: str) -> list[Pair]:
    write_language(folder, "de", {"sw": {f"dialog|x\x04{english}": text}})
    return read_pairs(folder, ["de"])


def test_access_keys_go_and_the_product_has_its_name(tmp_path: Path) -> None:
    (pair,) = messages_of(
        tmp_path, "_Start %PRODUCTNAME, and open the guide to it", "%PRODUCTNAME ~starten und das Handbuch öffnen"
    )
    assert pair.query == "LibreOffice starten und das Handbuch öffnen"


@pytest.mark.parametrize(
    ("english", "text"),
    [
        ("Too short", "Das hier ist lang genug für einen Satz."),
        (HELLO, "Zu kurz"),
        (HELLO, HELLO),
        (HELLO, f"{HELLO[:-1]}!"),
        ("The file $(ARG1) could not be opened again", "Die Datei $(ARG1) konnte nicht geöffnet werden"),
    ],
)
def test_short_untranslated_and_incomplete_messages_make_no_pair(tmp_path: Path, english: str, text: str) -> None:
    assert messages_of(tmp_path, english, text) == []


def test_packages_are_named_as_debian_names_them_and_english_needs_none() -> None:
    assert isinstance(COLLECTION.home, DebianPackages)
    assert COLLECTION.home.packages_for(["en", "de", "pt-BR", "zh", "sw"], source="messages") == {
        "de.zip": "libreoffice-l10n-de",
        "pt-BR.zip": "libreoffice-l10n-pt-br",
        "zh.zip": "libreoffice-l10n-zh-cn",
    }


def test_another_variety_in_the_same_package_is_not_read(tmp_path: Path) -> None:
    write_language(
        tmp_path, "ca", {"sw": {f"d|x\x04{HELLO}": "Obre un diàleg per triar una salutació."}}, "ca@valencia"
    )
    with pytest.raises(UserError, match=r"ca\.zip: has no ca/LC_MESSAGES/\*\.mo, expected LibreOffice's messages"):
        read_pairs(tmp_path, ["ca"])


def test_a_missing_archive_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"th\.zip: not found, expected an archive .*; run the stage fetch"):
        read_pairs(tmp_path, ["th"])
