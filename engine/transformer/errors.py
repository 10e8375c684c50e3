# SPDX-License-Identifier: Apache-2.0
"""What cannot be used of a transformer: its files, its names, its sizes."""

from __future__ import annotations

from ..errors import EngineError


class TransformerError(EngineError, ValueError):
    """An encoder, a tokenizer or their files that do not fit; the message names what was expected."""
