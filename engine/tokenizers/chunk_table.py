# SPDX-License-Identifier: Apache-2.0
"""The chunk table: what every chunk of text seen so far was cut into, exact by its bytes, shared by all
threads."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..vocab.flags import Flag
from ..vocab.lexemes import LexemeTable
from .chunk_loops import MISSING, ChunkState, find_again, write_entries, write_slots
from .splitter import Splitter

Array = npt.NDArray[Any]

_FIRST_CAPACITY = 4096


class ChunkTable:
    """Chunks and the lexemes they become; grows only, readers take no lock.

    Readers work on `state`, a value that no later growth changes: new entries are written behind its `limit`,
    and arrays that are too small are copied, never enlarged in place. Writers hold one lock.
    """

    def __init__(self, splitter: Splitter, flags: Mapping[str, Flag] | None = None) -> None:
        rules = splitter.rules
        self.lexemes = LexemeTable(rules.norms, rules.norms_by_id, rules.lang, flags=flags)
        self.splitter = splitter
        self._lock = threading.Lock()
        self._n_pieces = 0
        self._arena_end = 0
        entries = np.zeros((_FIRST_CAPACITY + 1, 4), dtype=np.uint64)
        pieces = np.zeros((2, _FIRST_CAPACITY), dtype=np.int32)
        spanning = np.zeros(_FIRST_CAPACITY + 1, dtype=np.bool_)
        slots = np.zeros(4 * _FIRST_CAPACITY, dtype=np.int32)
        self.state = ChunkState(
            slots, entries, np.zeros(8 * _FIRST_CAPACITY, dtype=np.uint8), pieces[0], pieces[1], spanning, 0
        )

    def is_full(self, max_lexemes: int, max_bytes: int) -> bool:
        """Whether it holds as many lexemes, or as many bytes of text, as its owner allows (and twice as many
        chunks)."""
        n_bytes = self._arena_end + self.lexemes.n_chars
        return len(self.lexemes) >= max_lexemes or self.state.limit >= 2 * max_lexemes or n_bytes >= max_bytes

    def resolve(self, data: bytes, view: Array, chunk_bytes: Array) -> npt.NDArray[np.int32]:
        """Entries of the chunks at the given bytes; unknown ones are cut by the rules and added.

        Shape: chunk_bytes `(n, 2)`, first and end byte in `data`, which `view` shows as an array -> `(n,)`.
        """
        entries = np.empty(len(chunk_bytes), dtype=np.int32)
        with self._lock:
            state = self.state
            find_again(view, chunk_bytes, state.slots, state.entries, state.arena, state.limit, entries)
            missing = np.flatnonzero(entries == MISSING)
            chunks = [data[start:end] for start, end in chunk_bytes[missing].tolist()]
            fresh = {chunk: state.limit + i for i, chunk in enumerate(dict.fromkeys(chunks))}
            if fresh:
                self._append(list(fresh))
        entries[missing] = [fresh[chunk] for chunk in chunks]
        return entries

    def _append(self, chunks: list[bytes]) -> None:
        """Cut new chunks and publish their entries; the caller holds the lock."""
        cut = self.splitter.cut_all(_decode(chunks))
        ids = self.lexemes.add_keys(cut.keys)
        first, first_piece, arena_start = self.state.limit, self._n_pieces, self._arena_end
        data = np.frombuffer(b"".join(chunks), dtype=np.uint8)
        bounds = np.zeros(len(chunks) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, chunks), dtype=np.int64, count=len(chunks)), out=bounds[1:])
        end, piece_end, arena_end = first + len(chunks), first_piece + len(ids), arena_start + len(data)
        state = _with_room(self.state, end, arena_end, piece_end)
        state.piece_ids[first_piece:piece_end] = ids
        state.piece_lengths[first_piece:piece_end] = self.lexemes.attribute("LENGTH")[ids]
        state.spanning[[first + number for number in cut.unsure]] = True
        write_entries(
            data, bounds, np.array(cut.counts), first, arena_start, first_piece, state.entries, state.arena
        )
        write_slots(state.slots, state.entries, first, end)
        self._n_pieces, self._arena_end = piece_end, arena_end
        self.state = state._replace(limit=end)


def _decode(chunks: list[bytes]) -> list[str]:
    try:
        return [chunk.decode() for chunk in chunks]
    except UnicodeDecodeError:  # lone surrogates
        return [chunk.decode("utf-8", "surrogatepass") for chunk in chunks]


def _with_room(state: ChunkState, n_entries: int, n_bytes: int, n_pieces: int) -> ChunkState:
    """The same state, with copies of those arrays that are too small."""
    if n_entries >= len(state.entries) - 1:
        entries, spanning = _grow(state.entries, n_entries), _grow(state.spanning, n_entries)
        slots = np.zeros(_power_of_two(4 * len(entries)), dtype=np.int32)
        write_slots(slots, entries, 0, state.limit)
        state = state._replace(entries=entries, spanning=spanning, slots=slots)
    if n_bytes > len(state.arena):
        state = state._replace(arena=_grow(state.arena, n_bytes))
    if n_pieces > len(state.piece_ids):
        state = state._replace(
            piece_ids=_grow(state.piece_ids, n_pieces), piece_lengths=_grow(state.piece_lengths, n_pieces)
        )
    return state


def _grow(array: Array, size: int) -> Array:
    larger = np.zeros((2 * size + 1, *array.shape[1:]), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


def _power_of_two(size: int) -> int:
    return 1 << (size - 1).bit_length()
