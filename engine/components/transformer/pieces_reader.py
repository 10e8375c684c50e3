# SPDX-License-Identifier: Apache-2.0
"""Pieces of tokens, one by one, as the curated family has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from ...doc.batch import Batch
from ...errors import ModelFileError
from ...transformer import PieceBatch, PieceEncoder, piece_encoder, pieces_of_documents

FILE = "pieces.msgpack"
"""Where a piece encoder's attributes are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class PiecesReader:
    """A piece encoder, and the windows that the encoder reads its pieces in."""

    encoder: PieceEncoder
    window: int | None
    stride: int | None

    @classmethod
    def of_files(cls, files: Mapping[str, bytes], kind: str, spans: StridedPieces) -> PiecesReader:
        """From its file. Raises: ModelFileError."""
        try:
            attributes = msgpack.unpackb(files[FILE], strict_map_key=False)
        except (KeyError, ValueError, msgpack.UnpackException) as error:
            raise ModelFileError(f"{FILE}: expected what a piece encoder is made of, got {error!r}") from None
        return cls(piece_encoder(kind, attributes), spans.window, spans.stride)

    def pieces(self, batch: Batch, limit: int) -> PieceBatch:
        """The pieces of a batch's documents, which windows divide."""
        return pieces_of_documents(self.encoder, batch, window=self.window, stride=self.stride)

    def counts(self, batch: Batch) -> npt.NDArray[np.int64]:
        """How many pieces each document has. Shape: `(n_docs,)`."""
        pieces = pieces_of_documents(self.encoder, batch, window=None, stride=None)
        return np.bincount(pieces.spans.docs, pieces.lengths, batch.n_docs).astype(np.int64)

    def strings(self, ids: npt.NDArray[np.int64] | Sequence[int]) -> list[str]:
        """What pieces are called."""
        return self.encoder.strings([int(each) for each in ids])

    def files(self) -> Mapping[str, bytes]:
        """Its file."""
        attributes: Mapping[str, Any] = self.encoder.attributes
        return files_of_attributes(attributes)


@dataclass(frozen=True, slots=True)
class StridedPieces:
    """Windows of so many pieces, so many apart; where two overlap, their mean is taken."""

    stride: int
    window: int


def files_of_attributes(attributes: Mapping[str, Any]) -> dict[str, bytes]:
    """What a piece encoder is made of, as a file."""
    return {FILE: msgpack.packb(dict(attributes))}
