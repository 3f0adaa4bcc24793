"""Training pairs and samplers for tests of batches."""

import pandas as pd

from stages.hybrid.batches.pair_index import PairIndex
from stages.hybrid.batches.params import SamplerParams
from stages.hybrid.batches.sampler import Sampler


def make_pairs(groups: int = 40, languages: str = "de en ru zh", per_page: int = 1) -> pd.DataFrame:
    """Return pairs of ``groups`` groups in all ``languages``, without twins, and ``per_page`` groups on each page."""
    rows = [(f"g{g:03d}", f"p{g // per_page:03d}", lang) for g in range(groups) for lang in languages.split()]
    table = pd.DataFrame(rows, columns=["group_id", "page_id", "lang"])
    return table.assign(query="q", passage="p", twin_id=table["group_id"])


def make_params(**changed: object) -> SamplerParams:
    values: dict[str, object] = {
        "strategy": "hybrid",
        "mono_ratio": 0.5,
        "batches": 50,
        "batch_size": 8,
        "dataset_exponent": 1.0,
        "language_exponent": 0.0,
        "language_weights": {},
    }
    return SamplerParams(**(values | changed))  # type: ignore[arg-type]


def make_sampler(pairs: pd.DataFrame | None = None, seed: int = 1, **changed: object) -> Sampler:
    return Sampler([PairIndex("toy", make_pairs() if pairs is None else pairs)], make_params(**changed), seed)
