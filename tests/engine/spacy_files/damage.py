# SPDX-License-Identifier: Apache-2.0
"""Damaged copies of a saved pipeline's files, and what may come of reading them."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

import engine
from engine import EngineError

TEXTS = ["They're gonna ask: Why did the U.S. office (in Kigali) pay $5?", "", "a  b\n\n\u00e9\U0001f600"]

Mutation = Callable[[bytes, random.Random], bytes]


def mutated(data: bytes, draw: random.Random) -> bytes:
    """The data with one to three things wrong."""
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        data = draw.choice(MUTATIONS)(data, draw)
    return data


def _flip(data: bytes, draw: random.Random) -> bytes:
    return _put(data, draw, bytes([draw.randrange(256)]))


def _huge(data: bytes, draw: random.Random) -> bytes:
    """A header that claims a lot: list, map, text, bytes or extension of up to four billion items."""
    return _put(
        data,
        draw,
        bytes([draw.choice(b"\xdd\xdf\xdb\xc6\xc9")])
        + draw.choice((b"\xff\xff\xff\xff", b"\x00\x3f\xff\xff")),
    )


def _number(data: bytes, draw: random.Random) -> bytes:
    """Another digit where there was one."""
    places = [i for i, byte in enumerate(data[:20_000]) if 48 <= byte < 58]
    if not places:
        return _flip(data, draw)
    at = draw.choice(places)
    return data[:at] + draw.choice((b"9", b"0", b"-1", b"99999999999999999999", b"1e999")) + data[at + 1 :]


def _cut(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data) + 1)]


def _delete(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data) + 1)
    return data[:at] + data[at + draw.randrange(1, 40) :]


def _insert(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data) + 1)
    return data[:at] + draw.randbytes(draw.randrange(1, 12)) + data[at:]


def _repeat(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data) + 1)
    part = data[at : at + draw.randrange(1, 60)]
    return data[:at] + part * draw.randrange(2, 4) + data[at:]


def _put(data: bytes, draw: random.Random, what: bytes) -> bytes:
    at = draw.randrange(len(data) + 1)
    return data[:at] + what + data[at + len(what) :]


MUTATIONS: tuple[Mutation, ...] = (_flip, _flip, _huge, _number, _cut, _delete, _insert, _repeat)


def unexpected(source: Path, name: str, work: Path, n: int, seed: int) -> list[str]:
    """What went wrong when file `name` of a pipeline was damaged `n` times: nothing, if all is well.

    Each damaged directory must be refused with an error that names it, or load and annotate (or refuse to, as
    an engine may).
    """
    shutil.copytree(source, work)
    data = (work / name).read_bytes()
    draw = random.Random(f"{seed} {name}")
    found = []
    for i in range(n):
        damaged = mutated(data, draw)
        (work / name).write_bytes(damaged)
        try:
            with np.errstate(all="ignore"):  # numbers may have become very large
                annotate(engine.load(work))
        except EngineError as error:
            if str(work) not in str(error):
                found.append(f"{i}: {type(error).__name__} without a file: {error}")
        except Exception as error:  # every other error is what this looks for
            found.append(f"{i}: {type(error).__name__}: {error} ({_tail(error)})")
    return found


def annotate(pipeline: engine.Pipeline) -> None:
    """Some texts, all layers read."""
    for text in TEXTS:
        pipeline(text).to_json()


def _tail(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
