# SPDX-License-Identifier: Apache-2.0
"""Rows of a training run for people: one an evaluation, with a line that counts steps between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TextIO

from .loop import MAIN_SCORES, StepInfo

Live = Literal["train", "eval"]
"""What a moving line shows: the steps of the whole training, or those until the next row."""


PER_WORKER = "w/s a worker"
"""Words a second that each of several workers learned."""


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


@dataclass(frozen=True, slots=True)
class Style:
    """How a table calls its columns."""

    epoch: str
    step: str
    words_per_second: str | None
    title: Callable[[str], str]
    score: Callable[[float], str]


OURS = Style("epoch", "step", "words/s", str, lambda value: f"{value:.4f}")
DOCUMENTED = Style("E", "#", None, str.upper, lambda value: f"{value:.2f}")
"""The titles that the documentation of public configs shows."""


class Table:
    """Rows of a training run; the columns are known at the first one. A score with weight null is not shown,
    one with weight 0 is."""

    def __init__(self, pipeline: Logged, stream: TextIO, *, live: Live | None, style: Style = OURS) -> None:
        self.names = list(pipeline.names)
        training = pipeline.config.get("training", {})
        weights = training.get("score_weights", {})
        self.score_names = [name for name, weight in weights.items() if weight is not None]
        self.every = int(training.get("eval_frequency") or 0)
        self.max_steps = int(training.get("max_steps") or 0)
        self.stream, self.live, self.style = stream, live, style
        self.columns: list[tuple[str, int]] = []
        self.steps = 0

    def log(self, info: StepInfo | None) -> None:
        """Write a row, or count a step on the live line."""
        self.steps += 1
        if info is None:
            if self.live:
                self.stream.write(f"\r  step {self.steps}, {self._goal()} ")
                self.stream.flush()
            return
        cells = list(self._cells(info))
        if not self.columns:
            self.columns = [(title, max(len(title), len(cell), 7)) for title, cell in cells]
            self._line(f"{title:>{width}}" for title, width in self.columns)
            self._line("-" * width for _, width in self.columns)
        known = dict(cells)
        self._line(f"{known.get(title, '-'):>{width}}" for title, width in self.columns)

    def _goal(self) -> str:
        if self.live == "train":
            return f"of {self.max_steps}" if self.max_steps else "no last one is set"
        next_row = -(-self.steps // self.every) * self.every if self.every else self.steps
        return f"next row at {next_row}"

    def _cells(self, info: StepInfo) -> Iterator[tuple[str, str]]:
        style = self.style
        yield style.epoch, str(info["epoch"])
        yield style.step, str(info["step"])
        if style.words_per_second:
            yield style.words_per_second, f"{info['words'] / max(info['seconds'], 1e-9):,.0f}"
        if "distributed" in info:
            yield style.title(PER_WORKER), f"{info['distributed']['words_per_worker']:,.0f}"
        for name in self.names:
            title = style.title(f"loss {name}")
            if name in info["losses"] or any(known == title for known, _ in self.columns):
                yield title, f"{info['losses'].get(name, 0.0):.2f}"
        for name in self._names_to_show(info["other_scores"]):
            yield style.title(name), _percent(name, info["other_scores"].get(name))
        yield style.title("score"), style.score(info["score"] or 0.0)

    def _names_to_show(self, scores: Mapping[str, Any]) -> list[str]:
        if not self.score_names:
            self.score_names = [name for name in MAIN_SCORES if scores.get(name) is not None]
        return self.score_names

    def _line(self, cells: Iterable[str]) -> None:
        self.stream.write(("\r\033[K" if self.live else "") + "  ".join(cells).rstrip() + "\n")
        self.stream.flush()


def _percent(name: str, value: object) -> str:
    if not isinstance(value, int | float):
        return "-"
    return f"{value:,.0f}" if name == "speed" else f"{100 * value:.2f}"
