# SPDX-License-Identifier: Apache-2.0
"""Attention between pieces of one sequence, in a row of many sequences without padding.

transformers calls a registered function in place of its own attention; the plan of the pack travels with the
call. What multiplies is a value of the plan, so that the path of a GPU can be walked without one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from ..lazy_torch import torch
from .libraries import transformers

if TYPE_CHECKING:
    from torch import Tensor

IntArray = npt.NDArray[Any]

NAME = "freshet_packed"
"""What configs of transformers call it."""


@dataclass(frozen=True, slots=True)
class AttentionCall:
    """What a layer wants: the factor of its products, dropout, how far a piece may look (None: everywhere),
    whether only backwards."""

    scale: float | None = None
    dropout: float = 0.0
    reach: int | None = None
    is_causal: bool = False


class Attend(Protocol):
    """Shape: query `(n_pieces, heads, width)`, key and value the same, with fewer heads where heads share
    them; the result like query."""

    def __call__(
        self, query: Tensor, key: Tensor, value: Tensor, plan: PackPlan, call: AttentionCall
    ) -> Tensor:
        """Attention within each sequence of the plan."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PackPlan:
    """Where sequences begin in a pack, as the kernels want it.

    `runs` are neighbours of the same length: first piece, number of sequences, length. Shape: cu_seq_lens
    `(n_sequences + 1,)`, int32, on the device of the pieces.
    """

    runs: tuple[tuple[int, int, int], ...]
    cu_seq_lens: Tensor
    max_length: int
    attend: Attend

    def by_run(self, *rows: Tensor) -> Iterator[tuple[int, list[Tensor]]]:
        """The length of each run's sequences, and its part of each of these rows.

        Shape: `(n_pieces, n_heads, width)` to `(n_sequences, n_heads, length, width)`.
        """
        for first, n_sequences, length in self.runs:
            pieces = slice(first, first + n_sequences * length)
            parts = (each[pieces].view(n_sequences, length, *each.shape[1:]) for each in rows)
            yield length, [part.transpose(1, 2) for part in parts]


def plan_pack(cu_seq_lens: IntArray, attend: Attend, device: str = "cpu") -> PackPlan:
    """The plan of sequences that lie one after the other. Shape: cu_seq_lens `(n_sequences + 1,)`, from 0."""
    lengths = np.diff(cu_seq_lens)
    changes = np.flatnonzero(np.diff(lengths)) + 1
    firsts = np.concatenate([[0], changes]).astype(np.int64)
    counts = np.diff(np.concatenate([firsts, [len(lengths)]]))
    runs = zip(cu_seq_lens[firsts].tolist(), counts.tolist(), lengths[firsts].tolist(), strict=True)
    on_device = torch.as_tensor(np.ascontiguousarray(cu_seq_lens, np.int32), device=device)
    return PackPlan(tuple(runs), on_device, int(lengths.max(initial=0)), attend)


def attend_runs(query: Tensor, key: Tensor, value: Tensor, plan: PackPlan, call: AttentionCall) -> Tensor:
    """One product a run of sequences of the same length; any device, any precision."""
    outputs = []
    for length, (q, k, v) in plan.by_run(query, key, value):
        attended = torch.nn.functional.scaled_dot_product_attention(
            q,
            k,
            v,
            attn_mask=_band(length, call, query),
            dropout_p=call.dropout,
            is_causal=call.is_causal and call.reach is None,
            scale=call.scale,
            enable_gqa=k.shape[1] != q.shape[1],
        )
        outputs.append(attended.transpose(1, 2).flatten(0, 1))
    return outputs[0] if len(outputs) == 1 else torch.cat(outputs)


def _band(length: int, call: AttentionCall, query: Tensor) -> Tensor | None:
    """Which pieces see which; None for all."""
    if call.reach is None or length <= call.reach + 1:
        return None
    places = torch.arange(length, device=query.device)
    distance = places[:, None] - places[None, :]
    band: Tensor = distance.abs() <= call.reach
    return band & (distance >= 0) if call.is_causal else band


def attend_varlen(kernel: Callable[..., Any], *, fixed_splits: bool = False) -> Attend:
    """Attention by a kernel with the signature of `torch.nn.attention.varlen.varlen_attn`.

    With fixed splits a sequence's result has the same bits whatever its neighbours are. The kernel has no
    dropout: attention probabilities are kept whole in training.
    """
    options = {"num_splits": 1} if fixed_splits else {}

    def attend(query: Tensor, key: Tensor, value: Tensor, plan: PackPlan, call: AttentionCall) -> Tensor:
        behind = -1 if call.reach is None else call.reach
        attended: Tensor = kernel(
            query.contiguous(),
            key.contiguous(),
            value.contiguous(),
            plan.cu_seq_lens,
            plan.cu_seq_lens,
            plan.max_length,
            plan.max_length,
            scale=call.scale,
            window_size=(behind, 0 if call.is_causal else behind),
            **({"enable_gqa": True} if key.shape[1] != query.shape[1] else {}),
            **options,
        )
        return attended

    return attend


def packed_attention(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None = None,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    freshet_plan: PackPlan | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """The function that transformers calls in every layer, of the pack in `freshet_plan`.

    Shape: query, key, value `(1, heads, n_pieces, width)`; the result `(1, n_pieces, heads, width)`.
    """
    if freshet_plan is None:
        raise RuntimeError("packed attention was called without a plan; this is a bug in Freshet")
    call = AttentionCall(
        scale=scaling,
        dropout=dropout,
        # ModernBERT hands in one more than the farthest piece that may be seen.
        reach=None if sliding_window is None else sliding_window - 1,
        is_causal=bool(getattr(module, "is_causal", False)),
    )
    q, k, v = (each[0].transpose(0, 1) for each in (query, key, value))
    return freshet_plan.attend(q, k, v, freshet_plan, call)[None], None


def register_packed_attention() -> str:
    """Make transformers know the function; its name."""
    transformers.AttentionInterface.register(NAME, packed_attention)
    return NAME
