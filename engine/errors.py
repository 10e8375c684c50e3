# SPDX-License-Identifier: Apache-2.0
"""Errors of the engine: one short tree, every message says what was expected, what came and what to do."""

from __future__ import annotations


class EngineError(Exception):
    """Anything that the engine refuses; the workers catch this one."""


class TokenizerError(EngineError):
    """Tokenizer rules that cannot be used: a bad pattern, an exception that does not spell its key, an
    unknown language."""


class UnknownLanguageError(TokenizerError, ImportError):
    """A language that is not built; an `ImportError` too, which is what people catch there."""


class DocError(EngineError, ValueError):
    """A document asked for, or given, something that does not fit its tokens; a `ValueError` too, which is
    what people catch there."""


class DocValueError(DocError):
    """A value that a document cannot hold."""


class ModelFileError(EngineError):
    """A file of a saved pipeline that is missing, truncated or changed; the message names it."""


class NoPipelineError(ModelFileError, OSError):
    """Nothing at a pipeline's path, and no package of that name; an `OSError` too, which is what people catch
    before they download one."""


class MissingFileError(EngineError, FileNotFoundError):
    """A file of data that is not there."""


class DocBinError(EngineError, ValueError):
    """Bytes that are no whole DocBin file; a `ValueError` too."""


class UninitializedError(EngineError, ValueError):
    """A component without weights that was to be used; a `ValueError` too."""


class ComponentError(EngineError, ValueError):
    """Settings, labels or examples that a component cannot use; a `ValueError` too, which is what people
    catch there."""


class ExamplesError(ComponentError, TypeError):
    """Something that is no example, or no function that gives some; a `TypeError` too."""


class DrawingError(EngineError, ValueError):
    """Something that cannot be drawn, or not so; a `ValueError` too."""


class MissingMetaError(ModelFileError, FileNotFoundError):
    """Meta data that are not there."""
