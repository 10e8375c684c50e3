# SPDX-License-Identifier: Apache-2.0
"""DeBERTa of versions 2 and 3 on packed rows, with its own attention: by content, and by how far two pieces
are from each other.

    score(query, key) = (q . k  +  q . K[b(query - key)]  +  k . Q[-b(key - query)]) / sqrt(3 width)

where b puts distances into buckets, and K and Q are the layer's products with the table of positions. Its
library builds all of that for squares of the whole batch; here each run of like lengths gets its own square,
and of the table only what lengths can reach. The modules are the library's own, called one by one.
Source: He et al. 2021, "DeBERTa: decoding-enhanced BERT with disentangled attention", and DeBERTaV3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ..lazy_torch import torch
from .packed_attention import PackPlan

if TYPE_CHECKING:
    from torch import Tensor, nn

FAMILY = "deberta-v2"
"""What configs call both versions."""


def is_disentangled(module: nn.Module) -> bool:
    """Whether a module is one of them."""
    config: Any = module.config
    return getattr(config, "model_type", None) == FAMILY


def run_disentangled(
    module: Any, ids: Tensor, positions: Tensor, plan: PackPlan, layers: bool
) -> tuple[Tensor, tuple[Tensor, ...] | None]:
    """The rows of a pack, and those of all layers where asked for, embeddings first.

    Shape: ids and positions `(n_pieces,)`; rows `(n_pieces, width)`.
    """
    encoder = module.encoder
    rows = module.embeddings(input_ids=ids[None], position_ids=positions[None])
    kept = [rows]
    table = encoder.get_rel_embedding()
    places = _Places(encoder.layer[0].attention.self, rows.device)
    for number, layer in enumerate(encoder.layer):
        attention = layer.attention
        attended = attention.output(_attended(attention.self, rows, table, places, plan), rows)
        made = layer.output(layer.intermediate(attended), attended)
        if number == 0 and encoder.conv is not None:
            made = _convolved(encoder.conv, rows, made, plan)
        rows = made
        kept.append(rows)
    return rows[0], tuple(each[0] for each in kept) if layers else None


def _attended(attention: Any, rows: Tensor, table: Tensor | None, places: _Places, plan: PackPlan) -> Tensor:
    """What a layer's attention gives. Shape: `(1, n_pieces, width)` to the same."""
    heads = (-1, attention.num_attention_heads, attention.attention_head_size)
    query, key, value = (
        project(rows).view(heads)
        for project in (attention.query_proj, attention.key_proj, attention.value_proj)
    )
    by_key = by_query = None
    if table is not None:
        by_key, by_query = _products(attention, attention.pos_dropout(table), heads)
    kinds = sum(kind in attention.pos_att_type for kind in ("c2p", "p2c"))
    scale = (attention.attention_head_size * (1 + kinds)) ** -0.5
    dropout = attention.dropout.p if attention.training else 0.0
    outputs = []
    for length, (q, k, v) in plan.by_run(query, key, value):
        bias = _bias(q, k, by_key, by_query, places.of(length))
        attended = _multiplied(q, k, v, None if bias is None else bias * scale, scale, dropout)
        outputs.append(attended.transpose(1, 2).flatten(0, 1).flatten(1))
    return torch.cat(outputs)[None]


def _products(
    attention: Any, table: Tensor, heads: tuple[int, int, int]
) -> tuple[Tensor | None, Tensor | None]:
    """The table of positions as keys and as queries, where the layer looks at them.

    Shape: `(n_positions, width)` to `(heads, n_positions, width of a head)`.
    """
    shared = attention.share_att_key
    by_key = by_query = None
    if "c2p" in attention.pos_att_type:
        project = attention.key_proj if shared else attention.pos_key_proj
        by_key = project(table).view(heads).transpose(0, 1)
    if "p2c" in attention.pos_att_type:
        project = attention.query_proj if shared else attention.pos_query_proj
        by_query = project(table).view(heads).transpose(0, 1)
    return by_key, by_query


def _bias(q: Tensor, k: Tensor, by_key: Tensor | None, by_query: Tensor | None, near: _Near) -> Tensor | None:
    """What positions add to the scores, before they are scaled. Shape: `(n, heads, length, length)`."""
    rows = slice(near.first, near.stop)
    shape = (*q.shape[:3], q.shape[2])
    bias = None
    if by_key is not None:
        bias = (q @ by_key[:, rows].transpose(1, 2)).gather(-1, near.of_key.expand(shape))
    if by_query is not None:
        part = (k @ by_query[:, rows].transpose(1, 2)).gather(-1, near.of_query.expand(shape))
        part = part.transpose(-1, -2)
        bias = part if bias is None else bias + part
    return bias


def _multiplied(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, scale: float, dropout: float) -> Tensor:
    """The attention itself: fused where nothing learns, for the fused one gives a bias no gradient."""
    if bias is None or not torch.is_grad_enabled():
        return torch.nn.functional.scaled_dot_product_attention(
            q, k, v, attn_mask=bias, dropout_p=dropout, scale=scale
        )
    chances = torch.softmax(q @ k.transpose(-1, -2) * scale + bias, dim=-1)
    attended: Tensor = torch.nn.functional.dropout(chances, dropout).to(v.dtype) @ v
    return attended


def _convolved(convolution: Callable[..., Tensor], below: Tensor, rows: Tensor, plan: PackPlan) -> Tensor:
    """What large ones have beside the first layer: a convolution within each sequence."""
    outputs = []
    for first, n_sequences, length in plan.runs:
        pieces = slice(first, first + n_sequences * length)
        shape = (n_sequences, length, -1)
        mask = torch.ones((n_sequences, length), dtype=torch.int64, device=rows.device)
        made = convolution(below[0, pieces].view(shape), rows[0, pieces].view(shape), mask)
        outputs.append(made.flatten(0, 1))
    return torch.cat(outputs)[None]


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """What a length reaches of the table of positions: its rows from `first` to `stop`, and which of those
    each pair of pieces takes. Shape: of_key `(query, key)`, of_query `(key, query)`, both int64."""

    first: int
    stop: int
    of_key: Tensor
    of_query: Tensor


class _Places:
    """The same for every length of a pack, made once for all layers."""

    def __init__(self, attention: Any, device: torch.device) -> None:
        self._device = device
        self._known: dict[int, _Near] = {}
        self._make = None
        if attention.relative_attention:
            self._make = partial(
                buckets, size=attention.position_buckets, reach=attention.max_relative_positions
            )
            self._middle = int(attention.pos_ebd_size)

    def of(self, length: int) -> _Near:
        """For a length; nothing where the family's attention looks at content alone."""
        known = self._known.get(length)
        if known is None:
            known = self._known[length] = self._near(length)
        return known

    def _near(self, length: int) -> _Near:
        if self._make is None:
            nothing = torch.zeros(0, dtype=torch.int64)
            return _Near(0, 0, nothing, nothing)
        found = self._make(torch.arange(1 - length, length))
        rows = torch.stack([self._middle + found, self._middle - found]).clamp(0, 2 * self._middle - 1)
        first, stop = int(rows.min()), int(rows.max()) + 1
        places = torch.arange(length)
        pairs = places[:, None] - places[None, :] + length - 1
        of_key, of_query = ((each - first)[pairs].to(self._device) for each in rows)
        return _Near(first, stop, of_key, of_query)


def buckets(distances: Tensor, size: int, reach: int) -> Tensor:
    """Which bucket distances are in: near ones in their own, far ones in fewer the farther they are.

    Shape: `(n,)` int64 to the same. `size` buckets a side (below 1: distances stay as they are) for distances
    up to `reach`. In float32, step by step as weights were trained with.
    """
    if size < 1 or reach < 1:
        return distances
    middle = size // 2
    far = torch.where(distances.abs() < middle, torch.tensor(middle - 1), distances.abs())
    steps = torch.log(far / middle) / torch.log(torch.tensor((reach - 1) / middle)) * (middle - 1)
    bucket = torch.ceil(steps) + middle
    found = torch.where(far <= middle, distances.to(bucket.dtype), bucket * torch.sign(distances))
    return found.to(torch.int64)
