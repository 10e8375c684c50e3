# SPDX-License-Identifier: Apache-2.0
"""Two or more sides in one run: each in a process of its own, taking turns, medians over the turns.

A side is a program that reads one JSON value a line and answers each with one. It never runs while another
one does.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class SideCommand:
    """How a side is started, and what its row in the table is called."""

    name: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Figures:
    """Tokens per second of one side at one task: by the wall's clock and per second of processor time, one
    value a turn."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, answer: dict[str, float]) -> None:
        """Take one turn's tokens and seconds."""
        self.wall.append(answer["tokens"] / answer["seconds"])
        self.cpu.append(answer["tokens"] / max(answer["cpu_seconds"], 1e-9))

    def summary(self) -> dict[str, Any]:
        """Medians and all values."""
        return {
            "wall": median(self.wall),
            "cpu": median(self.cpu),
            "all_wall": self.wall,
            "all_cpu": self.cpu,
        }


class Side:
    """A running side."""

    def __init__(self, start: SideCommand, stack: ExitStack) -> None:
        """Start the program; it ends with the stack."""
        self.name = start.name
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the stack
        stack.callback(self._errors.close)
        environment = {**os.environ, **dict(start.environment)}
        self._process = stack.enter_context(
            subprocess.Popen(
                start.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
                env=environment,
            )
        )
        stack.callback(self._process.kill)

    def ask(self, request: dict[str, Any]) -> Any:
        """One answer. Raises: RuntimeError with the side's own words where it ended instead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            raise RuntimeError(f"side {self.name!r} ended; its last words: {self._errors.read()[-2000:]}")
        return json.loads(line)


def take_turns(sides: Sequence[Side], request: dict[str, Any], turns: int) -> dict[str, Figures]:
    """Ask every side in turn, `turns` times; the order is reversed every other time."""
    figures = {side.name: Figures() for side in sides}
    for turn in range(turns):
        for side in sides if turn % 2 == 0 else sides[::-1]:
            figures[side.name].add(side.ask(request))
            print(
                f"{request} {turn + 1}/{turns} {side.name}: {figures[side.name].wall[-1]:,.0f} tokens/s",
                file=sys.stderr,
                flush=True,
            )
    return figures


def machine() -> dict[str, Any]:
    """What was measured on."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
    }
