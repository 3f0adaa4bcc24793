"""Section ``fetch`` of params.yaml."""

import os
from pathlib import Path

from stages.hybrid.ground.params import Section


class FetchParams(Section):
    """Where raw files come from, if not from their public homes.

    Attributes:
        mirror: folder with copies of the public files; if empty, the environment variable HYBRID_MIRROR is read
        folders: paths of your own training sets and benchmarks (folders, archives or files), by name
    """

    mirror: str
    folders: dict[str, str]

    @property
    def mirror_folder(self) -> Path | None:
        """The folder to copy from; None for the public homes."""
        folder = self.mirror or os.environ.get("HYBRID_MIRROR", "")
        return Path(folder).expanduser() if folder else None
