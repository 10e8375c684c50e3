# SPDX-License-Identifier: Apache-2.0
"""The pieces of spans as padded arrays, which is how people look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ...lazy_torch import torch
from .arrays_as_bytes import pack, unpack

IntArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]

ARRAYS = ("input_ids", "attention_mask", "token_type_ids")


@dataclass(slots=True, eq=False)
class WordpieceBatch:
    """The pieces of several spans, each a row that is padded to the longest.

    Shape: input_ids, token_type_ids `(n_spans, longest)` int64, attention_mask the same float32; `lengths`
    and `strings` are lists, one item a span. `token_type_ids` is None where the encoder reads none.
    """

    strings: list[list[str]]
    input_ids: IntArray
    attention_mask: FloatArray
    lengths: list[int]
    token_type_ids: IntArray | None = None

    def __len__(self) -> int:
        """Number of spans."""
        return len(self.strings)

    def __getitem__(self, index: int | slice | Sequence[int]) -> WordpieceBatch:
        """Some of the spans."""
        rows = [index] if isinstance(index, int) else index
        numbers = np.arange(len(self))[rows].tolist()
        return WordpieceBatch(
            [self.strings[i] for i in numbers],
            self.input_ids[rows],
            self.attention_mask[rows],
            [self.lengths[i] for i in numbers],
            None if self.token_type_ids is None else self.token_type_ids[rows],
        )

    @classmethod
    def empty(cls, *, xp: Any = np) -> WordpieceBatch:
        """No spans at all."""
        return cls([], xp.zeros((0, 0), dtype="int64"), xp.zeros((0, 0), dtype="float32"), [])

    @classmethod
    def zeros(cls, lengths: Sequence[int], xp: Any = np) -> WordpieceBatch:
        """Spans of these lengths, all of whose pieces are nothing."""
        shape = (len(lengths), max(lengths, default=0))
        mask = np.arange(shape[1])[None, :] < np.asarray(lengths, dtype=np.int64).reshape(-1, 1)
        return cls(
            [[""] * length for length in lengths],
            xp.zeros(shape, dtype="int64"),
            xp.asarray(mask, dtype="float32"),
            list(lengths),
            xp.zeros(shape, dtype="int64"),
        )

    @classmethod
    def from_batch_encoding(cls, token_data: Any) -> WordpieceBatch:
        """From what a tokenizer of transformers gives for a list of texts."""
        ids = np.asarray(token_data["input_ids"], dtype=np.int64)
        mask = np.asarray(token_data["attention_mask"], dtype=np.float32)
        types = token_data.get("token_type_ids")
        return cls(
            [token_data.tokens(row) for row in range(len(ids))],
            ids,
            mask,
            [int(each) for each in mask.sum(axis=1)],
            None if types is None else np.asarray(types, dtype=np.int64),
        )

    def to_hf_dict(self) -> dict[str, Any]:
        """Tensors of torch by the names that models of transformers take."""
        found = {name: torch.from_numpy(np.array(getattr(self, name))) for name in ARRAYS if self._has(name)}
        return {name: tensor.long() if name != "attention_mask" else tensor for name, tensor in found.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name."""
        return {
            "strings": self.strings,
            "input_ids": self.input_ids,
            "attention_mask": self.attention_mask,
            "lengths": self.lengths,
            "token_type_ids": self.token_type_ids,
        }

    def from_dict(self, msg: Mapping[str, Any]) -> Self:
        """Take over what `to_dict` gave."""
        self.strings = [list(row) for row in msg["strings"]]
        self.input_ids = np.asarray(msg["input_ids"], dtype=np.int64)
        self.attention_mask = np.asarray(msg["attention_mask"], dtype=np.float32)
        self.lengths = [int(each) for each in msg["lengths"]]
        types = msg["token_type_ids"]
        self.token_type_ids = None if types is None else np.asarray(types, dtype=np.int64)
        return self

    def to_bytes(self) -> bytes:
        """All of it as bytes."""
        return pack(self.to_dict())

    def from_bytes(self, byte_string: bytes) -> Self:
        """Take over what `to_bytes` gave."""
        return self.from_dict(unpack(byte_string))

    def _has(self, name: str) -> bool:
        return getattr(self, name) is not None
