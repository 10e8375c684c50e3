# SPDX-License-Identifier: Apache-2.0
"""String ids: the 64-bit numbers that stand for texts in feature columns and in trained tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..jit.loops import jit

UInt64Array = npt.NDArray[np.uint64]

_MULTIPLIER = np.uint64(0xC6A4A7935BD1E995)
_SHIFT = np.uint64(47)
_SEED = np.uint64(1)
_SLOT_BITS = 11
"""Slots of the symbol table: 2048 for 457 names, so that a probe nearly always ends at the first slot."""

_HEAD = (
    "IS_ALPHA IS_ASCII IS_DIGIT IS_LOWER IS_PUNCT IS_SPACE IS_TITLE IS_UPPER LIKE_URL LIKE_NUM "
    "LIKE_EMAIL IS_STOP IS_OOV_DEPRECATED "
    "IS_BRACKET IS_QUOTE IS_LEFT_PUNCT IS_RIGHT_PUNCT IS_CURRENCY"
)
_MIDDLE = (
    "ID ORTH LOWER NORM SHAPE PREFIX SUFFIX LENGTH CLUSTER LEMMA POS TAG DEP ENT_IOB ENT_TYPE "
    "HEAD SENT_START SPACY PROB LANG ADJ ADP ADV "
    "AUX CONJ CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X EOL SPACE"
)
_TAIL = (
    "PERSON NORP FACILITY ORG GPE LOC PRODUCT EVENT WORK_OF_ART LANGUAGE LAW DATE TIME PERCENT "
    "MONEY QUANTITY ORDINAL CARDINAL acomp advcl "
    "advmod agent amod appos attr aux auxpass cc ccomp complm conj cop csubj csubjpass dep det "
    "dobj expl hmod hyph infmod intj iobj mark "
    "meta neg nmod nn npadvmod nsubj nsubjpass num number oprd obj obl parataxis partmod pcomp "
    "pobj poss possessive preconj prep prt punct "
    "quantmod relcl rcmod root xcomp acl ENT_KB_ID MORPH ENT_ID IDX _"
)

SYMBOLS: tuple[str, ...] = (
    "",
    *_HEAD.split(),
    *(f"FLAG{n}" for n in range(19, 64)),
    *_MIDDLE.split(),
    *(f"DEPRECATED{n:03}" for n in range(1, 277)),
    *_TAIL.split(),
)
"""Names whose id is their position instead of a hash; the empty string is 0."""

SYMBOL_IDS: dict[str, int] = {name: number for number, name in enumerate(SYMBOLS)}


def string_id(text: str) -> int:
    """Id of one text: its symbol number, else MurmurHash64A of its UTF-8 bytes with seed 1."""
    return int(string_ids([text])[0])


def string_ids(texts: Sequence[str]) -> UInt64Array:
    """Ids of many texts.

    Shape: `(len(texts),)`.
    """
    points, offsets = code_points(texts)
    return text_ids(points, offsets, *symbol_slots())


def code_points(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """All code points of the texts on end, and where each text begins.

    Shape: points `(n_points,)`, offsets `(len(texts) + 1,)`.
    """
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)), out=offsets[1:])
    return np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32), offsets


@cache
def symbol_slots() -> tuple[UInt64Array, npt.NDArray[np.uint64]]:
    """Open-addressing table from a symbol's hash to its number: (hashes, numbers), empty slots are 0."""
    hashes = np.zeros(1 << _SLOT_BITS, dtype=np.uint64)
    numbers = np.zeros(1 << _SLOT_BITS, dtype=np.uint64)
    points, offsets = code_points(SYMBOLS)
    keys = text_ids(points, offsets, hashes, numbers)
    mask = (1 << _SLOT_BITS) - 1
    for number, key in enumerate(keys.tolist()):
        if number:
            slot = key & mask
            while hashes[slot]:
                slot = (slot + 1) & mask
            hashes[slot], numbers[slot] = key, number
    return hashes, numbers


@jit
def murmur64(
    data: npt.NDArray[np.uint8], start: int, end: int, seed: Any
) -> Any:  # pragma: no cover - compiled
    """MurmurHash64A of `data[start:end]`."""
    length = end - start
    state = seed ^ (np.uint64(length) * _MULTIPLIER)
    position = start
    for _ in range(length // 8):
        block = np.uint64(0)
        for k in range(8):
            block |= np.uint64(data[position + k]) << np.uint64(8 * k)
        block *= _MULTIPLIER
        block ^= block >> _SHIFT
        state = (state ^ (block * _MULTIPLIER)) * _MULTIPLIER
        position += 8
    if position < end:
        for k in range(end - position):
            state ^= np.uint64(data[position + k]) << np.uint64(8 * k)
        state *= _MULTIPLIER
    state ^= state >> _SHIFT
    state *= _MULTIPLIER
    return state ^ (state >> _SHIFT)


@jit
def utf8_into(point: Any, out: npt.NDArray[np.uint8], at: int) -> int:  # pragma: no cover - compiled
    """Write one code point as UTF-8 (surrogates too) and return the position after it."""
    if point < 0x80:
        out[at] = point
        return at + 1
    if point < 0x800:
        out[at] = 0xC0 | (point >> 6)
        out[at + 1] = 0x80 | (point & 0x3F)
        return at + 2
    if point < 0x10000:
        out[at] = 0xE0 | (point >> 12)
        out[at + 1] = 0x80 | ((point >> 6) & 0x3F)
        out[at + 2] = 0x80 | (point & 0x3F)
        return at + 3
    out[at] = 0xF0 | (point >> 18)
    out[at + 1] = 0x80 | ((point >> 12) & 0x3F)
    out[at + 2] = 0x80 | ((point >> 6) & 0x3F)
    out[at + 3] = 0x80 | (point & 0x3F)
    return at + 4


@jit
def bytes_id(
    data: npt.NDArray[np.uint8], end: int, slot_hashes: UInt64Array, slot_numbers: UInt64Array
) -> Any:  # pragma: no cover - compiled
    """String id of the UTF-8 bytes `data[:end]`: symbols first, the empty string is 0."""
    if end == 0:
        return np.uint64(0)
    key = murmur64(data, 0, end, _SEED)
    mask = np.uint64(len(slot_hashes) - 1)
    slot = key & mask
    while slot_hashes[slot] != np.uint64(0):
        if slot_hashes[slot] == key:
            return slot_numbers[slot]
        slot = (slot + np.uint64(1)) & mask
    return key


@jit
def text_ids(
    points: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    slot_hashes: UInt64Array,
    slot_numbers: UInt64Array,
) -> UInt64Array:  # pragma: no cover - compiled
    """String ids of texts given as code points."""
    n = len(offsets) - 1
    out = np.empty(n, dtype=np.uint64)
    longest = 0
    for i in range(n):
        longest = max(longest, offsets[i + 1] - offsets[i])
    scratch = np.empty(4 * longest + 8, dtype=np.uint8)
    for i in range(n):
        end = 0
        for p in range(offsets[i], offsets[i + 1]):
            end = utf8_into(np.int64(points[p]), scratch, end)
        out[i] = bytes_id(scratch, end, slot_hashes, slot_numbers)
    return out
