# SPDX-License-Identifier: Apache-2.0
"""Hugging Face tokenizers, with a cache of blank-separated units in front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class TextPieces:
    """Pieces of several texts, special ones included.

    Shape: ids, starts, ends `(n_pieces,)` int32, characters within the own text, 0 and 0 for special pieces;
    cu_seq_lens `(n_texts + 1,)` int64.
    """

    ids: IntArray
    starts: IntArray
    ends: IntArray
    cu_seq_lens: IntArray

    @property
    def lengths(self) -> IntArray:
        """Pieces of each text."""
        return np.diff(self.cu_seq_lens)


class PieceTokenizer:
    """Texts to pieces. It never pads and never cuts; safe for several threads at once."""

    files: Mapping[str, bytes]
    """The files that it was made of, to be saved with a pipeline."""
    use_fast: bool
    """False where pieces of unknown words belong to no token, as slow tokenizers have it."""
    model_max_length: int | None
    """Pieces that the encoder can read at once, None where nothing says so."""

    def encode(self, texts: Sequence[str]) -> TextPieces:
        """The pieces of each text, units from the cache; equal to `encode_uncached`."""
        raise NotImplementedError

    def encode_uncached(self, texts: Sequence[str]) -> TextPieces:
        """The pieces of each text by the library alone."""
        raise NotImplementedError

    def strings(self, ids: IntArray) -> list[str]:
        """What the pieces are called."""
        raise NotImplementedError

    @property
    def digest(self) -> str:
        """sha256 of what pieces depend on."""
        raise NotImplementedError

    @property
    def pad_id(self) -> int:
        """The id of the padding piece, 0 where there is none."""
        raise NotImplementedError

    @property
    def vocab_size(self) -> int:
        """Number of pieces, added ones included."""
        raise NotImplementedError


def tokenizer_from_files(files: Mapping[str, bytes], *, use_fast: bool = True) -> PieceTokenizer:
    """A tokenizer from file names and their bytes: `tokenizer.json`, or the vocabulary files of slow ones.

    Raises: TransformerError where no file among them says what the pieces are.
    """
    raise NotImplementedError


def tokenizer_from_folder(folder: Path, *, use_fast: bool = True) -> PieceTokenizer:
    """The tokenizer of a local folder. Raises: TransformerError."""
    raise NotImplementedError
