"""The script that test_processes.py runs in each process.

python -m torch.distributed.run ... train_on_processes.py BASE OUT
"""

import json
import sys
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from stages.hybrid.training.processes import process_number
from support.toy_training import make_negatives, train

RUNS: dict[str, dict[str, Any]] = {
    "negatives": {"negatives": make_negatives().head(1), "symmetric": True},
    "plain": {"validation_steps": 3},
    "cached": {"symmetric": True, "tokens_in_memory": 1, "word_embeddings": "trimmed"},
}


def main(base: Path, out: Path) -> None:
    """Train every run, and save its weights and curve."""
    for name, options in RUNS.items():
        weights, curve = train(base, out / "checkpoints" / name, **options)
        save_file({key: value.contiguous() for key, value in weights.items()}, out / f"{name}_{process_number()}.st")
        if process_number() == 0:
            (out / f"{name}.json").write_text(json.dumps(curve.fillna(-1.0).to_dict("list")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
