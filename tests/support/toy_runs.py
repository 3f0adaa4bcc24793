"""Toy runs of the reproduction, kept as `python -m stages.reproduction --run` keeps them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.hybrid.evaluation.bias import average_bias
from stages.hybrid.reproduction.kept import SAMPLINGS, keep_run

LANGS = ["de", "el", "en"]  # el is not trained on
QUESTIONS = 40
PARAMS: dict[str, Any] = {
    "profile": "toy",
    "seed": 0,
    "datasets": ["help"],
    "benchmarks": ["xquad_r"],
    "models": ["base", "finetuned"],
    "languages": ["de", "en"],
    "base": {"name": "small"},
    "sampler": {"strategy": "hybrid", "batches": 10, "batch_size": 4},
}
Figures = tuple[float, float, float, float]
# a sampling's mAP in the three settings, and its rank distance
FIGURES: dict[str, Figures] = {
    "base": (0.50, 0.30, 0.20, 300.0),
    "x_x_mono": (0.60, 0.40, 0.30, 200.0),
    "x_y": (0.50, 0.50, 0.40, 100.0),
    "hybrid": (0.60, 0.50, 0.40, 100.0),
}
CENTRED: Figures = (0.50, 0.40, 0.35, 120.0)  # of the base centred; every trained model's is hybrid's


def write_scores(data: Path, system: str, figures: Figures, *, seed: int) -> None:
    """Write what the score and bias stages leave of a system whose figures are nearly ``figures``.

    ``system`` is where it lies below data/scores, as base/xquad_r/centred.
    """
    generator = np.random.default_rng(seed)
    rows = []
    for question in range(QUESTIONS):
        for lang in LANGS:
            for other in [*LANGS, "all"]:
                setting = 2 if other == "all" else 0 if other == lang else 1
                name = ("monolingual", "cross_lingual", "multilingual")[setting]
                value = figures[setting] + generator.normal(0, 0.01)
                rows.append((name, lang, other, f"q{question}:{lang}", f"q{question}", value))
    measured = pd.DataFrame(rows, columns=["setting", "query_lang", "passage_lang", "query_id", "question_id", "map"])
    biased = measured.loc[measured["passage_lang"] == "all", ["query_id", "question_id", "query_lang"]]
    biased = biased.assign(rank_distance=figures[3] + generator.normal(0, 3.0, len(biased)))
    for kind, table in (("scores", measured), ("bias", biased)):
        folder = data / kind / system
        folder.mkdir(parents=True, exist_ok=True)
        table.to_parquet(folder / "queries.parquet")
    averages = average_bias(biased, pd.Series(0.1, index=LANGS), top_k=10)
    averages.to_csv(data / "bias" / system / "bias.csv", index=False)


def keep_toy_run(root: Path, sampling: str, seed: int, figures: Figures | None = None) -> Path:
    """Keep a run in ``root``/data/reproduction, with the base and baselines beside; return its folder."""
    data = root / "data"
    write_scores(data, "base/xquad_r", FIGURES["base"], seed=99)
    write_scores(data, "base/xquad_r/centred", CENTRED, seed=97)
    write_scores(data, "baseline/xquad_r/random", (0.1, 0.1, 0.1, 900.0), seed=98)
    place = list(SAMPLINGS).index(sampling)
    write_scores(data, "finetuned/xquad_r", figures or FIGURES[sampling], seed=100 * place + seed)
    write_scores(data, "finetuned/xquad_r/centred", FIGURES["hybrid"], seed=1000 + 100 * place + seed)
    (data / "training.csv").write_text("step,loss\n1,2.0\n", encoding="utf-8")
    (data / "batches_summary.json").write_text(json.dumps({"batches": 10, "pairs": 40}), encoding="utf-8")
    machine = {"processor": "Abacus", "cores": 2, "memory_gib": 1}
    cost = {"stage": "finetune", "seconds": 60.0 + 6 * place, "peak_memory_gib": 0.5, "machine": machine}
    (data / "costs").mkdir(exist_ok=True)
    (data / "costs" / "finetune.json").write_text(json.dumps(cost), encoding="utf-8")
    params = PARAMS | {"seed": seed, "sampler": PARAMS["sampler"] | {"strategy": SAMPLINGS[sampling]}}
    return keep_run(sampling, data=data, kept=data / "reproduction", params=params, commit="0123456789")
