"""The plan's batches as the trainer takes them: tokenised, and with a mask of passages that are not fair negatives."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.utils.data import Dataset

from stages.hybrid.encoding.model import tokenize
from stages.hybrid.fair_negatives import fair_matrix, pair_codes
from stages.hybrid.ground.errors import UserError
from stages.hybrid.training.params import TrainingParams
from stages.hybrid.training.processes import process_count

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True)
class TrainingBatch:
    """A row of the plan with its tokens. Queries and passages have one entry per pair."""

    queries: list[list[int]]
    passages: list[list[int]]
    negatives: list[list[int]]  # the hard negatives of all queries
    masked: Tensor  # (pairs, pairs + negatives), bool; True if the passage is not a fair negative of the query


class PlanBatches(Dataset[TrainingBatch]):
    """The plan's batches, tokenised. Item i is the whole batch of step i."""

    def __init__(
        self,
        plan: pd.DataFrame,
        pairs: pd.DataFrame,
        *,
        encoder: "SentenceTransformer",
        params: TrainingParams,
        negatives: pd.DataFrame | None = None,
    ) -> None:
        """Tokenise each text that the plan uses, once.

        Args:
            plan: with the columns of `records.Batch`.
            pairs: with the columns of `records.Pair`, ``twin_id`` and ``dataset``.
            encoder: its tokenizer and prompts are used.
            params: give the greatest lengths of queries and passages.
            negatives: with the columns of `records.Negative` and ``dataset``; None if there are none.

        Raises:
            UserError: The plan names a pair that is not in ``pairs``, or the encoder has no prompt for queries or
                passages.
        """
        self._plan = plan
        self._rows = {
            key: row for row, key in enumerate(zip(pairs["dataset"], pairs["group_id"], pairs["lang"], strict=True))
        }
        self._codes = pair_codes(pairs)
        self._negatives = self._rows_of_negatives(negatives)
        steps = range(len(plan))
        used = sorted({row for step in steps for side in (*self._rows_of(step), self._mined(step)) for row in side})
        texts = pairs.iloc[used]
        queries = tokenize(encoder, texts["query"].tolist(), prompt="query", max_length=params.query_length)
        passages = tokenize(encoder, texts["passage"].tolist(), prompt="passage", max_length=params.passage_length)
        self._queries = dict(zip(used, queries, strict=True))
        self._passages = dict(zip(used, passages, strict=True))

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self._plan)

    def __getitem__(self, step: int) -> TrainingBatch:
        """Return the batch of ``step``."""
        queries, passages = self._rows_of(step)
        mined = self._mined(step)
        unfair = ~fair_matrix(self._codes[passages], self._codes[passages + mined])
        np.fill_diagonal(unfair, False)  # passage i is the positive of query i
        masked = torch.from_numpy(unfair)
        filling = -len(mined) % process_count()  # so that each process has as many; they are masked for every query
        masked = torch.cat([masked, torch.ones(len(queries), filling, dtype=torch.bool)], dim=1)
        return TrainingBatch(
            queries=[self._queries[row] for row in queries],
            passages=[self._passages[row] for row in passages],
            negatives=[self._passages[row] for row in mined + mined[:1] * filling],
            masked=masked,
        )

    def token_ids(self) -> list[int]:
        """Return the ids of all tokens in the texts, special ones included, in ascending order."""
        return sorted({i for side in (self._queries, self._passages) for text in side.values() for i in text})

    def _rows_of_negatives(self, negatives: pd.DataFrame | None) -> dict[int, list[int]]:
        """Return the rows of the hard negatives, by the row of the positive passage.

        Negatives are mined for a query in the language of its passage. In a cross-lingual batch the query is in another
        language. It gets the negatives that were mined in the language of the positive.
        """
        found: dict[int, list[int]] = {}
        for mined in [] if negatives is None else negatives.itertuples(index=False):
            positive = self._rows[mined.dataset, mined.group_id, mined.lang]
            found.setdefault(positive, []).append(
                self._rows[mined.dataset, mined.negative_group_id, mined.negative_lang]
            )
        return found

    def _mined(self, step: int) -> list[int]:
        """Return the rows of the hard negatives of a batch's queries."""
        return [row for passage in self._rows_of(step)[1] for row in self._negatives.get(passage, [])]

    def _rows_of(self, step: int) -> tuple[list[int], list[int]]:
        """Return the rows of a batch's queries and the rows of its passages, in the order of the plan.

        Raises:
            UserError: The plan names a pair that is not in ``pairs``.
        """
        batch = self._plan.iloc[step]
        sides = []
        for langs in (batch["query_langs"], batch["passage_langs"]):
            keys = [(batch["dataset"], group, lang) for group, lang in zip(batch["group_ids"], langs, strict=True)]
            missing = next((key for key in keys if key not in self._rows), None)
            if missing:
                raise UserError(
                    f"the plan's step {step} names the pair {missing}, expected one that the stage prepare wrote; "
                    "run the stage batch again"
                )
            sides.append([self._rows[key] for key in keys])
        return sides[0], sides[1]
