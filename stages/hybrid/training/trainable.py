"""Which weights of the encoder are trained: its layers or adapters, and which of its word embeddings."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from stages.hybrid.ground.errors import UserError
from stages.hybrid.training.dual_encoder import seeded
from stages.hybrid.training.params import TrainingParams

LORA_MODULES = ["query", "value"]  # parts of the attention in BERT and XLM-R (arXiv 2106.09685, section 4.2)


class TrimmedEmbeddings(nn.Module):
    """Word embeddings that are trained for some tokens only. The other tokens keep the base's embeddings."""

    base: Tensor
    rows: Tensor

    def __init__(self, whole: nn.Embedding, tokens: list[int]) -> None:
        """Copy the rows of ``tokens`` from ``whole``, to train them; the other rows are shared and stay as they are."""
        super().__init__()
        rows = torch.full((whole.num_embeddings,), -1, device=whole.weight.device)
        rows[tokens] = torch.arange(len(tokens), device=rows.device)
        self.register_buffer("base", whole.weight.detach(), persistent=False)  # (vocabulary, dim)
        self.register_buffer("rows", rows, persistent=False)  # (vocabulary,): the row of ``weight``, -1 if not trained
        self.weight = nn.Parameter(whole.weight.detach()[tokens])  # (trained tokens, dim)

    def forward(self, ids: Tensor) -> Tensor:
        """Return the embeddings of ``ids``, shape (*ids, dim)."""
        rows = self.rows[ids]
        trained = embedding(rows.clamp(min=0), self.weight)
        return torch.where((rows >= 0)[..., None], trained, embedding(ids, self.base))

    def whole_weight(self) -> Tensor:
        """Return the embeddings of every token, trained or not, shape (vocabulary, dim)."""
        whole = self.base.clone()
        whole[self.rows >= 0] = self.weight.detach()  # both are in the order of the token ids
        return whole


@contextmanager
def trained_parts(encoder: nn.Sequential, params: TrainingParams, *, tokens: list[int], seed: int) -> Iterator[None]:
    """Choose which weights of ``encoder`` are trained within the block.

    After the block the encoder has the base's modules again: adapters are merged, and trimmed embeddings are whole.

    Args:
        encoder: a sentence-transformers model, changed in place.
        params: says which weights are trained.
        tokens: ids in ascending order. Their embeddings are trained if ``word_embeddings`` is trimmed.
        seed: the adapters' first weights are drawn from it.

    Raises:
        UserError: The encoder has too few layers to freeze, or its attention does not fit adapters.
    """
    words: Any = encoder[0].model
    adapted = add_adapters(words, params.lora_rank, seed=seed) if params.lora_rank else None
    whole = words.get_input_embeddings()
    whole.requires_grad_(params.word_embeddings == "trained")
    if params.word_embeddings == "trimmed":
        words.set_input_embeddings(TrimmedEmbeddings(whole, [i for i in tokens if i != whole.padding_idx]))
    if getattr(words, "pooler", None) is not None:
        words.pooler.requires_grad_(False)  # the sentence embedding does not use it
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
    """Freeze the ``count`` lowest layers of a transformer, and the embeddings beneath them.

    Raises:
        UserError: No layer would be left to train.
    """
    total = words.config.num_hidden_layers
    if count >= total:
        raise UserError(
            f"training.frozen_layers is {count}, expected fewer than the encoder's {total} layers; lower it"
        )
    layers = next(part for part in words.modules() if isinstance(part, nn.ModuleList) and len(part) == total)
    words.embeddings.requires_grad_(False)
    for layer in layers[:count]:
        layer.requires_grad_(False)


def add_adapters(words: Any, rank: int, *, seed: int) -> Any:
    """Add LoRA adapters of ``rank`` to ``words``, in place, and freeze all other weights.

    An adapter's output is multiplied by 2 and added. It is 0 before training.

    Returns:
        The model with adapters, whose method ``merge_and_unload`` merges them.

    Raises:
        UserError: The attention of ``words`` does not have the parts that adapters are added to.
    """
    from peft import LoraConfig, LoraModel

    names = {name.split(".")[-1] for name, part in words.named_modules() if isinstance(part, nn.Linear)}
    if not names.issuperset(LORA_MODULES):
        raise UserError(
            f"training.lora_rank is {rank}, but the encoder ({words.config.model_type}) has no attention parts named "
            f"{' and '.join(LORA_MODULES)}, expected BERT or XLM-R; set lora_rank to 0, or choose another encoder"
        )
    with seeded(seed):
        return LoraModel(words, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=LORA_MODULES), "default")
