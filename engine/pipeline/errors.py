# SPDX-License-Identifier: Apache-2.0
"""Errors of a pipeline's arrangement and input; each is also the built-in error that scripts of the
ecosystem expect."""

from __future__ import annotations

from ..errors import EngineError


class UnknownComponentError(EngineError, KeyError, ValueError):
    """A name that no component of the pipeline has."""

    __str__ = Exception.__str__  # KeyError shows its message in quotes


class ArrangementError(EngineError, ValueError):
    """A component that cannot be put there, or made so."""


class InputError(EngineError, ValueError, TypeError):
    """Something that is no text and no document, or a text that is too long."""
