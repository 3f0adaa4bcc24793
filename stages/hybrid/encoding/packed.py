"""Texts of different lengths in one forward pass without padding: only the attention puts texts side by side.

All tokens of all texts are one long row. What works on each token alone (projections, norms, feed-forward) needs no
padding. The attention takes texts of like length together, padded to the longest of them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import dropout as drop
from torch.nn.functional import softmax
from transformers import AttentionInterface

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKED = "packed"  # the name of the attention, as transformers knows it
GROUP_STEP = 16  # texts are side by side if their lengths, rounded up to a multiple of this, are equal
MODEL_TYPES = ("bert", "xlm-roberta")  # the encoders whose positions `first_position` knows


class Group(NamedTuple):
    """Texts of like length, side by side."""

    start: int  # of its places among those of all groups
    texts: int
    length: int  # of the longest
    empty: Tensor  # (texts, length), bool: the places behind the end of a text


class Packing(NamedTuple):
    """Where each token of a row is in the groups, and the reverse."""

    groups: list[Group]
    taken: Tensor  # (places,): the token at each place; any token if it is empty
    place: Tensor  # (tokens,): the place of each token
    empty: Tensor  # (places,), bool

    def spread(self, rows: Tensor) -> Tensor:
        """Return the rows of tokens, shape (tokens, ...), at their places, shape (places, ...)."""
        return _Take.apply(rows, self.taken, self.place, None)

    def gather(self, places: Tensor) -> Tensor:
        """Return the rows of tokens, shape (tokens, ...), from their places, shape (places, ...)."""
        return _Take.apply(places, self.place, self.taken, self.empty)

    def part(self, places: Tensor, group: Group) -> Tensor:
        """Return what is at the places of a group, shape (texts, length, ...)."""
        rows = places[group.start : group.start + group.texts * group.length]
        return rows.view(group.texts, group.length, *places.shape[1:])


class _Take(torch.autograd.Function):
    """``rows[taken]``, whose gradient is ``gradient[back]``, and 0 where ``empty``: faster than a sum of rows."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, taken: Tensor, back: Tensor, empty: Tensor | None) -> Tensor:
        ctx.back, ctx.empty = back, empty
        return rows.index_select(0, taken)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, None, None, None]:
        found = gradients[0].index_select(0, ctx.back)
        if ctx.empty is not None:
            found.masked_fill_(ctx.empty.view(-1, *[1] * (found.dim() - 1)), 0)
        return found, None, None, None


def pack(lengths: Sequence[int]) -> Packing:
    """Return how texts of these lengths, longest first, are packed. Their tokens follow each other in this order."""
    starts = np.cumsum([0, *lengths])
    rounded = [-(-length // GROUP_STEP) for length in lengths]
    groups: list[Group] = []
    taken: list[np.ndarray] = []
    empty: list[np.ndarray] = []
    for size in dict.fromkeys(rounded):  # from the largest
        first, texts = rounded.index(size), rounded.count(size)
        own = np.array(lengths[first : first + texts])[:, None]
        inside = np.arange(lengths[first]) < own  # (texts, length)
        places = np.where(inside, starts[first : first + texts, None] + np.arange(lengths[first]), 0)
        groups.append(Group(sum(part.size for part in taken), texts, lengths[first], torch.from_numpy(~inside)))
        taken.append(places.ravel())
        empty.append(~inside.ravel())
    behind = np.concatenate(empty)
    return Packing(
        groups,
        taken=torch.from_numpy(np.concatenate(taken)),
        place=torch.from_numpy(np.flatnonzero(~behind)),
        empty=torch.from_numpy(behind),
    )


def packed_attention(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    _mask: Tensor | None,  # transformers makes none for an attention that it does not know
    *,
    packing: Packing,
    scaling: float,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, None]:
    """Return the attention's output, shape (1, tokens, heads, width), from queries, keys and values of one long row.

    These have the shape (1, heads, tokens, width). A token attends to the tokens of its own text. The signature is that
    of transformers' ``AttentionInterface``.
    """
    sides = [packing.spread(side[0].transpose(0, 1)) for side in (query, key, value)]  # each (places, heads, width)
    found = []
    for group in packing.groups:
        queries, keys, values = (packing.part(side, group).transpose(1, 2) for side in sides)
        scores = torch.matmul(queries * scaling, keys.transpose(2, 3))  # (texts, heads, length, length)
        scores.masked_fill_(group.empty[:, None, None, :], float("-inf"))
        weights = drop(softmax(scores, dim=-1), dropout, training=module.training)
        mixed = torch.matmul(weights, values).transpose(1, 2)  # (texts, length, heads, width)
        found.append(mixed.reshape(-1, *mixed.shape[2:]))
    return packing.gather(torch.cat(found))[None], None


AttentionInterface.register(PACKED, packed_attention)


def can_pack(encoder: "SentenceTransformer") -> bool:
    """Return whether `forward_packed` can run this encoder, which also says whether `Int8Engine` can.

    On a GPU, torch's own attention is faster.
    """
    words: Any = encoder[0]
    return encoder.device.type == "cpu" and words.model.config.model_type in MODEL_TYPES


def use_packed_attention(encoder: "SentenceTransformer") -> None:
    """Let ``encoder``, for which `can_pack` is true, run by `forward_packed` from now on."""
    words: Any = encoder[0]
    words.model.set_attn_implementation(PACKED)


def is_packed(encoder: "SentenceTransformer") -> bool:
    """Return whether `use_packed_attention` was called for ``encoder``."""
    words: Any = encoder[0]
    return bool(words.model.config._attn_implementation == PACKED)


def forward_packed(encoder: "SentenceTransformer", tokens: list[list[int]], *, bfloat16: bool) -> Tensor:
    """Return the encoder's output for texts of any lengths, shape (texts, dim).

    It is not normalised, unless by the encoder. If ``bfloat16``, the transformer's matrix products are in bfloat16.
    Pooling and what follows are in float32.
    """
    words: Any = encoder[0]
    order = sorted(range(len(tokens)), key=lambda i: -len(tokens[i]))
    lengths = [len(tokens[i]) for i in order]
    packing = pack(lengths)
    ids = torch.tensor([[token for i in order for token in tokens[i]]])  # (1, tokens)
    positions = torch.cat([torch.arange(length) for length in lengths])[None] + first_position(words.model.config)
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        hidden = words.model(
            input_ids=ids, position_ids=positions, token_type_ids=torch.zeros_like(ids), packing=packing
        ).last_hidden_state[0]
    spread = packing.spread(hidden.float())  # (places, dim)
    found = []
    for group in packing.groups:
        features = {"token_embeddings": packing.part(spread, group), "attention_mask": (~group.empty).long()}
        for part in list(encoder)[1:]:
            features = part(features)
        found.append(features["sentence_embedding"])
    back = torch.empty(len(order), dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(len(order))
    return torch.cat(found)[back]


def first_position(config: Any) -> int:
    """Return the position of a text's first token: XLM-R counts from behind its padding token's number."""
    return 0 if config.model_type == "bert" else int(config.pad_token_id) + 1
