# SPDX-License-Identifier: Apache-2.0
"""Compiled loops of the fast path: find chunks in UTF-8 bytes, look them up, lay their tokens out as arrays.

All of them release the interpreter lock. A chunk is a run of white space or of anything else, as in
`splitter.chunks`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..jit.loops import jit
from .splitter import MAX_CHUNK

Array = npt.NDArray[Any]

MAX_PROBES = 32
"""Slots looked at for one chunk; what lies further away counts as unknown, so that crafted collisions stay
cheap."""

MISSING = -1

_BASIS = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_FOLD = np.uint64(29)

_ORDINARY, _BLANK, _LEAD, _CONTINUATION = 0, 1, 2, 3


def _byte_classes() -> npt.NDArray[np.uint8]:
    """What a byte tells of its code point: ASCII blank, first byte of a possible wider blank, continuation,
    anything else."""
    classes = np.zeros(256, dtype=np.uint8)
    classes[[*range(9, 14), *range(0x1C, 0x21)]] = _BLANK
    classes[[0xC2, 0xE1, 0xE2, 0xE3]] = _LEAD
    classes[0x80:0xC0] = _CONTINUATION
    return classes


_CLASSES = _byte_classes()


class ChunkState(NamedTuple):
    """One state of the chunk table, as the loops read it; entries from `limit` on are not to be looked at.

    Shape: slots `(2 ** k,)`, entry number plus one or 0; entries `(capacity, 4)`: hash, start in arena,
    bytes, first piece (pieces of entry e end where those of e + 1 begin); piece_ids and piece_lengths
    `(n_pieces,)`; spanning `(capacity,)`.
    """

    slots: npt.NDArray[np.int32]
    entries: npt.NDArray[np.uint64]
    arena: npt.NDArray[np.uint8]
    piece_ids: npt.NDArray[np.int32]
    piece_lengths: npt.NDArray[np.int32]
    spanning: npt.NDArray[np.bool_]
    limit: int


@jit
def scan(
    data: Array, doc_bytes: Array, slots: Array, entries: Array, arena: Array, limit: int,
    chunk_entries: Array, chunk_starts: Array, chunk_spaces: Array, chunk_bytes: Array, doc_chunks: Array,
) -> int:  # pragma: no cover - compiled  # fmt: skip
    """Find all chunks of the documents `data[doc_bytes[d]:doc_bytes[d + 1]]`; returns how many of them are
    unknown.

    Fills, per chunk, its entry or `MISSING`, the code point and the byte (first, end) where it lies, and
    whether one blank follows; and, per document, its first chunk.
    """
    n_chunks = 0
    n_missing = 0
    for d in range(len(doc_bytes) - 1):
        doc_chunks[d] = n_chunks
        position, end = doc_bytes[d], doc_bytes[d + 1]
        point = 0
        while position < end:
            start = position
            key, position, count = _run(data, position, end)
            entry = _find(data, start, position, key, slots, entries, arena, limit)
            n_missing += entry == MISSING
            chunk_entries[n_chunks] = entry
            chunk_starts[n_chunks] = point
            chunk_bytes[n_chunks, 0] = start
            chunk_bytes[n_chunks, 1] = position
            point += count
            space = position < end and data[position] == 32 and _blank_width(data, start, end) == 0
            chunk_spaces[n_chunks] = space
            point += space
            position += space
            n_chunks += 1
    doc_chunks[len(doc_bytes) - 1] = n_chunks
    return n_missing


@jit
def find_again(
    data: Array, chunk_bytes: Array, slots: Array, entries: Array, arena: Array, limit: int, out: Array
) -> None:  # pragma: no cover - compiled
    """Look up the chunks `data[chunk_bytes[i, 0]:chunk_bytes[i, 1]]` and write their entries or `MISSING`."""
    for i in range(len(chunk_bytes)):
        start, end = chunk_bytes[i, 0], chunk_bytes[i, 1]
        out[i] = _find(data, start, end, _hash(data, start, end), slots, entries, arena, limit)


@jit
def write_entries(
    data: Array,
    bounds: Array,
    n_pieces: Array,
    first_entry: int,
    arena_end: int,
    first_piece: int,
    entries: Array,
    arena: Array,
) -> None:  # pragma: no cover - compiled
    """Append entries for the chunks `data[bounds[i]:bounds[i + 1]]` of `n_pieces[i]` pieces, but no slots
    yet."""
    for i in range(len(bounds) - 1):
        start, end = bounds[i], bounds[i + 1]
        row = first_entry + i
        entries[row, 0] = _hash(data, start, end)
        entries[row, 1] = arena_end
        entries[row, 2] = end - start
        entries[row, 3] = first_piece
        for k in range(start, end):
            arena[arena_end] = data[k]
            arena_end += 1
        first_piece += n_pieces[i]
    entries[first_entry + len(bounds) - 1, 3] = first_piece


@jit
def write_slots(slots: Array, entries: Array, first: int, end: int) -> None:  # pragma: no cover - compiled
    """Make the entries `first:end` findable; one that has no free slot nearby stays unknown."""
    mask = np.uint64(len(slots) - 1)
    for entry in range(first, end):
        key = entries[entry, 0]
        slot = (key ^ (key >> _FOLD)) & mask
        for _ in range(MAX_PROBES):
            if slots[slot] == 0:
                slots[slot] = entry + 1
                break
            slot = (slot + np.uint64(1)) & mask


@jit
def count_tokens(chunk_entries: Array, entries: Array) -> Any:  # pragma: no cover - compiled
    """Number of tokens of the chunks."""
    total = np.int64(0)
    for entry in chunk_entries:
        total += np.int64(entries[entry + 1, 3]) - np.int64(entries[entry, 3])
    return total


@jit
def lay_out(
    chunk_entries: Array, chunk_starts: Array, chunk_spaces: Array, doc_chunks: Array,
    entries: Array, piece_ids: Array, piece_lengths: Array, spanning: Array,
    doc_offsets: Array, ids: Array, starts: Array, lengths: Array, spaces: Array, doc_spanning: Array,
) -> None:  # pragma: no cover - compiled  # fmt: skip
    """Write the tokens of all chunks, and which documents hold a chunk that neighbours may change."""
    token = 0
    for d in range(len(doc_chunks) - 1):
        doc_offsets[d] = token
        unsure = False
        for c in range(doc_chunks[d], doc_chunks[d + 1]):
            entry = chunk_entries[c]
            start = chunk_starts[c]
            unsure |= spanning[entry]
            for piece in range(np.int64(entries[entry, 3]), np.int64(entries[entry + 1, 3])):
                ids[token] = piece_ids[piece]
                starts[token] = start
                lengths[token] = piece_lengths[piece]
                spaces[token] = 0
                start += piece_lengths[piece]
                token += 1
            spaces[token - 1] = chunk_spaces[c]
        doc_spanning[d] = unsure
    doc_offsets[len(doc_chunks) - 1] = token


@jit
def _blank_width(data: Array, at: int, end: int) -> int:  # pragma: no cover - compiled
    """Bytes of the white space code point at `at`, 0 if there is none."""
    first = data[at]
    kind = _CLASSES[first]
    if kind == _BLANK:
        return 1
    if kind != _LEAD:
        return 0
    second = data[at + 1]
    if first == 0xC2:
        return 2 if second == 0x85 or second == 0xA0 else 0
    third = data[at + 2]
    if first == 0xE1:
        return 3 if second == 0x9A and third == 0x80 else 0
    if first == 0xE3:
        return 3 if second == 0x80 and third == 0x80 else 0
    if second == 0x81:
        return 3 if third == 0x9F else 0
    if second != 0x80:
        return 0
    return 3 if third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF else 0


@jit
def _run(data: Array, position: int, end: int) -> Any:  # pragma: no cover - compiled
    """Hash, end and number of code points of the run that begins here, of which there are at most
    `MAX_CHUNK`."""
    key = _BASIS
    count = 0
    width = _blank_width(data, position, end)
    if width:
        while width and count < MAX_CHUNK:
            for k in range(position, position + width):
                key = (key ^ np.uint64(data[k])) * _PRIME
            position += width
            count += 1
            width = _blank_width(data, position, end) if position < end else 0
        return key, position, count
    while position < end:
        byte = data[position]
        kind = _CLASSES[byte]
        if kind != _CONTINUATION:
            if kind == _BLANK or count == MAX_CHUNK or (kind == _LEAD and _blank_width(data, position, end)):
                break
            count += 1
        key = (key ^ np.uint64(byte)) * _PRIME
        position += 1
    return key, position, count


@jit
def _hash(data: Array, start: int, end: int) -> Any:  # pragma: no cover - compiled
    key = _BASIS
    for k in range(start, end):
        key = (key ^ np.uint64(data[k])) * _PRIME
    return key


@jit
def _find(
    data: Array, start: int, end: int, key: Any, slots: Array, entries: Array, arena: Array, limit: int
) -> Any:  # pragma: no cover - compiled
    """Entry of the bytes `data[start:end]`, `MISSING` if there is none among the first `limit`."""
    mask = np.uint64(len(slots) - 1)
    slot = (key ^ (key >> _FOLD)) & mask
    for _ in range(MAX_PROBES):
        entry = np.int64(slots[slot]) - 1
        if entry < 0:
            return MISSING
        if entry < limit and entries[entry, 0] == key and np.int64(entries[entry, 2]) == end - start:
            base = np.int64(entries[entry, 1])
            same = True
            for k in range(end - start):
                if arena[base + k] != data[start + k]:
                    same = False
                    break
            if same:
                return entry
        slot = (slot + np.uint64(1)) & mask
    return MISSING
