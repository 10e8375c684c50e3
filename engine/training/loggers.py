# SPDX-License-Identifier: Apache-2.0
"""Loggers: what a person, or a program, sees of a training run, written to streams that the caller gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import orjson

from ..config.registry import registry
from ..errors import EngineError
from .logger_table import DOCUMENTED, OURS, Live, Logged, Style, Table
from .loop import StepInfo

LogStep = Callable[[StepInfo | None], None]
Logger = Callable[["Logged", TextIO, TextIO], tuple[LogStep, Callable[[], None]]]


@registry.loggers("freshet.ConsoleLogger.v1")
def make_console_logger(
    progress_bar: Any = False, console_output: bool = True, output_file: str | None = None
) -> Logger:
    """A table with one row per evaluation: epoch, step, words/s, losses, scores in per cent and the weighted
    score.

    `progress_bar`: a line that counts steps until the next row, where the output is a terminal; "train"
    counts those of the whole run. `output_file`: the same rows as JSONL.
    """
    return _console(OURS, progress_bar, console_output, output_file)


@registry.loggers("spacy.ConsoleLogger.v1")
def make_plain_console_logger(progress_bar: bool = False) -> Logger:
    """The table with the documented titles: E, #, LOSS NAME, scores in per cent, SCORE."""
    return _console(DOCUMENTED, progress_bar, True, None)


registry.loggers("spacy-ray.ConsoleLogger.v1")(make_plain_console_logger)  # its name where Ray trained


@registry.loggers("spacy.ConsoleLogger.v2")
def make_console_logger_with_file(
    progress_bar: bool = False, console_output: bool = True, output_file: str | None = None
) -> Logger:
    """The same, and each row as a line of JSON in a file."""
    return _console(DOCUMENTED, progress_bar, console_output, output_file)


@registry.loggers("spacy.ConsoleLogger.v3")
def make_console_logger_with_progress(
    progress_bar: str | None = None, console_output: bool = True, output_file: str | None = None
) -> Logger:
    """The same; `progress_bar` is null, "eval" (steps until the next row) or "train" (all steps)."""
    return _console(DOCUMENTED, progress_bar, console_output, output_file)


console_logger = make_console_logger_with_progress
"""Its documented name."""


@registry.loggers("freshet.JsonlLogger.v1")
def make_jsonl_logger(path: str | None = None) -> Logger:
    """One JSON object per evaluation, to a file or, without one, to standard output."""

    def start(pipeline: Logged, stdout: TextIO, stderr: TextIO) -> tuple[LogStep, Callable[[], None]]:
        stack = ExitStack()
        stream = stack.enter_context(_new_file(path)) if path else stdout
        return jsonl_sink(stream), stack.close

    return start


def jsonl_sink(stream: TextIO) -> LogStep:
    """A sink that writes each evaluation as one line of JSON."""

    def log(info: StepInfo | None) -> None:
        if info is not None:
            options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
            stream.write(orjson.dumps(info, option=options).decode() + "\n")
            stream.flush()

    return log


def _console(style: Style, progress_bar: object, console_output: bool, output_file: str | None) -> Logger:
    """Raises: EngineError where `progress_bar` is none of its values."""
    known = {None: None, False: None, "": None, True: "eval", "eval": "eval", "train": "train"}
    if progress_bar not in known:
        raise EngineError(
            f"expected progress_bar to be true, false, null, 'train' or 'eval', got {progress_bar!r}"
        )
    live: Live | None = known[progress_bar]  # type: ignore[assignment]  # a key by the check above

    def start(pipeline: Logged, stdout: TextIO, stderr: TextIO) -> tuple[LogStep, Callable[[], None]]:
        stack = ExitStack()
        sinks: list[LogStep] = []
        if console_output:
            sinks.append(Table(pipeline, stdout, live=live if stdout.isatty() else None, style=style).log)
        if output_file:
            sinks.append(jsonl_sink(stack.enter_context(_new_file(output_file))))
        return _fan_out(sinks), stack.close

    return start


def _fan_out(sinks: Sequence[LogStep]) -> LogStep:
    def log(info: StepInfo | None) -> None:
        for sink in sinks:
            sink(info)

    return log


def _new_file(path: str) -> TextIO:
    """Raises: EngineError where the file exists, for a log is never overwritten."""
    try:
        return Path(path).open("x", encoding="utf-8")
    except FileExistsError:
        raise EngineError(
            f"expected a new file for the training log, got {path!r}, which exists; remove it or choose "
            "another name"
        ) from None
