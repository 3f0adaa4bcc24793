"""What a stage cost, when, by which commit and on which machine. `make run` shows it; no stage depends on it."""

import importlib.metadata
import os
import platform
import resource
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TypedDict

from stages.hybrid.ground.layout import COSTS

PACKAGES = ("torch", "sentence-transformers", "transformers", "openvino", "faiss-cpu", "numpy")


class Machine(TypedDict):
    """What a stage ran on."""

    processor: str
    cores: int  # usable by the stage
    memory_gib: int
    python: str
    packages: dict[str, str]  # the versions of `PACKAGES`


class Cost(TypedDict):
    """What the last run of a stage cost."""

    stage: str  # its script's name and its arguments
    started: str  # in UTC, as ISO 8601 to the second
    commit: str  # what `read_commit` returned at the start
    seconds: float
    peak_memory_gib: float
    machine: Machine
    notes: list[str]  # what `note` was given


_notes: list[str] = []


def note(words: str) -> None:
    """Print ``words``, and note them with the costs of the stage that runs."""
    print(words, flush=True)
    _notes.append(words)


def write_cost(words: Sequence[str], *, started: datetime, commit: str, seconds: float) -> None:
    """Write to data/costs what a stage cost. If it was stopped and resumed, only its last part counts.

    Args:
        words: Its script's name and its arguments.
        started: When it started, in UTC.
        commit: What `read_commit` returned then.
        seconds: How long it took.
    """
    from stages.hybrid.ground.files import write_json  # imports pandas, which --help does not need

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # Linux counts it in KiB
    machine = describe_machine()
    cost: Cost = {
        "stage": " ".join(words),
        "started": started.isoformat(timespec="seconds"),
        "commit": commit,
        "seconds": seconds,
        "peak_memory_gib": peak,
        "machine": machine,
        "notes": list(_notes),
    }
    write_json(COSTS / f"{'_'.join(words)}.json", cost)
    _notes.clear()


def describe_machine() -> Machine:
    """Return the processor, the usable cores, the memory in GiB, and the versions of Python and `PACKAGES`."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def _processor() -> str:
    """Return the processor's name and its bfloat16 units, as far as the system reports them."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    pairs = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)  # reversed, so that core 0 wins
    facts = {key.strip(): value.strip() for key, value in pairs.items()}
    units = [unit for unit in ("avx512_bf16", "amx_bf16") if unit in facts.get("flags", "").split()]
    return ", ".join([facts.get("model name", platform.machine()), *units])
