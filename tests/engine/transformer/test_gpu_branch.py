# SPDX-License-Identifier: Apache-2.0
"""The path of a GPU, walked without one: a kernel for the CPU in its place, and torch's meta device."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from engine.lazy_torch import torch
from engine.transformer import Backend, Precision
from engine.transformer.packed_attention import attend_varlen, plan_pack
from engine.transformer.passes import PackedPass

from .tiny import PACKED, some_pieces, tiny_encoder

LENGTHS = [1, 40, 3, 3, 17]


class ReferenceKernel:
    """`varlen_attn` on the CPU, sequence by sequence; keeps what it was called with."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def __call__(
        self,
        query: Any,
        key: Any,
        value: Any,
        cu_seq_q: Any,
        cu_seq_k: Any,
        max_q: int,
        max_k: int,
        *,
        scale: float | None = None,
        window_size: tuple[int, int] = (-1, -1),
        enable_gqa: bool = False,
        num_splits: int | None = None,
    ) -> Any:
        """Attention within each sequence."""
        assert cu_seq_q.dtype == torch.int32
        assert cu_seq_q.device == query.device
        assert type(max_q) is int
        assert max_q == max_k
        self.calls.append({"max": max_q, "window": window_size, "splits": num_splits, "gqa": enable_gqa})
        out = torch.empty_like(query)
        for first, stop in pairwise(cu_seq_q.tolist()):
            q, k, v = (each[first:stop].transpose(0, 1)[None] for each in (query, key, value))
            places = torch.arange(stop - first)
            distance = places[None] - places[:, None]
            left, right = (each if each >= 0 else stop for each in window_size)
            mask = (distance >= -left) & (distance <= right)
            done = torch.nn.functional.scaled_dot_product_attention(
                q, k, v, attn_mask=mask, scale=scale, enable_gqa=enable_gqa
            )
            out[first:stop] = done[0].transpose(0, 1)
        return out


WITHOUT = ("albert", "deberta-v2")
"""A family whose layers are one, and one whose attention the kernel does not have."""


@pytest.mark.parametrize("family", [family for family in PACKED if family not in WITHOUT])
def test_the_varlen_kernel_gets_the_right_layout(family: str) -> None:
    """Rows as those of the CPU's own attention, windows and shared heads included."""
    kernel = ReferenceKernel()
    encoder = tiny_encoder(family, Backend(attend=attend_varlen(kernel, fixed_splits=True)))
    pieces = some_pieces(LENGTHS)
    kernel.calls.clear()
    got = encoder.encode(*pieces).last
    np.testing.assert_allclose(got, tiny_encoder(family).encode(*pieces).last, rtol=0, atol=1e-5)
    assert len(kernel.calls) == encoder.n_layers
    assert {call["max"] for call in kernel.calls} == {40}
    assert {call["splits"] for call in kernel.calls} == {1}


def test_windows_of_modernbert_reach_to_the_kernel() -> None:
    """Half of `local_attention` to either side, in the layers that are local."""
    kernel = ReferenceKernel()
    encoder = tiny_encoder("modernbert", Backend(attend=attend_varlen(kernel)))
    kernel.calls.clear()
    encoder.encode(*some_pieces([60]))
    assert [call["window"] for call in kernel.calls] == [(-1, -1), (8, 8), (-1, -1)]


@pytest.mark.parametrize("family", ["bert", "modernbert", "roberta"])
def test_the_branch_walks_on_the_meta_device(family: str) -> None:
    """Shapes and keywords of the packed pass in bf16, without a number being multiplied."""
    seen = []

    def kernel(query: Any, key: Any, value: Any, *rest: Any, **options: Any) -> Any:
        seen.append((query.shape, query.dtype, rest[0].dtype, rest[0].device.type))
        return torch.empty_like(query)

    module = tiny_encoder(family).module.to(torch.bfloat16).to("meta")
    ids, cu_seq_lens = some_pieces(LENGTHS)
    walk = PackedPass(attend_varlen(kernel), 2 if family == "roberta" else 0, 1)

    class Wanted:
        layers, pooler = True, True

    (tensors,) = walk.run(module, ids, cu_seq_lens, 1024, Wanted())
    assert tensors.last.shape == (64, 32)
    assert tensors.layers is not None
    assert len(tensors.layers) == 4
    assert seen == [(torch.Size([64, 4, 8]), torch.bfloat16, torch.int32, "meta")] * 3


def test_a_plan_names_runs_of_the_same_length() -> None:
    """Neighbours only: the order of spans stays."""
    plan = plan_pack(np.array([0, 3, 6, 8, 11]), attend_varlen(ReferenceKernel()))
    assert plan.runs == ((0, 2, 3), (6, 1, 2), (8, 1, 3))
    assert plan.max_length == 3


def test_half_precision_is_near() -> None:
    """bf16 on the CPU: the weights stay whole, rows are near, and learning goes on from the whole ones."""
    encoder, half = tiny_encoder("bert"), tiny_encoder("bert", Backend(precision=Precision.BF16))
    pieces = some_pieces(LENGTHS)
    full, low = encoder.encode(*pieces).last, half.encode(*pieces).last
    assert 0 < np.abs(full - low).max() < 0.2
    for name, array in half.state().items():
        np.testing.assert_array_equal(array, encoder.state()[name])
    with torch.no_grad():
        half.parameters()["embeddings.word_embeddings.weight"].mul_(0.5)
    assert np.abs(half.encode(*pieces).last - low).max() > 0.2


def test_autocast_multiplies_in_half_precision() -> None:
    """Rows near those of fp32, gradients in fp32."""
    encoder = tiny_encoder("bert")
    pieces = some_pieces(LENGTHS)
    encoded, backprop = encoder.begin_update(*pieces, autocast=True)
    assert 0 < np.abs(encoded.last - encoder.encode(*pieces).last).max() < 0.2
    backprop(np.ones_like(encoded.last), None)
    assert {array.dtype for array in encoder.gradients().values()} == {np.dtype(np.float32)}
