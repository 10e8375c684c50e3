# SPDX-License-Identifier: Apache-2.0
"""From texts to chunks and from chunks to token arrays: the memory around the compiled loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .chunk_loops import MISSING, ChunkState, count_tokens, lay_out, scan
from .chunk_table import ChunkTable

Array = npt.NDArray[Any]


class FoundChunks(NamedTuple):
    """Chunks of a batch of texts: entry in the table, code point in the document, whether one blank follows.

    Shape: entries, starts, spaces `(n_chunks,)`; doc_chunks `(n_docs + 1,)`.
    """

    entries: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    spaces: npt.NDArray[np.uint8]
    doc_chunks: npt.NDArray[np.int64]


class TokenArrays(NamedTuple):
    """Token arrays as a batch holds them, and which documents hold a chunk that its neighbours may change."""

    doc_offsets: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.int32]
    spaces: npt.NDArray[np.uint8]
    doc_spanning: npt.NDArray[np.bool_]


def find_chunks(texts: Sequence[str], table: ChunkTable) -> FoundChunks:
    """Chunks of the texts; those that the table does not know yet are cut by its rules and added."""
    data, doc_bytes = _utf8(texts)
    view = np.frombuffer(data, dtype=np.uint8)
    size = len(data)
    entries, starts = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32)
    spaces, chunk_bytes = np.empty(size, dtype=np.uint8), np.empty((size, 2), dtype=np.int64)
    doc_chunks = np.empty(len(texts) + 1, dtype=np.int64)
    state = table.state
    n_missing = scan(
        view,
        doc_bytes,
        state.slots,
        state.entries,
        state.arena,
        state.limit,
        entries,
        starts,
        spaces,
        chunk_bytes,
        doc_chunks,
    )
    n_chunks = int(doc_chunks[-1])
    entries = entries[:n_chunks]
    if n_missing:
        missing = np.flatnonzero(entries == MISSING)
        entries[missing] = table.resolve(data, view, chunk_bytes[missing])
    return FoundChunks(entries, starts[:n_chunks], spaces[:n_chunks], doc_chunks)


def lay_out_tokens(chunks: FoundChunks, state: ChunkState) -> TokenArrays:
    """Token arrays of the chunks."""
    n_tokens = count_tokens(chunks.entries, state.entries)
    n_docs = len(chunks.doc_chunks) - 1
    tokens = TokenArrays(
        np.empty(n_docs + 1, dtype=np.int64),
        np.empty(n_tokens, dtype=np.int32),
        np.empty(n_tokens, dtype=np.int32),
        np.empty(n_tokens, dtype=np.int32),
        np.empty(n_tokens, dtype=np.uint8),
        np.empty(n_docs, dtype=np.bool_),
    )
    lay_out(*chunks, state.entries, state.piece_ids, state.piece_lengths, state.spanning, *tokens)
    return tokens


def _utf8(texts: Sequence[str]) -> tuple[bytes, npt.NDArray[np.int64]]:
    """All texts on end as UTF-8 (lone surrogates too), and where each begins."""
    try:
        encoded = [text.encode() for text in texts]
    except UnicodeEncodeError:
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    return b"".join(encoded), offsets
