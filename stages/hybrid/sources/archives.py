"""Reading raw files, whether they lie in a zip, a tar or a folder."""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from stages.hybrid.ground.errors import UserError, first_line

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")
MOST_BYTES = 2**30  # of unpacked pages that are read from one archive
BROKEN = (  # what is raised for an archive that is damaged, cut off, encrypted or packed in an unknown way
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,  # a name that is not UTF-8
)


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
        UserError: ``source`` does not exist, or is neither a folder nor a whole archive. Or it is an archive whose
            pages have more than `MOST_BYTES`.
    """
    if source.is_dir():
        yield from _read_folder(source, keep)
        return
    try:
        yield from _read_zip(source, keep) if zipfile.is_zipfile(source) else _read_tar(source, keep)
    except FileNotFoundError:
        raise UserError(
            f"{source}: not found, expected an archive or a folder; run the stage fetch, or `dvc repro`"
        ) from None
    except BROKEN as error:
        raise UserError(
            f"{source}: is not a whole zip or tar archive ({first_line(error)}); delete it and run the stage fetch"
        ) from None


def check_size(source: Path, size: int) -> None:
    """Check how many bytes of pages an archive or a package has when it is unpacked.

    Raises:
        UserError: ``size`` is more than `MOST_BYTES`.
    """
    if size > MOST_BYTES:
        raise UserError(
            f"{source}: has more than {MOST_BYTES} bytes of pages, expected fewer; check that it is the right file"
        )


def _read_folder(folder: Path, keep: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if keep(name) and path.is_file() and not path.is_symlink():
            yield name, path.read_bytes()


def _read_zip(archive: Path, keep: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as file:
        names = sorted(name for name in file.namelist() if keep(name) and not name.endswith("/"))
        check_size(archive, sum(file.getinfo(name).file_size for name in names))
        for name in names:
            yield name, file.read(name)


def _read_tar(archive: Path, keep: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    # Read through once, then sort: going back in a compressed tar means unpacking it again.
    pages, size = {}, 0
    with tarfile.open(archive) as file:
        for member in file:
            if member.isfile() and keep(member.name):
                size += member.size
                check_size(archive, size)
                content = file.extractfile(member)
                pages[member.name] = content.read() if content else b""
    yield from sorted(pages.items())
