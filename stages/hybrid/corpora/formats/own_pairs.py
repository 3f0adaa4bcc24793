"""The user's own training pairs, from JSONL or parquet."""

from pathlib import Path
from typing import Any

from stages.hybrid.corpora.formats.text_rows import lang_of, read_rows, text_of
from stages.hybrid.ground.errors import UserError
from stages.hybrid.records import Pair


def read_pairs(path: Path, languages: list[str]) -> list[Pair]:
    """Return the pairs in ``path`` in the file's order, in ``languages``; an empty list means all.

    ``path`` is a .jsonl or .parquet file, or a folder that holds exactly one. Its rows have ``group_id``, ``lang``,
    ``query`` and ``passage``. Without ``page_id``, the page is the group. A row that repeats another is dropped.

    Raises:
        UserError: There is no such file, a field is missing or not text, ``lang`` is no code of a language, or one
            group has two texts in one language. Or there are no pairs in ``languages``.
    """
    first: dict[tuple[str, str], tuple[str, Pair]] = {}
    for where, row in read_rows(_pairs_file(path)):
        pair = _pair_of(row, where)
        earlier, known = first.setdefault((pair.group_id, pair.lang), (where, pair))
        if pair != known:
            raise UserError(
                f"{where}: group {pair.group_id!r} has another text in {pair.lang!r} at {earlier}, expected one text; "
                "give one of the rows a new group_id"
            )
    pairs = [pair for _, pair in first.values() if not languages or pair.lang in languages]
    if not pairs:
        wanted = f" in {', '.join(languages)}" if languages else ""
        raise UserError(f"{path}: has no pairs{wanted}, expected some; check the file, and languages in params.yaml")
    return pairs


def _pairs_file(path: Path) -> Path:
    """Return ``path``, or the one .jsonl or .parquet file in it if it is a folder.

    Raises:
        UserError: The folder does not have exactly one such file, or ``path`` ends in something else.
    """
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.suffix in (".jsonl", ".parquet"))
        if len(found) != 1:
            raise UserError(f"{path}: has {len(found)} .jsonl or .parquet files, expected one; name the file itself")
        return found[0]
    if path.suffix not in (".jsonl", ".parquet"):
        raise UserError(f"{path}: ends in {path.suffix!r}, expected .jsonl or .parquet; rename or convert it")
    return path


def _pair_of(row: dict[str, Any], where: str) -> Pair:
    group_id = text_of(row, "group_id", where)
    page_id = group_id if row.get("page_id") is None else text_of(row, "page_id", where)
    lang = lang_of(row, where)
    return Pair(group_id, page_id, lang, *(text_of(row, key, where) for key in ("query", "passage")))
