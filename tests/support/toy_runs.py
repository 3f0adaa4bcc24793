"""Toy runs of the reproduction, kept as `python -m stages.reproduction --run` keeps them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.hybrid.evaluation.layout import REPORTS, questions_folder
from stages.hybrid.evaluation.names import ALL_LANGUAGES, CELL, SETTINGS
from stages.hybrid.evaluation.significance.question_table import question_table, write_question_table
from stages.hybrid.ground.files import write_json, write_table, write_text
from stages.hybrid.ground.layout import COSTS, CURVE, PLAN_SUMMARY
from stages.hybrid.report.provenance import TEXTS, RawFile
from stages.hybrid.reproduction.kept import SAMPLINGS, keep_run
from support.params import toy_params

LANGS = ["de", "el", "en"]  # el is not trained on
QUESTIONS = 40
TOY = toy_params()
PARAMS: dict[str, Any] = TOY | {
    "seed": 0,
    "datasets": ["help"],
    "benchmarks": ["xquad_r"],
    "languages": ["de", "en"],
    "base": {"source": "folder", "name": "small", "revision": ""},
    "sampler": TOY["sampler"] | {"strategy": "hybrid", "batches": 10, "batch_size": 4},
}
Figures = tuple[float, float, float, float]
# a sampling's mAP in the three settings, and its rank distance
FIGURES: dict[str, Figures] = {
    "base": (0.50, 0.30, 0.20, 300.0),
    "x_x_mono": (0.60, 0.40, 0.30, 200.0),
    "x_y": (0.50, 0.50, 0.40, 100.0),
    "hybrid": (0.60, 0.50, 0.40, 100.0),
}
CENTRED: Figures = (0.50, 0.40, 0.35, 120.0)  # of the centred base; a centred trained model has those of hybrid


def write_scores(root: Path, system: str, figures: Figures, *, seed: int) -> None:
    """Write what the compare stage of the project ``root`` leaves of a system, with nearly these ``figures``.

    Recall is as mAP. Two questions share a page.
    """
    generator = np.random.default_rng(seed)
    rows = []
    for question in range(QUESTIONS):
        for lang in LANGS:
            for other in [*LANGS, ALL_LANGUAGES]:
                setting = 2 if other == ALL_LANGUAGES else 0 if other == lang else 1
                value = figures[setting] + generator.normal(0, 0.01)
                rows.append((list(SETTINGS)[setting], lang, other, f"q{question}:{lang}", f"q{question}", value))
    measured = pd.DataFrame(rows, columns=[*CELL, "query_id", "question_id", "map"])
    measured = measured.assign(**{"recall@1": measured["map"], "recall@10": measured["map"]})
    biased = measured.loc[measured["passage_lang"] == ALL_LANGUAGES, ["query_id", "question_id", "query_lang"]]
    biased = biased.assign(rank_distance=figures[3] + generator.normal(0, 3.0, len(biased)))
    queries = pd.DataFrame([(f"q{i}", f"p{i // 2}") for i in range(QUESTIONS)], columns=["question_id", "page_id"])
    folder = root / questions_folder(str(PARAMS["profile"])) / "xquad_r"
    write_question_table(folder / f"{system}.parquet", question_table(measured, biased, queries))


def write_training(root: Path) -> None:
    """Write what the batch and finetune stages of the project ``root`` leave, as far as a kept run has it."""
    write_text(root / CURVE, "step,loss,grad_norm\n1,2.0,3.0\n")
    write_json(root / PLAN_SUMMARY, {"batches": 10, "pairs": 40, "languages": [{"lang": "de"}, {"lang": "en"}]})


def write_texts(root: Path, version: str = "1.0") -> None:
    """Write the list of the raw files of the project ``root``: one Debian package."""
    file = RawFile("help", "training set", "MPL-2.0", "de.zip", "help-de", "", version, "0" * 64, f"text of {version}")
    write_table(root / REPORTS / str(PARAMS["profile"]) / "tables" / TEXTS, pd.DataFrame([file]))


def keep_toy_run(root: Path, sampling: str, seed: int, figures: Figures | None = None) -> Path:
    """Keep a run in the project ``root``, with the base and baselines beside; return its folder."""
    write_scores(root, "base", FIGURES["base"], seed=99)
    write_scores(root, "base+centred", CENTRED, seed=97)
    write_scores(root, "random", (0.1, 0.1, 0.1, 900.0), seed=98)
    place = list(SAMPLINGS).index(sampling)
    write_scores(root, "finetuned", figures or FIGURES[sampling], seed=100 * place + seed)
    write_scores(root, "finetuned+centred", FIGURES["hybrid"], seed=1000 + 100 * place + seed)
    write_training(root)
    write_texts(root)
    machine = {"processor": "Abacus", "cores": 2, "memory_gib": 1}
    cost = {"stage": "finetune", "seconds": 60.0 + 6 * place, "peak_memory_gib": 0.5, "machine": machine}
    write_json(root / COSTS / "finetune.json", cost)
    params = PARAMS | {"seed": seed, "sampler": PARAMS["sampler"] | {"strategy": SAMPLINGS[sampling]}}
    return keep_run(sampling, root=root, params=params, commit="0123456789")
