"""The encoder as it is trained, and the loss of a batch, with all activations in memory or with cached gradients."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from stages.hybrid.encoding.model import embed_tokens, length_batches, use_bfloat16
from stages.hybrid.encoding.packed import can_pack, use_packed_attention
from stages.hybrid.training.loss import in_batch_infonce, symmetric_infonce
from stages.hybrid.training.params import TrainingParams
from stages.hybrid.training.plan_batches import TrainingBatch
from stages.hybrid.training.processes import gather_embeddings, own_slice

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class DualEncoder(nn.Module):
    """One encoder for queries and passages, called on lists of token ids."""

    def __init__(self, encoder: "SentenceTransformer", params: TrainingParams) -> None:
        """Wrap ``encoder``, and set its dropout layers to ``params.dropout``."""
        super().__init__()
        self.encoder = encoder
        self.tokens_per_micro_batch = params.tokens_per_micro_batch
        self.in_bfloat16 = use_bfloat16(params.precision, encoder.device)
        for part in encoder.modules():
            if isinstance(part, nn.Dropout):
                part.p = params.dropout

    def micro_batches(self, tokens: list[list[int]]) -> list[list[int]]:
        """Return the positions of ``tokens`` in batches of like length."""
        return list(length_batches([len(text) for text in tokens], self.tokens_per_micro_batch))

    def forward(self, tokens: list[list[int]]) -> Tensor:
        """Return L2-normalised embeddings, shape (texts, dim), float32."""
        return embed_tokens(self.encoder, tokens, bfloat16=self.in_bfloat16)

    def embed_all(self, tokens: list[list[int]]) -> Tensor:
        """Return L2-normalised embeddings, shape (texts, dim), float32, in the order of ``tokens``.

        They are computed micro-batch by micro-batch.
        """
        parts = self.micro_batches(tokens)
        return in_order(parts, [self([tokens[i] for i in part]) for part in parts])


@contextmanager
def fast_attention(encoder: "SentenceTransformer") -> Iterator[None]:
    """Within the block, run ``encoder`` with the attention whose backward pass is fastest on its device.

    On a CPU, that is the packed attention. For an encoder that cannot be packed, it is plain matrix products: the
    backward pass of fused attention is several times slower there. On a GPU it stays as it is.
    """
    words: Any = encoder[0]
    before = words.model.config._attn_implementation
    if can_pack(encoder):
        use_packed_attention(encoder)
    elif encoder.device.type == "cpu":
        words.model.set_attn_implementation("eager")
    yield
    words.model.set_attn_implementation(before)


def training_loss(dual: DualEncoder, batch: TrainingBatch, params: TrainingParams) -> Tensor:
    """Return the loss of the whole batch; its gradients are those of this process's texts.

    It is `plain_loss` if all of these texts fit ``params.tokens_in_memory``, else `cached_loss`.
    """
    tokens = own_tokens(batch)
    again, _ = split_parts(dual.micro_batches(tokens), tokens, params.tokens_in_memory)
    return cached_loss(dual, batch, params) if again else plain_loss(dual, batch, params)


def split_parts(
    parts: list[list[int]], tokens: list[list[int]], tokens_in_memory: int
) -> tuple[list[list[int]], list[list[int]]]:
    """Return the micro-batches that are run twice, and those whose activations are kept until the backward pass.

    The last ones are kept, as many as have at most ``tokens_in_memory`` tokens, padding included.
    """
    kept, total = 0, 0
    for part in reversed(parts):
        total += len(part) * max(len(tokens[i]) for i in part)
        if total > tokens_in_memory:
            break
        kept += 1
    return parts[: len(parts) - kept], parts[len(parts) - kept :]


def own_tokens(batch: TrainingBatch) -> list[list[int]]:
    """Return the tokens of this process's texts: queries, then passages, then hard negatives."""
    own = own_slice(len(batch.queries))
    return batch.queries[own] + batch.passages[own] + batch.negatives[own_slice(len(batch.negatives))]


def plain_loss(dual: DualEncoder, batch: TrainingBatch, params: TrainingParams) -> Tensor:
    """Return the batch's loss from one forward pass, whose activations are all kept in memory."""
    embeddings = dual.embed_all(own_tokens(batch))
    return batch_loss(gather_embeddings(embeddings, pairs=len(batch.queries)), batch, params)


def cached_loss(dual: DualEncoder, batch: TrainingBatch, params: TrainingParams) -> Tensor:
    """Return the loss of `plain_loss`. Memory does not grow with the batch, but some texts need a second forward pass.

    Activations of at most ``params.tokens_in_memory`` tokens are kept. The other texts give only their embeddings in
    the first pass. The loss gives the gradients of all embeddings. When the returned loss is run backward, the kept
    activations carry these gradients into the weights, then a second pass of the other texts does, one micro-batch at
    a time. Both passes use the same dropout.

    Source: arXiv 2101.06983 (GradCache), which keeps no activations.
    """
    tokens = own_tokens(batch)
    again, kept = split_parts(dual.micro_batches(tokens), tokens, params.tokens_in_memory)
    seed = int(torch.randint(2**31, ()))  # another one for each batch
    with seeded(seed):
        with torch.no_grad():
            first = [dual([tokens[i] for i in part]) for part in again]
        with_gradients = [dual([tokens[i] for i in part]) for part in kept]
    found = in_order(again + kept, [*first, *(embeddings.detach() for embeddings in with_gradients)]).requires_grad_()
    loss = batch_loss(gather_embeddings(found, pairs=len(batch.queries)), batch, params)
    (cache,) = torch.autograd.grad(loss, found)
    result = loss.detach().requires_grad_()

    def carry_gradients(scale: Tensor) -> None:
        for part in kept:
            with_gradients.pop(0).backward(cache[part] * scale)
        with torch.enable_grad(), seeded(seed):
            for part in again:
                dual([tokens[i] for i in part]).backward(cache[part] * scale)

    result.register_hook(carry_gradients)
    return result


def in_order(parts: list[list[int]], embeddings: list[Tensor]) -> Tensor:
    """Return the embeddings of micro-batches in the order of the texts, shape (texts, dim)."""
    found = torch.cat(embeddings)
    order = torch.tensor([i for part in parts for i in part], device=found.device)
    return torch.empty_like(found).index_copy(0, order, found)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed torch's random numbers within the block. After it they continue as if there had been no block."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def batch_loss(embeddings: Tensor, batch: TrainingBatch, params: TrainingParams) -> Tensor:
    """Return the loss of a batch, a scalar.

    Args:
        embeddings: of all queries, then all passages, then all hard negatives, shape (texts, dim).
        batch: says which passages are fair negatives.
        params: temperature, and whether the loss is symmetric.
    """
    pairs = len(batch.queries)
    queries, passages = embeddings[:pairs], embeddings[pairs:]
    loss = symmetric_infonce if params.symmetric else in_batch_infonce
    masked = batch.masked.to(embeddings.device) if batch.masked.any() else None
    return loss(queries, passages, temperature=params.temperature, masked=masked)
