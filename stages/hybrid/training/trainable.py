"""What of the encoder is trained: all of it, its upper layers, adapters, or the word embeddings that the plan uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from stages.hybrid.ground.errors import UserError
from stages.hybrid.training.params import TrainingParams

LORA_MODULES = ["query", "value"]  # of the attention, as BERT and XLM-R name them (arXiv 2106.09685, section 4.2)


class TrimmedEmbeddings(nn.Module):
    """Word embeddings of which the rows of some tokens are trained, the others' stay the base's."""

    base: Tensor
    rows: Tensor

    def __init__(self, whole: nn.Embedding, tokens: list[int]) -> None:
        """Take the weights of ``whole``; the rows of ``tokens`` are copied to be trained."""
        super().__init__()
        rows = torch.full((whole.num_embeddings,), -1, device=whole.weight.device)
        rows[tokens] = torch.arange(len(tokens), device=rows.device)
        self.register_buffer("base", whole.weight.detach(), persistent=False)  # (tokens, dim)
        self.register_buffer("rows", rows, persistent=False)  # of ``weight``, by token id; -1: not trained
        self.weight = nn.Parameter(whole.weight.detach()[tokens])

    def forward(self, ids: Tensor) -> Tensor:
        """Return the embeddings of ``ids``, shape (*ids, dim)."""
        rows = self.rows[ids]
        trained = embedding(rows.clamp(min=0), self.weight)
        return torch.where((rows >= 0)[..., None], trained, embedding(ids, self.base))

    def whole_weight(self) -> Tensor:
        """Return the weights of every token, shape (tokens, dim): the base's, and in their rows the trained ones."""
        whole = self.base.clone()
        whole[self.rows >= 0] = self.weight.detach()  # rows ascend with the token id
        return whole


@contextmanager
def trained_parts(encoder: nn.Sequential, params: TrainingParams, *, tokens: list[int], seed: int) -> Iterator[None]:
    """Set what of ``encoder`` is trained; once the block has ended, its weights are in the base's form again.

    Args:
        encoder: a sentence-transformers model.
        params: which weights are trained.
        tokens: ids in ascending order; whose embeddings ``word_embeddings: trimmed`` trains.
        seed: of the adapters' first weights.

    Raises:
        UserError: the encoder has not so many layers, or none that adapters fit.
    """
    words: Any = encoder[0].model
    adapted = add_adapters(words, params.lora_rank, seed=seed) if params.lora_rank else None
    whole = words.get_input_embeddings()
    whole.requires_grad_(params.word_embeddings == "trained")
    if params.word_embeddings == "trimmed":
        words.set_input_embeddings(TrimmedEmbeddings(whole, [i for i in tokens if i != whole.padding_idx]))
    if getattr(words, "pooler", None) is not None:
        words.pooler.requires_grad_(False)  # not part of the sentence embedding
    if params.frozen_layers:
        freeze_lowest(words, params.frozen_layers)
    yield
    if params.word_embeddings == "trimmed":
        with torch.no_grad():
            whole.weight.copy_(words.get_input_embeddings().whole_weight())
        words.set_input_embeddings(whole)
    if adapted is not None:
        adapted.merge_and_unload()


def freeze_lowest(words: Any, count: int) -> None:
    """Leave the ``count`` lowest layers of a transformer, and what is beneath them, as they are.

    Raises:
        UserError: it has no layer above them.
    """
    total = words.config.num_hidden_layers
    if count >= total:
        raise UserError(f"training.frozen_layers is {count}, expected less than the encoder's {total} layers")
    layers = next(part for part in words.modules() if isinstance(part, nn.ModuleList) and len(part) == total)
    words.embeddings.requires_grad_(False)
    for layer in layers[:count]:
        layer.requires_grad_(False)


def add_adapters(words: Any, rank: int, *, seed: int) -> Any:
    """Add LoRA adapters of ``rank`` to ``words``, in place, and freeze all else; return what merges them.

    What an adapter adds is scaled by 2. It adds nothing at first.

    Raises:
        UserError: ``words`` has no such attention as adapters are made for.
    """
    from peft import LoraConfig, LoraModel

    names = {name.split(".")[-1] for name, part in words.named_modules() if isinstance(part, nn.Linear)}
    if not names.issuperset(LORA_MODULES):
        raise UserError(
            f"training.lora_rank is {rank}, but the encoder ({words.config.model_type}) has no attention parts named "
            f"{' and '.join(LORA_MODULES)}; expected BERT or XLM-R, or lora_rank: 0"
        )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return LoraModel(words, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=LORA_MODULES), "default")
