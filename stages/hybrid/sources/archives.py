"""Reading raw files, whether they lie in a zip, a tar or a folder."""

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from stages.hybrid.ground.errors import UserError

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")


def find_archive(folder: Path) -> Path | None:
    """Return the first archive in a raw folder, by name; None if the folder holds none.

    Raises:
        UserError: The folder does not exist.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: not found, expected a folder of raw files; run the stage fetch, or `dvc repro`")
    return next((path for path in sorted(folder.iterdir()) if path.name.lower().endswith(ARCHIVES)), None)


def read_pages(source: Path, keep: Callable[[str], bool] = lambda _: True) -> Iterator[tuple[str, bytes]]:
    """Yield (path within the source, content) of each file in a zip, a tar or a folder, sorted by path.

    Args:
        source: The archive or the folder.
        keep: Returns whether to read the file at a path.

    Raises:
        UserError: ``source`` does not exist, or is neither a folder nor a whole archive.
    """
    try:
        if source.is_dir():
            yield from _read_folder(source, keep)
        elif zipfile.is_zipfile(source):
            yield from _read_zip(source, keep)
        else:
            yield from _read_tar(source, keep)
    except FileNotFoundError:
        raise UserError(
            f"{source}: not found, expected an archive or a folder; run the stage fetch, or `dvc repro`"
        ) from None
    except (zipfile.BadZipFile, tarfile.TarError) as error:
        raise UserError(
            f"{source}: is not a whole zip or tar archive ({error}); delete it and run the stage fetch"
        ) from None


def _read_folder(folder: Path, keep: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if keep(name) and path.is_file() and not path.is_symlink():
            yield name, path.read_bytes()


def _read_zip(archive: Path, keep: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as file:
        for name in sorted(name for name in file.namelist() if keep(name) and not name.endswith("/")):
            yield name, file.read(name)


def _read_tar(archive: Path, keep: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    # Read through once, then sort: going back in a compressed tar means unpacking it again.
    with tarfile.open(archive) as file:
        members = ((member, file.extractfile(member)) for member in file if member.isfile() and keep(member.name))
        pages = {member.name: content.read() for member, content in members if content is not None}
    yield from sorted(pages.items())
