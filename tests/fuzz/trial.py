# SPDX-License-Identifier: Apache-2.0
"""One case on one target: what may come of it, and what is a finding.

A target takes bytes and returns, or raises a clear error: one of ours, with a message. It checks itself
that what was read reads back equal. A case that takes more than a second of a processor, or much memory, is
a finding too.

Why an own loop, and not atheris or hypothesis: a target here costs between 20 microseconds and a tenth of a
second, half of it in compiled loops and in C (orjson, msgpack, safetensors), where atheris sees no branches,
and atheris has no wheels for Python 3.14 nor aarch64; hypothesis draws values by their type, but what breaks
readers are bytes that nobody would describe, near to bytes that were right. The loop is guided by coverage as
theirs are (`reach`): mutations of good and of once bad cases, joined with one another and with the words of
each format; one that reaches a new line is mutated further. Targets are functions of bytes: any engine can
call them (`atheris.Setup(sys.argv, target.run)`).
"""

from __future__ import annotations

import resource
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import EngineError
from schemas.errors import SchemaError
from workers.errors import WorkerError

WORDS = Path(__file__).parent / "words"
SECONDS = 1.0
MEGABYTES = 512
CLEAR = (EngineError, SchemaError, WorkerError)


@dataclass(frozen=True, slots=True)
class Target:
    """What is tried: `run` raises AssertionError where a result does not hold, a clear error, or nothing."""

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    words: Sequence[bytes] = field(default=())
    rounds: int = 4
    """Mutations of one case at most."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A case that must not happen."""

    target: str
    case: bytes
    what: str


def words_of(name: str) -> list[bytes]:
    """Words of a format: a line of a file each, with escapes as in Python."""
    lines = (WORDS / f"{name}.txt").read_text().splitlines()
    return [line.encode().decode("unicode_escape").encode("latin-1") for line in lines]


def try_case(target: Target, case: bytes, seconds: float = SECONDS) -> Finding | None:
    """What is wrong with what the target makes of a case; None where nothing is."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.thread_time()
    what = _outcome(target, case)
    spent = time.thread_time() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) >> 10
    if not what and spent > seconds:
        what = f"took {spent:.1f} s of a processor"
    if not what and grown > MEGABYTES:
        what = f"took {grown} MB of memory"
    return Finding(target.name, case, what) if what else None


def _outcome(target: Target, case: bytes) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target.run(case)
    except CLEAR as error:
        return "" if _is_clear(str(error)) else f"an error that says nothing: {error!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:500]
    return ""


def _is_clear(message: str) -> bool:
    return len(message) > 10 and "Traceback" not in message and " object at 0x" not in message
