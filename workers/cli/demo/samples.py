# SPDX-License-Identifier: Apache-2.0
"""The bundled texts, all written for this: what is streamed, what people say about it, what is rehearsed,
what judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

import orjson

from schemas import LabelledSpan

_FOLDER = Path(__file__).parent
SAMPLES = _FOLDER / "texts.jsonl"
BASE = _FOLDER / "base.jsonl"
"""Annotated texts of the kind that the starter knows, for rehearsal."""
HOLDOUT = _FOLDER / "holdout.jsonl"
"""Annotated samples that nobody corrects and nothing learns from: the gate's fixed holdout."""
N_EARLY_TICKERS = 90
"""Sports tickers that come first and are corrected; the others come after the model has learned."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A text and its entities, as the people of the demo see them."""

    id: str
    text: str
    ents: tuple[LabelledSpan, ...]

    @property
    def value(self) -> bytes:
        """The text as it goes into the log."""
        return orjson.dumps({"id": self.id, "text": self.text, "meta": {"kind": self.id.partition("-")[0]}})


def read_samples() -> list[bytes]:
    """The values of the sample records, as they go into the log: a few of them broken on purpose.

    >>> len(read_samples()) > 200
    True
    """
    return SAMPLES.read_bytes().splitlines()


def read_tickers() -> tuple[list[Gold], list[Gold]]:
    """Sports tickers, whose club names the starter takes for places: those that come first, and those that
    come later."""
    gold = _read("tickers.jsonl")
    return gold[:N_EARLY_TICKERS], gold[N_EARLY_TICKERS:]


def read_corrected() -> list[Gold]:
    """What people say about texts that come first: all tickers, and a quarter of the other samples."""
    return [*read_tickers()[0], *_read("people.jsonl")]


def interleave(first: Sequence[bytes], second: Sequence[bytes]) -> list[bytes]:
    """Two streams as one, in turn.

    >>> interleave([b"a", b"b", b"c"], [b"1"])
    [b'a', b'1', b'b', b'c']
    """
    pairs = chain.from_iterable(zip_longest(first, second))
    return [value for value in pairs if value is not None]


def _read(name: str) -> list[Gold]:
    rows = map(orjson.loads, (_FOLDER / name).read_bytes().splitlines())
    return [
        Gold(
            row["id"], row["text"], tuple(LabelledSpan(e["start"], e["end"], e["label"]) for e in row["ents"])
        )
        for row in rows
    ]
