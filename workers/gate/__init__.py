# SPDX-License-Identifier: Apache-2.0
"""Whether a trained candidate may take the champion's place, decided from examples that neither has learned from."""

from __future__ import annotations

from .holdout import held_out

__all__ = ["held_out"]
