"""Batches that are tokenised in their turn, so that both sides of a comparison are timed alike."""

from typing import TYPE_CHECKING

from stages.hybrid.bench.training_work import Task, texts_of
from stages.hybrid.encoding.model import tokenize
from stages.hybrid.training.plan_batches import PlanBatches, TrainingBatch

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class TokenisedInTurn(PlanBatches):
    """The plan's batches. Each one's texts are tokenised once more when it is taken, as a peer tokenises them."""

    def __init__(self, task: Task, encoder: "SentenceTransformer") -> None:
        """Tokenise as `PlanBatches` does, and keep the texts."""
        super().__init__(task.plan, task.pairs, encoder=encoder, params=task.params)
        self._again = [texts_of(task.plan.iloc[[step]], task.pairs) for step in range(len(task.plan))]
        self._encoder, self._params = encoder, task.params

    def __getitem__(self, step: int) -> TrainingBatch:
        """Return the batch of ``step``, after its texts were tokenised."""
        for side, texts in self._again[step].items():
            tokenize(self._encoder, texts, prompt=side, max_length=self._params.passage_length)
        return super().__getitem__(step)
