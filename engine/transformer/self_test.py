# SPDX-License-Identifier: Apache-2.0
"""Whether spans that are encoded together come out as one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..lazy_torch import torch
from .modules import twin

if TYPE_CHECKING:
    from .encoder import Encoder

IntArray = npt.NDArray[Any]

LENGTHS = (3, 1, 8, 5, 2, 13, 32)
"""64 pieces in spans of several lengths."""

TOLERANCE = {"fp32": 1e-3, "bf16": 0.25, "int8": 0.5}
"""Largest difference, as a part of the largest number of the rows. Sequences that attend to each other are
wrong by the size of the rows themselves; the low precisions differ by themselves."""


def differs_from_single(encoder: Encoder) -> bool:
    """Whether the encoder's rows of 64 pieces differ from those of its module's stock attention, span by
    span."""
    ids, cu_seq_lens = _pieces(encoder)
    together = encoder.encode(ids, cu_seq_lens).last
    alone = _one_by_one(encoder, ids, cu_seq_lens)
    size = float(np.abs(alone).max(initial=1e-6))
    return bool(np.abs(together - alone).max() > TOLERANCE[encoder.backend.precision] * size)


def _pieces(encoder: Encoder) -> tuple[IntArray, IntArray]:
    """The same pieces every time, no padding among them."""
    rng = np.random.default_rng(0)
    lengths = np.minimum(LENGTHS, encoder.max_pieces)
    n_pieces = int(encoder.vocab_size)
    pad = getattr(encoder.library_config, "pad_token_id", None)
    known = np.setdiff1d(np.arange(min(n_pieces, 1000)), [] if pad is None else [pad])
    cu_seq_lens = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return rng.choice(known, int(lengths.sum())).astype(np.int32), cu_seq_lens


def _one_by_one(encoder: Encoder, ids: IntArray, cu_seq_lens: IntArray) -> npt.NDArray[np.float32]:
    single, rows = twin(encoder.module, "eager"), []
    with torch.inference_mode():
        for first, stop in zip(cu_seq_lens[:-1].tolist(), cu_seq_lens[1:].tolist(), strict=True):
            span = torch.as_tensor(ids[first:stop].astype(np.int64), device=encoder.backend.device)[None]
            rows.append(single(input_ids=span, return_dict=True).last_hidden_state[0].float().cpu().numpy())
    return np.concatenate(rows)
