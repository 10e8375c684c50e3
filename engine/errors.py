# SPDX-License-Identifier: Apache-2.0
"""Errors of the engine: one short tree, every message says what was expected, what came and what to do."""

from __future__ import annotations


class EngineError(Exception):
    """Anything that the engine refuses; the workers catch this one."""


class TokenizerError(EngineError):
    """Tokenizer rules that cannot be used: a bad pattern, an exception that does not spell its key, an
    unknown language."""


class DocError(EngineError):
    """A document asked for, or given, something that does not fit its tokens."""


class DocValueError(DocError, ValueError):
    """A value that a document cannot hold; a `ValueError` too, which is what people catch there."""


class ModelFileError(EngineError):
    """A file of a saved pipeline that is missing, truncated or changed; the message names it."""
