# SPDX-License-Identifier: Apache-2.0
"""The outer form of a DocBin file: a zlib stream of one msgpack map, every size checked before it is
believed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from ...errors import DocBinError, DocError
from ...vocab.strings import SYMBOL_IDS, SYMBOLS, string_ids
from ..msgpack import unpack

SUFFIX = ".spacy"
VERSION = "0.1"

MAX_BYTES = 1 << 32
"""Bytes of one file when inflated."""

FREE_BYTES = 1 << 26
"""So many bytes may come of any file; a larger one is held to `MAX_RATIO`."""

MAX_RATIO = 256
"""Inflated bytes for each stored one: text annotated in all columns reaches about 50, a bomb 1000."""

MAX_MEAN_CHARS = 64
"""Characters of a token, on average over a file with more than `FREE_BYTES` of text: words are stored once,
but used often."""

MAX_SCORE = float(np.finfo(np.float32).max)
"""Scores are kept as 32-bit floats."""

ATTRIBUTES = (
    "ORTH",
    "NORM",
    "LEMMA",
    "POS",
    "TAG",
    "DEP",
    "ENT_IOB",
    "ENT_TYPE",
    "HEAD",
    "SENT_START",
    "ENT_KB_ID",
    "MORPH",
    "ENT_ID",
)
"""What is written of a token, in this order."""

LABEL_COLUMNS = {
    "lemma": "LEMMA",
    "pos": "POS",
    "tag": "TAG",
    "dep": "DEP",
    "ent_kb_id": "ENT_KB_ID",
    "morph": "MORPH",
    "ent_id": "ENT_ID",
}
"""Columns of a batch, and the attributes that hold them."""

NO_FEATURES = "_"
"""What stands for a morphological analysis without any feature; an unset one is the empty string."""

FIRST_POS, LAST_POS = SYMBOL_IDS["ADJ"], SYMBOL_IDS["SPACE"]
"""Numbers of the universal parts of speech, the only ones that a file can hold."""

UInt64Array = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """The documents of a file as arrays.

    Shape: columns `(n_tokens,)` each, by attribute name; spaces `(n_tokens,)`; lengths, cats and span_groups:
    one a document. `unknown_spaces`: whether nobody said where blanks are; `user_data`: as bytes, or None.
    """

    columns: Mapping[str, UInt64Array]
    spaces: npt.NDArray[np.uint8]
    lengths: npt.NDArray[np.int64]
    strings: Sequence[str]
    cats: Sequence[Mapping[str, float]]
    span_groups: Sequence[bytes]
    unknown_spaces: Sequence[bool] = ()
    user_data: Sequence[bytes | None] = ()

    def texts(self) -> dict[int, str]:
        """Text of every string id that the file knows, symbols included."""
        return {
            **dict(zip(string_ids(self.strings).tolist(), self.strings, strict=True)),
            **dict(enumerate(SYMBOLS)),
        }

    def flags(self) -> Sequence[bool]:
        """Of each document whether nobody said where blanks are."""
        return self.unknown_spaces or [False] * len(self.lengths)

    def to_bytes(self) -> bytes:
        """The bytes of the file. Raises: DocError where a text holds half of a surrogate pair."""
        names = sorted((name for name in self.columns if name != "ORTH"), key=SYMBOL_IDS.__getitem__)
        tokens = np.stack([self.columns[name] for name in ("ORTH", *names)], axis=1).astype("<u8")
        value = {
            "version": VERSION,
            "attrs": [SYMBOL_IDS[name] for name in ("ORTH", *names)],
            "tokens": tokens.tobytes(),
            "spaces": self.spaces.tobytes(),
            "lengths": self.lengths.astype("<i4").tobytes(),
            "strings": sorted(self.strings),
            "cats": list(self.cats),
            "flags": [{"has_unknown_spaces": bool(unknown)} for unknown in self.flags()],
            "span_groups": list(self.span_groups),
        }
        if any(data is not None for data in self.user_data):
            value["user_data"] = list(self.user_data)
        try:
            return zlib.compress(msgpack.packb(value))
        except UnicodeEncodeError as error:
            raise DocError(
                f"expected texts that UTF-8 can express, got {error.object[error.start : error.end]!r}"
            ) from None

    @classmethod
    def of(cls, data: bytes, file: Path) -> Container:
        """What the bytes of a file hold. Raises: EngineError, which names the file."""
        value = unpack(inflate(data, file), file)
        try:
            return _container(value)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            what = f"{type(error).__name__}: {error}"
            raise DocBinError(
                f"{file}: expected a DocBin file, got one that does not hold together ({what}); fetch the "
                "file again"
            ) from None


def inflate(data: bytes, file: Path) -> bytes:
    """The bytes of a zlib stream. Raises: EngineError where it is none, is cut, or would grow beyond all
    reason."""
    limit = min(MAX_BYTES, max(FREE_BYTES, MAX_RATIO * len(data)))
    stream = zlib.decompressobj()
    try:
        out = stream.decompress(data, limit + 1)
    except zlib.error as error:
        raise DocBinError(
            f"{file}: expected a DocBin file, which is a zlib stream, got: {error}; fetch the file again"
        ) from None
    if len(out) > limit:
        raise DocBinError(
            f"{file}: expected at most {limit:,} bytes in a file of {len(data):,}, got more; split the "
            "file if it is yours"
        )
    if not stream.eof or stream.unused_data:
        what = "bytes behind its end" if stream.eof else "a stream that is cut off"
        raise DocBinError(f"{file}: expected a whole DocBin file, got {what}; fetch the file again")
    return out


def _container(value: Any) -> Container:
    lengths = np.frombuffer(value["lengths"], dtype="<i4").astype(np.int64)
    spaces = np.frombuffer(value["spaces"], dtype=np.uint8)
    strings: Any = value["strings"]
    _expect(
        bool((lengths >= 0).all()) and int(lengths.sum()) == len(spaces),
        f"{len(spaces)} blanks for the tokens of {len(lengths)} documents",
    )
    columns = _columns(value["attrs"], np.frombuffer(value["tokens"], dtype="<u8"), len(spaces))
    _expect(
        isinstance(strings, list) and all(isinstance(text, str) for text in strings), "strings that are none"
    )
    cats, groups = _values_of_docs(value, len(lengths))
    blanks = (spaces != 0).astype(np.uint8)
    return Container(columns, blanks, lengths, strings, cats, groups, *_extras(value, len(lengths)))


def _columns(attrs: Any, tokens: UInt64Array, n_tokens: int) -> dict[str, UInt64Array]:
    """The values of each attribute that has a name. Raises: ValueError."""
    _expect(
        all(type(number) is int for number in attrs) and len(set(attrs)) == len(attrs),
        f"attributes {attrs!r:.80}",
    )
    _expect(SYMBOL_IDS["ORTH"] in attrs, f"no words, only the attributes {attrs!r:.80}")
    _expect(
        len(tokens) == n_tokens * len(attrs),
        f"{len(tokens)} values for {n_tokens} tokens of {len(attrs)} attributes",
    )
    rows = tokens.reshape(n_tokens, len(attrs))
    columns = {SYMBOLS[number]: rows[:, i] for i, number in enumerate(attrs) if 0 < number < len(SYMBOLS)}
    pos = columns.get("POS", np.zeros(0, dtype=np.uint64))
    _expect(not ((pos != 0) & ((pos < FIRST_POS) | (pos > LAST_POS))).any(), "parts of speech that are none")
    return columns


def _values_of_docs(value: Any, n_docs: int) -> tuple[list[Mapping[str, float]], list[bytes]]:
    """Categories and groups of spans of each document, none where the file has none. Raises: ValueError."""
    cats = value.get("cats") or [{}] * n_docs
    groups = value.get("span_groups") or [b""] * n_docs
    _expect(
        len(cats) == len(groups) == n_docs,
        f"{len(cats)} cats and {len(groups)} groups of spans for {n_docs} documents",
    )
    _expect(all(isinstance(group, bytes) for group in groups), "groups of spans that are no bytes")
    return [_scores(scores) for scores in cats], groups


def _extras(value: Any, n_docs: int) -> tuple[list[bool], list[bytes | None]]:
    """Flags and user data of each document. Raises: ValueError."""
    flags = value.get("flags") or [{}] * n_docs
    data = value.get("user_data") or [None] * n_docs
    _expect(
        len(flags) == len(data) == n_docs,
        f"{len(flags)} flags and {len(data)} user data for {n_docs} documents",
    )
    _expect(all(part is None or isinstance(part, bytes) for part in data), "user data that are no bytes")
    _expect(all(isinstance(flag, dict) for flag in flags), "flags that are no maps")
    return [bool(flag.get("has_unknown_spaces")) for flag in flags], data


def _scores(cats: Any) -> Mapping[str, float]:
    _expect(
        isinstance(cats, dict) and all(isinstance(label, str) for label in cats), f"categories {cats!r:.60}"
    )
    scores = {label: float(score) for label, score in cats.items()}
    _expect(not any(abs(score) > MAX_SCORE for score in scores.values()), f"categories {cats!r:.60}")
    return scores


def _expect(holds: bool, got: str) -> None:
    if not holds:
        raise ValueError(got)
