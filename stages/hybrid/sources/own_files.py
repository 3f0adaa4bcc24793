"""Files of the user's own: a folder, an archive or one file, as fetch.folders names it."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.files import sha256_of, whole_folder
from stages.hybrid.ground.layout import SOURCE_FILE
from stages.hybrid.sources.home import Home


@dataclass(frozen=True)
class OwnFiles(Home):
    """The user's own folder, archive or file, which is copied.

    Attributes:
        path: What to copy.
        pinned: What fixes the files' bytes, in words.
    """

    path: Path
    pinned: ClassVar[str] = "nothing: the files are copied as they are"

    def origin(self, mirror: Path | None) -> str:
        """Return "the user's own"."""
        return "the user's own"

    def fetch(self, folder: Path, languages: list[str], mirror: Path | None) -> dict[str, dict[str, str]]:
        """Replace ``folder`` by a copy, whatever ``languages`` and ``mirror`` are; return the checksums by path.

        Raises:
            UserError: ``path`` does not exist, or a link in it leads out of it.
        """
        if not self.path.exists():
            raise UserError(
                f"{self.path}: not found, expected a folder, an archive or a file; correct it in fetch.folders"
            )
        root, paths = (self.path.parent, [self.path]) if self.path.is_file() else (self.path, files_within(self.path))
        files = {}
        with whole_folder(folder) as partial:
            for path in paths:
                name = path.relative_to(root).as_posix()
                (partial / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, partial / name)
                files[name] = {"sha256": sha256_of(partial / name)}
        return files


def files_within(folder: Path) -> list[Path]:
    """Return the files in a folder, sorted, without SOURCE.json; linked folders in it are left out.

    Raises:
        UserError: A link leads out of the folder.
    """
    root = folder.resolve()
    paths = sorted(path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    for path in paths:
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            raise UserError(
                f"{path}: leads to {path.resolve()}, expected files within {folder}; put a copy in place of the link"
            )
    return [path for path in paths if path.is_file() and path.relative_to(folder).as_posix() != SOURCE_FILE]
