# SPDX-License-Identifier: Apache-2.0
"""Loggers: what a person, or a program, sees of a training run, written to streams that the caller gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol, TextIO

import orjson

from ..config.registry import registry
from ..errors import EngineError
from .loop import MAIN_SCORES, StepInfo

LogStep = Callable[[StepInfo | None], None]
Logger = Callable[["Logged", TextIO, TextIO], tuple[LogStep, Callable[[], None]]]


class Logged(Protocol):
    """What a logger needs of a pipeline."""

    @property
    def names(self) -> Sequence[str]:
        """Names of the components."""
        ...

    @property
    def config(self) -> Mapping[str, Any]:
        """The config."""
        ...


@registry.loggers("freshet.ConsoleLogger.v1")
def make_console_logger(
    progress_bar: Any = False, console_output: bool = True, output_file: str | None = None
) -> Logger:
    """A table with one row per evaluation: epoch, step, words/s, losses, scores in per cent and the weighted
    score.

    `progress_bar`: a line that counts steps until the next row, where the output is a terminal.
    `output_file`: the same rows as JSONL.
    """

    def start(pipeline: Logged, stdout: TextIO, stderr: TextIO) -> tuple[LogStep, Callable[[], None]]:
        stack = ExitStack()
        sinks: list[LogStep] = []
        if console_output:
            sinks.append(Table(pipeline, stdout, live=bool(progress_bar) and stdout.isatty()).log)
        if output_file:
            sinks.append(jsonl_sink(stack.enter_context(_new_file(output_file))))
        return _fan_out(sinks), stack.close

    return start


@registry.loggers("freshet.JsonlLogger.v1")
def make_jsonl_logger(path: str | None = None) -> Logger:
    """One JSON object per evaluation, to a file or, without one, to standard output."""

    def start(pipeline: Logged, stdout: TextIO, stderr: TextIO) -> tuple[LogStep, Callable[[], None]]:
        stack = ExitStack()
        stream = stack.enter_context(_new_file(path)) if path else stdout
        return jsonl_sink(stream), stack.close

    return start


class Table:
    """Rows of a training run; the columns are known at the first one."""

    def __init__(self, pipeline: Logged, stream: TextIO, *, live: bool) -> None:
        self.names = list(pipeline.names)
        training = pipeline.config.get("training", {})
        self.score_names = [name for name, weight in training.get("score_weights", {}).items() if weight]
        self.every = int(training.get("eval_frequency") or 0)
        self.stream, self.live = stream, live
        self.columns: list[tuple[str, int]] = []
        self.steps = 0
        self.rows = 0

    def log(self, info: StepInfo | None) -> None:
        """Write a row, or count a step on the live line."""
        self.steps += 1
        if info is None:
            if self.live:
                self.stream.write(f"\r  step {self.steps}, next row at {self._next_row()} ")
                self.stream.flush()
            return
        cells = list(self._cells(info))
        if not self.columns:
            self.columns = [(title, max(len(title), len(cell), 7)) for title, cell in cells]
            self._line(f"{title:>{width}}" for title, width in self.columns)
            self._line("-" * width for _, width in self.columns)
        self._line(f"{cell:>{width}}" for (_, cell), (_, width) in zip(cells, self.columns, strict=True))

    def _next_row(self) -> int:
        return -(-self.steps // self.every) * self.every if self.every else self.steps

    def _cells(self, info: StepInfo) -> Iterator[tuple[str, str]]:
        yield "epoch", str(info["epoch"])
        yield "step", str(info["step"])
        yield "words/s", f"{info['words'] / max(info['seconds'], 1e-9):,.0f}"
        for name in self.names:
            if name in info["losses"] or self._has_column(f"loss {name}"):
                yield f"loss {name}", f"{info['losses'].get(name, 0.0):.2f}"
        for name in self._names_to_show(info["other_scores"]):
            yield name, _percent(info["other_scores"].get(name))
        yield "score", f"{info['score'] or 0.0:.4f}"

    def _has_column(self, title: str) -> bool:
        return any(known == title for known, _ in self.columns)

    def _names_to_show(self, scores: Mapping[str, Any]) -> list[str]:
        if not self.score_names:
            self.score_names = [name for name in MAIN_SCORES if scores.get(name) is not None]
        return self.score_names

    def _line(self, cells: Any) -> None:
        self.stream.write(("\r\033[K" if self.live else "") + "  ".join(cells).rstrip() + "\n")
        self.stream.flush()


def jsonl_sink(stream: TextIO) -> LogStep:
    """A sink that writes each evaluation as one line of JSON."""

    def log(info: StepInfo | None) -> None:
        if info is not None:
            stream.write(orjson.dumps(info, option=orjson.OPT_SERIALIZE_NUMPY).decode() + "\n")
            stream.flush()

    return log


def _percent(value: object) -> str:
    return f"{100 * value:.2f}" if isinstance(value, int | float) else "-"


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
