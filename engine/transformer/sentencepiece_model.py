# SPDX-License-Identifier: Apache-2.0
"""SentencePiece models of the unigram kind: read from their file, and words cut by them.

Source: Kudo and Richardson 2018 (SentencePiece), Kudo 2018 (the unigram model).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np

from .errors import TransformerError

SPACE = "\u2581"
UNIGRAM = 1
UNKNOWN_PENALTY = np.float32(10)


class PieceKind(IntEnum):
    """Which pieces match text: normal ones, and those that a user named, which win."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


@dataclass(frozen=True, slots=True)
class Fields:
    """One message of Protocol Buffers: numbers, bytes and fixed floats by field number, in their order."""

    values: tuple[tuple[int, int | bytes], ...]

    def all(self, number: int) -> Iterator[int | bytes]:
        """Every value of a field."""
        return (value for field, value in self.values if field == number)

    def number(self, number: int, default: int) -> int:
        """The last value of a field, negative ones undone."""
        found = [value for value in self.all(number) if isinstance(value, int)]
        value = found[-1] if found else default
        return value - (1 << 64) if value >> 63 else value

    def message(self, number: int) -> bytes:
        """The last value of a field of bytes."""
        found = [value for value in self.all(number) if isinstance(value, bytes)]
        return found[-1] if found else b""


def read_fields(data: bytes) -> Fields:
    """Raises: ValueError where the bytes are no message."""
    values: list[tuple[int, int | bytes]] = []
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        kind, size = key & 7, 0
        if kind == 0:
            value, place = _varint(data, place)
            values.append((key >> 3, value))
            continue
        if kind == 2:
            size, place = _varint(data, place)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        if kind not in (1, 2, 5) or place + size > len(data):
            raise ValueError("bytes that are no message")
        values.append((key >> 3, data[place : place + size]))
        place += size
    return Fields(tuple(values))


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            break
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ValueError("a number without end")


class SentencePieceModel:
    """Words to ids of the model's own numbering.

    Raises: TransformerError where the bytes are no such model.
    """

    def __init__(self, data: bytes) -> None:
        try:
            model = read_fields(data)
            pieces = [read_fields(piece) for piece in model.all(1) if isinstance(piece, bytes)]
            trainer, normalizer = read_fields(model.message(2)), read_fields(model.message(3))
            self.pieces = [piece.message(1).decode() for piece in pieces]
            self._scores = [
                np.float32(struct.unpack("<f", piece.message(2) or bytes(4))[0]) for piece in pieces
            ]
            self._kinds = [PieceKind(piece.number(3, 1)) for piece in pieces]
            self._normal_form = NormalForm(normalizer)
        except (ValueError, struct.error, UnicodeDecodeError) as error:
            raise TransformerError(
                f"expected a SentencePiece model, got {len(data)} bytes that are none ({error})"
            ) from None
        if trainer.number(3, UNIGRAM) != UNIGRAM or not pieces:
            raise TransformerError(
                f"expected a SentencePiece model of the unigram kind, got kind {trainer.number(3, UNIGRAM)} "
                "with "
                f"{len(pieces)} pieces; save the tokenizer as tokenizer.json"
            )
        self.unk_id = trainer.number(40, 0)
        self.bos_id = trainer.number(41, 1)
        self.eos_id = trainer.number(42, 2)

    def ids_of(self, word: str) -> tuple[int, ...]:
        """The pieces of a word that stands alone; neighbouring unknown characters are one piece."""
        text = self._normal_form.of(word)
        ids: list[int] = []
        for piece in self._best(text):
            if piece != self.unk_id or not ids or ids[-1] != self.unk_id:
                ids.append(piece)
        return tuple(ids)

    @cached_property
    def _known(self) -> dict[str, tuple[int, np.float32]]:
        """Pieces that match text, with their scores."""
        best = max(
            (s for s, kind in zip(self._scores, self._kinds, strict=True) if kind == PieceKind.NORMAL),
            default=np.float32(0),
        )
        known = {}
        for i, (piece, score, kind) in enumerate(zip(self.pieces, self._scores, self._kinds, strict=True)):
            if kind == PieceKind.NORMAL:
                known[piece] = (i, score)
            elif kind == PieceKind.USER_DEFINED:
                known[piece] = (i, np.float32(len(piece) * best - np.float32(0.1)))
        return known

    @cached_property
    def _unknown_score(self) -> np.float32:
        normal = (s for s, kind in zip(self._scores, self._kinds, strict=True) if kind == PieceKind.NORMAL)
        return np.float32(min(normal, default=np.float32(0)) - UNKNOWN_PENALTY)

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._known), default=1)

    def _best(self, text: str) -> list[int]:
        """The path with the largest sum of scores; of equal ones that which was found first."""
        scores: list[np.float32 | None] = [np.float32(0)] + [None] * len(text)
        came_from: list[tuple[int, int]] = [(0, 0)] * (len(text) + 1)
        for start in range(len(text)):
            so_far = scores[start]
            if so_far is None:
                continue
            has_single = False
            for stop in range(start + 1, min(start + self._longest, len(text)) + 1):
                found = self._known.get(text[start:stop])
                if found is None:
                    continue
                has_single |= stop == start + 1
                self._offer(scores, came_from, start, stop, found[0], so_far + found[1])
            if not has_single:
                self._offer(scores, came_from, start, start + 1, self.unk_id, so_far + self._unknown_score)
        path, place = [], len(text)
        while place:
            place, piece = came_from[place]
            path.append(piece)
        return path[::-1]

    @staticmethod
    def _offer(
        scores: list[np.float32 | None],
        came_from: list[tuple[int, int]],
        start: int,
        stop: int,
        piece: int,
        score: np.float32,
    ) -> None:
        known = scores[stop]
        if known is None or score > known:
            scores[stop], came_from[stop] = score, (start, piece)


class NormalForm:
    """How a model writes a text before it cuts it: replacements by the longest match, blanks as marks."""

    def __init__(self, normalizer: Fields) -> None:
        charsmap = normalizer.message(2)
        self._adds_prefix = bool(normalizer.number(3, 1))
        self._removes_blanks = bool(normalizer.number(4, 1))
        self._marks_blanks = bool(normalizer.number(5, 1))
        size = struct.unpack("<I", charsmap[:4])[0] if charsmap else 0
        self._trie = np.frombuffer(charsmap[4 : 4 + size], "<u4").tolist()
        self._replacements = charsmap[4 + size :]

    def of(self, text: str) -> str:
        """The text as the model's pieces are written."""
        parts = list(self._parts(text.encode()))
        if self._removes_blanks:
            while parts and parts[0] == " ":
                del parts[0]
        if not parts:
            return ""
        written = " " if self._adds_prefix else ""
        after_blank = self._removes_blanks
        for part in parts:
            if after_blank:
                part = part.lstrip(" ")
            if part:
                written += part
                after_blank = part.endswith(" ")
            after_blank = after_blank and self._removes_blanks
        if self._removes_blanks:
            written = written.rstrip(" ")
        return written.replace(" ", SPACE) if self._marks_blanks else written

    def _parts(self, data: bytes) -> Iterator[str]:
        place = 0
        while place < len(data):
            replacement, size = self._longest_match(data, place)
            if replacement is None:
                size = _character_size(data[place])
                replacement = data[place : place + size].decode()
            yield replacement
            place += size

    def _longest_match(self, data: bytes, place: int) -> tuple[str | None, int]:
        """The replacement of the longest known beginning. The trie is a double array: a unit holds its label,
        the way to its children, and whether a value ends there."""
        if not self._trie:
            return None, 0
        best: tuple[str | None, int] = (None, 0)
        node = _children(self._trie[0])
        for i in range(place, len(data)):
            node ^= data[i]
            unit = self._trie[node] if node < len(self._trie) else 0
            if unit & 0x800000FF != data[i]:
                break
            node ^= _children(unit)
            if unit >> 8 & 1:
                best = (self._replacement(self._trie[node] & 0x7FFFFFFF), i + 1 - place)
        return best

    def _replacement(self, first: int) -> str:
        return self._replacements[first : self._replacements.index(b"\0", first)].decode()


def _children(unit: int) -> int:
    return (unit >> 10) << ((unit & 512) >> 6)


def _character_size(byte: int) -> int:
    """Bytes of a UTF-8 character, by its first one."""
    return 1 if byte < 0xC0 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
