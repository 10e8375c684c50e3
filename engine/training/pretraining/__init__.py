# SPDX-License-Identifier: Apache-2.0
"""Learning a token embedding from raw text, before there are labels: what `freshet pretrain` does.

- `masking`: words that the embedding does not see and has to be guessed
- `objectives`: what is guessed of them: their static vector, or their first and last characters
- `run`: the loop, its progress, its files
"""

from __future__ import annotations

from .masking import Masked, mask_words
from .objectives import PretrainCharacters, PretrainVectors
from .run import Pretraining, PretrainProgress, pretrain

__all__ = [
    "Masked",
    "PretrainCharacters",
    "PretrainProgress",
    "PretrainVectors",
    "Pretraining",
    "mask_words",
    "pretrain",
]
