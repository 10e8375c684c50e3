# SPDX-License-Identifier: Apache-2.0
"""Which row of the documentation's coverage a test shows: `@row("H21")`, or several at once."""

from __future__ import annotations

import pytest


def row(*ids: str) -> pytest.MarkDecorator:
    """Mark a test as the proof that rows of the documentation work in their literal form."""
    return pytest.mark.documentation(*ids)
