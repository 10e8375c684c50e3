# SPDX-License-Identifier: Apache-2.0
"""Learning a token embedding from raw text, before there are labels: what `freshet pretrain` does.

- `masking`: words that the embedding does not see and has to be guessed
- `run`: the loop (what is guessed of them stands in `models/pretraining`), its progress, its files
"""

from __future__ import annotations

from .masking import Masked, mask_words
from .run import Pretraining, PretrainProgress, pretrain

__all__ = [
    "Masked",
    "PretrainProgress",
    "Pretraining",
    "mask_words",
    "pretrain",
]
