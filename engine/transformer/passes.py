# SPDX-License-Identifier: Apache-2.0
"""Pieces through a module: packed, or padded in buckets where the module knows no packs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from ..lazy_torch import torch
from .alignment import expand
from .packed_attention import Attend, PackPlan, plan_pack
from .packs import buckets_of, packs_of

if TYPE_CHECKING:
    from torch import Tensor, nn

IntArray = npt.NDArray[Any]


class Wanted(Protocol):
    """What is wanted besides the last layer."""

    @property
    def layers(self) -> bool:
        """All of them."""
        ...

    @property
    def pooler(self) -> bool:
        """A vector of each span as a whole."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Tensors:
    """What came out for some spans: where their pieces and they themselves belong, the rows, those of all
    layers, the pooler's."""

    pieces: IntArray | slice
    spans: IntArray | slice
    last: Tensor
    layers: tuple[Tensor, ...] | None
    pooled: Tensor | None


class Pass(Protocol):
    """One way of running a module."""

    def run(
        self, module: nn.Module, ids: IntArray, cu_seq_lens: IntArray, budget: int, wanted: Wanted
    ) -> Iterator[Tensors]:
        """All spans, some at a time."""
        ...


class RunPack(Protocol):
    """What takes a pack through a module.

    Shape: ids and positions `(n_pieces,)`, rows `(n_pieces, width)`.
    """

    def __call__(
        self, module: Any, ids: Tensor, positions: Tensor, plan: PackPlan, layers: bool
    ) -> tuple[Tensor, tuple[Tensor, ...] | None]:
        """The last layer's rows, and those of all layers where asked for, embeddings first."""
        ...


def call_module(
    module: Any, ids: Tensor, positions: Tensor, plan: PackPlan, layers: bool
) -> tuple[Tensor, tuple[Tensor, ...] | None]:
    """A module that calls the attention which its config names, with the plan."""
    out = module(
        input_ids=ids[None],
        position_ids=positions[None],
        output_hidden_states=layers,
        return_dict=True,
        freshet_plan=plan,
    )
    kept = tuple(layer[0] for layer in out.hidden_states) if layers else None
    return out.last_hidden_state[0], kept


class PackedPass:
    """Spans one after the other in a row of pieces."""

    def __init__(
        self, attend: Attend, first_position: int, pad_id: int, run_pack: RunPack = call_module
    ) -> None:
        self._attend = attend
        self._first_position = first_position
        self._pad_id = pad_id
        self._run_pack = run_pack

    def run(
        self, module: nn.Module, ids: IntArray, cu_seq_lens: IntArray, budget: int, wanted: Wanted
    ) -> Iterator[Tensors]:
        """Packs of about `budget` pieces, in the order of the spans."""
        device = _device_of(module)
        for pack in packs_of(cu_seq_lens, budget):
            plan = plan_pack(pack.cu_seq_lens, self._attend, str(device))
            positions = self._positions(ids[pack.pieces], pack.cu_seq_lens)
            last, layers = self._run_pack(
                module,
                torch.as_tensor(ids[pack.pieces].astype(np.int64), device=device),
                torch.as_tensor(positions, device=device),
                plan,
                wanted.layers,
            )
            pooled = pooled_of(module, last[plan.cu_seq_lens[:-1].long()]) if wanted.pooler else None
            yield Tensors(pack.pieces, pack.spans, last, layers, pooled)

    def _positions(self, ids: IntArray, cu_seq_lens: IntArray) -> IntArray:
        """Each piece's place in its span. Families that count from behind the padding's position give the
        padding piece, which a text may spell, that position, and go on behind it as if it were not there."""
        lengths = np.diff(cu_seq_lens)
        if not self._first_position:
            return expand(np.zeros(len(lengths), np.int64), lengths)
        counted = ids != self._pad_id
        ends = np.cumsum(counted)
        before = np.concatenate([[0], ends])[cu_seq_lens[:-1]]
        return np.where(counted, ends - np.repeat(before, lengths), 0) + self._first_position - 1


class PaddedPass:
    """Spans of like lengths, padded to the longest."""

    def __init__(self, attend: Attend, first_position: int, pad_id: int) -> None:
        self._pad_id = pad_id

    def run(
        self, module: nn.Module, ids: IntArray, cu_seq_lens: IntArray, budget: int, wanted: Wanted
    ) -> Iterator[Tensors]:
        """Buckets that fit into `budget` pieces with their padding, long spans first."""
        device, all_lengths = _device_of(module), np.diff(cu_seq_lens)
        for spans in buckets_of(cu_seq_lens, budget):
            lengths = all_lengths[spans]
            places = expand(cu_seq_lens[spans].astype(np.int64), lengths)
            mask = np.arange(lengths.max(initial=1)) < lengths[:, None]
            padded = np.full(mask.shape, self._pad_id, np.int64)
            padded[mask] = ids[places]
            out = module(
                input_ids=torch.as_tensor(padded, device=device),
                attention_mask=torch.as_tensor(mask.astype(np.int64), device=device),
                output_hidden_states=wanted.layers,
                return_dict=True,
            )
            inside = torch.as_tensor(mask, device=device)
            layers = tuple(layer[inside] for layer in out.hidden_states) if wanted.layers else None
            pooled = pooled_of(module, out.last_hidden_state[:, 0]) if wanted.pooler else None
            yield Tensors(places, spans, out.last_hidden_state[inside], layers, pooled)


def _device_of(module: nn.Module) -> torch.device:
    return next(module.parameters()).device


def pooled_of(module: nn.Module, firsts: Tensor) -> Tensor | None:
    """The pooler's vectors of first pieces, None where there is no pooler. Shape: `(n_spans, width)`."""
    pooler: Any = getattr(module, "pooler", None)
    if pooler is None:
        return None
    if isinstance(pooler, torch.nn.Linear):  # ALBERT keeps what follows beside it
        activation: Any = module.pooler_activation
        activated: Tensor = activation(pooler(firsts))
        return activated
    whole: Tensor = pooler(firsts[:, None])
    return whole
