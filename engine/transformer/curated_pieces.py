# SPDX-License-Identifier: Apache-2.0
"""Pieces made token by token, as spacy-curated-transformers makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..doc.batch import Batch
from .pieces import PieceBatch


class PieceEncoder(Protocol):
    """Tokens to piece ids, one by one."""

    kind: str
    bos_id: int
    eos_id: int

    def ids_of(self, token: str, blank_before: bool) -> tuple[int, ...]:
        """The pieces of one token; none for white space."""
        ...

    def strings(self, ids: Sequence[int]) -> list[str]:
        """What the pieces are called."""
        ...

    def attributes(self) -> dict[str, Any]:
        """What is saved of it, as `piece_encoder` reads it."""
        ...


def piece_encoder(kind: str, attributes: Mapping[str, Any]) -> PieceEncoder:
    """A piece encoder from its saved attributes (bytes of msgpack undone).

    `kind` is the name of its architecture without prefix and version: ByteBpeEncoder, BertWordpieceEncoder,
    WordpieceEncoder, SentencepieceEncoder, XlmrSentencepieceEncoder, CamembertSentencepieceEncoder, CharEncoder.
    `attributes` are those of the saved nodes: wordpiece_processor, byte_bpe_processor, sentencepiece_processor,
    unk_piece, bos_piece, eos_piece, lowercase, strip_accents, vocab, normalize.
    Raises: TransformerError.
    """
    raise NotImplementedError


def pieces_of_documents(
    encoder: PieceEncoder, batch: Batch, *, window: int | None = None, stride: int | None = None
) -> PieceBatch:
    """The pieces of whole documents, BOS and EOS around each; rows of windows averaged where a window is given.
    A document without tokens has no span."""
    raise NotImplementedError
