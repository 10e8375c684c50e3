# SPDX-License-Identifier: Apache-2.0
"""What is refused of a pattern."""

from __future__ import annotations

from ..errors import EngineError


class PatternError(EngineError, ValueError):
    """A pattern that cannot be used, or a document that lacks what a pattern asks for; a `ValueError` too,
    which is what people catch there."""


class UnknownRuleError(PatternError, KeyError):
    """A key that no rule has."""

    __str__ = Exception.__str__  # KeyError shows its message in quotes
