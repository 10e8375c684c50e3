# SPDX-License-Identifier: Apache-2.0
"""What an encoder said about one document, as `doc._.trf_data` has it; made when somebody reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from thinc.types import Ragged

from .arrays_as_bytes import pack, unpack
from .model_output import ModelOutput, output_from
from .wordpieces import WordpieceBatch


@dataclass(slots=True, eq=False)
class TransformerData:
    """Pieces, outputs and alignment of one document.

    `model_output.last_hidden_state` has shape `(n_spans, longest, width)`; `align` holds, for each token,
    which of the `n_spans x longest` rows are those of its pieces.
    """

    wordpieces: WordpieceBatch
    model_output: ModelOutput
    align: Ragged

    @classmethod
    def empty(cls) -> TransformerData:
        """Of a document without tokens."""
        align = Ragged(np.zeros((0,), dtype="i"), np.zeros((0,), dtype="i"))
        return cls(
            WordpieceBatch.empty(), ModelOutput(last_hidden_state=np.zeros((0, 0, 0), dtype="f")), align
        )

    @classmethod
    def zeros(cls, length: int, width: int, *, xp: Any = np) -> TransformerData:
        """Of a document whose pieces all have vectors of zeros, one piece a token."""
        return cls(
            WordpieceBatch.zeros([length], xp=xp),
            ModelOutput(last_hidden_state=xp.zeros((1, length, width), dtype="f")),
            Ragged(np.arange(length, dtype="i"), np.ones((length,), dtype="i")),
        )

    @property
    def tensors(self) -> tuple[Any, ...]:
        """All outputs in order."""
        return self.model_output.to_tuple()

    @property
    def tokens(self) -> dict[str, Any]:
        """The pieces, under the names of earlier versions."""
        return {
            "input_texts": self.wordpieces.strings,
            "input_ids": self.wordpieces.input_ids,
            "attention_mask": self.wordpieces.attention_mask,
            "token_type_ids": self.wordpieces.token_type_ids,
        }

    @property
    def width(self) -> int:
        """How wide the vectors are. Raises: ValueError where there is no last layer."""
        last = self.model_output.last_hidden_state
        if last is None:
            raise ValueError("expected outputs with a last layer, there is none")
        return int(last.shape[-1])

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name."""
        return {
            "wordpieces": self.wordpieces.to_dict(),
            "model_output": {name: value for name, value in self.model_output.items()},
            "align": [self.align.dataXd, self.align.lengths],
        }

    def from_dict(self, msg: Mapping[str, Any]) -> Self:
        """Take over what `to_dict` gave."""
        self.wordpieces = WordpieceBatch.empty().from_dict(msg["wordpieces"])
        self.model_output = output_from(msg["model_output"])
        self.align = Ragged(*(np.asarray(each) for each in msg["align"]))
        return self

    def to_bytes(self) -> bytes:
        """All of it as bytes."""
        return pack(self.to_dict())

    def from_bytes(self, byte_string: bytes) -> Self:
        """Take over what `to_bytes` gave."""
        return self.from_dict(unpack(byte_string))


@dataclass(slots=True, eq=False)
class FullTransformerBatch:
    """The same of several documents at once: what a model gives, and what a function of one's own gets.

    `spans` are those of each document, `model_output` holds arrays or tensors over all spans, `align` rows of
    all tokens.
    """

    spans: list[list[Any]]
    wordpieces: WordpieceBatch
    model_output: Any
    align: Ragged
    cached_doc_data: list[TransformerData] | None = None
    rows: Any = None
    """Output and batch that it shows, of an encoder of ours."""

    @classmethod
    def empty(cls, nr_docs: int) -> FullTransformerBatch:
        """Of documents without tokens."""
        data = TransformerData.empty()
        return cls(
            [[] for _ in range(nr_docs)],
            data.wordpieces,
            data.model_output,
            data.align,
            [data for _ in range(nr_docs)],
        )

    @property
    def tensors(self) -> tuple[Any, ...]:
        """All outputs in order."""
        return output_from(self.model_output).to_tuple()

    @property
    def tokens(self) -> dict[str, Any]:
        """The pieces, under the names of earlier versions."""
        return TransformerData(self.wordpieces, output_from(self.model_output), self.align).tokens

    @property
    def doc_data(self) -> list[TransformerData]:
        """The parts of each document."""
        if self.cached_doc_data is None:
            self.cached_doc_data = self.split_by_doc()
        return self.cached_doc_data

    def split_by_doc(self) -> list[TransformerData]:
        """The parts of each document, with arrays in place of tensors."""
        output = output_from(self.model_output)
        n_spans = np.cumsum([0, *map(len, self.spans)])
        n_tokens = self._token_offsets()
        longest = self.wordpieces.input_ids.shape[1] if len(self.wordpieces) else 0
        parts = []
        for doc in range(len(self.spans)):
            spans = slice(int(n_spans[doc]), int(n_spans[doc + 1]))
            tokens = slice(int(n_tokens[doc]), int(n_tokens[doc + 1]))
            align = self.align[tokens]
            own = Ragged(np.asarray(align.dataXd) - spans.start * longest, np.asarray(align.lengths))
            parts.append(TransformerData(self.wordpieces[spans], _sliced(output, spans, longest), own))
        return parts

    def unsplit_by_doc(self, arrays: Sequence[Sequence[Any]]) -> FullTransformerBatch:
        """The batch with other outputs, given by document: gradients on the way back, for example."""
        output = ModelOutput(
            (name, np.vstack([np.asarray(part[place]) for part in arrays]))
            for place, name in enumerate(output_from(self.model_output))
        )
        return FullTransformerBatch(self.spans, self.wordpieces, output, self.align, None)

    def _token_offsets(self) -> Any:
        """First row of each document in the alignment."""
        sizes = [len(spans[0].doc) if spans else 0 for spans in self.spans]
        left = len(self.align.lengths) - sum(sizes)
        if left:  # documents without spans may have tokens: only one can be told apart
            empty = [doc for doc, spans in enumerate(self.spans) if not spans]
            if len(empty) == 1:
                sizes[empty[0]] = left
        return np.cumsum([0, *sizes])


def _sliced(output: ModelOutput, spans: slice, longest: int) -> ModelOutput:
    """A document's part of each output; what has no row a span stays as it is."""
    found: list[tuple[str, Any]] = []
    for name, value in output.items():
        if isinstance(value, list | tuple):
            found.append((name, [as_numpy(each)[spans] for each in value]))
        else:
            found.append((name, as_numpy(value)[spans]))
    return ModelOutput(found)


def as_numpy(value: Any) -> Any:
    """An array of an array or a tensor."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)
