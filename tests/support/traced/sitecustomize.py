"""Python loads this at its start from PYTHONPATH: it notes which of the project's files a stage's script opens.

The environment's TRACED_ROOT is the project's folder and TRACED_LOG the folder for the notes, one JSON file a process:
the command, the files it read and the files it wrote or put in place, relative to the root.
"""

import atexit
import json
import os
import sys
from pathlib import Path

ROOT, LOG = os.environ["TRACED_ROOT"], Path(os.environ["TRACED_LOG"])
WATCHED = (
    "data/",
    "models/",
    "reports/",
    "profiles/",
    "params.yaml",
    "stages/hybrid/report/paper_results.csv",
    "stages/hybrid/report/page.html.j2",
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
read: set[str] = set()
written: set[str] = set()


def note(files: set[str], path: object) -> None:
    """Add ``path`` to ``files`` if it is one of the project's that are watched."""
    if isinstance(path, str | bytes | os.PathLike):
        name = os.path.relpath(os.path.join(os.getcwd(), os.fsdecode(path)), ROOT)
        if name.startswith(WATCHED):
            files.add(name)


def hook(event: str, arguments: tuple[object, ...]) -> None:
    """Note what is opened, and what is renamed into its place."""
    if event == "open":
        flags = arguments[2]
        note(written if isinstance(flags, int) and flags & WRITING else read, arguments[0])
    elif event == "os.rename":
        note(written, arguments[1])


def write_notes() -> None:
    """Write the notes of this process."""
    notes = {"command": sys.orig_argv[2:], "read": sorted(read), "written": sorted(written)}
    (LOG / f"{os.getpid()}.json").write_text(json.dumps(notes), encoding="utf-8")


if sys.orig_argv[1:2] == ["-m"] and sys.orig_argv[2].startswith("stages."):
    sys.addaudithook(hook)
    atexit.register(write_notes)
