"""What a stage cost: seconds and memory, on which machine. Shown in the report; no stage depends on it."""

import functools
import importlib.metadata
import os
import platform
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

P = ParamSpec("P")

COSTS = Path("data/costs")  # no output of any stage: its bytes differ from run to run
PACKAGES = ("torch", "sentence-transformers", "transformers", "faiss-cpu", "numpy")


def measured(command: Callable[P, None]) -> Callable[P, None]:
    """Return a script's ``command`` so that it also writes its cost to data/costs, named by script and arguments.

    A stage that was stopped and went on is told with the time of its last part.
    """

    @functools.wraps(command)
    def timed(*args: P.args, **kwargs: P.kwargs) -> None:
        from stages.hybrid.ground.files import write_json  # imports pandas, which --help need not wait for

        start = time.monotonic()
        command(*args, **kwargs)
        stage = " ".join([Path(command.__code__.co_filename).stem, *map(str, kwargs.values())])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # Linux counts it in KiB
        cost = {"stage": stage, "seconds": time.monotonic() - start, "peak_memory_gib": peak}
        write_json(COSTS / f"{stage.replace(' ', '_')}.json", {**cost, "machine": describe_machine()})

    return timed


def describe_machine() -> dict[str, Any]:
    """Return the processor, the cores that may be used, the memory in GiB, and the versions of what computes."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def read_costs(folder: Path = COSTS) -> list[dict[str, Any]]:
    """Return what every stage's last run cost, in the order in which they ran."""
    from stages.hybrid.ground.files import read_json

    return [read_json(path) for path in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)]


def _processor() -> str:
    """Return the processor's name, and the bfloat16 units that it has, where Linux tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    told = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    told = {key.strip(): value.strip() for key, value in told.items()}
    units = [unit for unit in ("avx512_bf16", "amx_bf16") if unit in told.get("flags", "").split()]
    return ", ".join([told.get("model name", platform.machine()), *units])
