# SPDX-License-Identifier: Apache-2.0
"""Errors of the rooms as one line on stderr and an exit code."""

from __future__ import annotations

import os
import sys

from rich.text import Text

from ..redaction import redact
from ..terminal import VisibleConsole

USAGE, CONFIG, FAILURE = 2, 78, 1
_CONFIG_ERRORS = frozenset({"ConfigError", "ConfigValidationError", "SettingsError", "UnknownNameError"})
_OUR_ERRORS = frozenset({"EngineError", "SchemaError", "TransportError", "WorkerError"})
_FILE_ERRORS = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)


def report(error: Exception) -> int | None:
    """Print what went wrong and give the exit code; None for errors that are bugs and should keep their
    traceback."""
    code = exit_code(error)
    if code is not None and not isinstance(error, BrokenPipeError):
        VisibleConsole(stderr=True).print(Text.assemble(("error: ", "bold red"), redact(str(error))))
    return code


def exit_code(error: Exception) -> int | None:
    """78 for a bad configuration, 1 for what the world refused, None for what only a bug explains."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & _CONFIG_ERRORS:
        return CONFIG
    if isinstance(error, BrokenPipeError):
        _silence_stdout()
        return FAILURE
    return FAILURE if names & _OUR_ERRORS or isinstance(error, _FILE_ERRORS) else None


def _silence_stdout() -> None:
    # The reader of the pipe left; what is still buffered goes nowhere, so that nothing complains at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
