# SPDX-License-Identifier: Apache-2.0
"""Classifiers of Hugging Face, of pieces or of whole texts, on the packed path."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..extras import TORCH
from ..lazy_torch import torch
from .alignment import expand
from .backend import Backend
from .encoder import Encoder, encoder_of_module
from .errors import TransformerError
from .libraries import require_transformers, transformers
from .module_size import check_size
from .modules import errors_of_config, library_config, put_state
from .packed_attention import register_packed_attention
from .packs import buckets_of
from .piece_tokenizer import PieceTokenizer, TextPieces, tokenizer_from_files
from .pretrained import Pretrained
from .row_sums import sum_rows
from .states import write_state

if TYPE_CHECKING:
    from torch import Tensor

Array = npt.NDArray[Any]
IntArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]


class Kind(StrEnum):
    """What is classified."""

    PIECES = "pieces"
    TEXTS = "texts"


@dataclass(frozen=True, slots=True, eq=False)
class PieceScores:
    """Probabilities of all pieces but special ones, and where the pieces stand.

    Shape: scores `(n_pieces, n_labels)`; starts, ends `(n_pieces,)`, characters in the own text, leading
    blanks left out; cu_seq_lens `(n_texts + 1,)`.
    """

    scores: FloatArray
    starts: IntArray
    ends: IntArray
    cu_seq_lens: IntArray


_encoded: ContextVar[tuple[Tensor, Tensor | None]] = ContextVar("encoded")
"""What stands in for the encoder's output while a head is called, of this thread."""


class Classifier:
    """A model with a head, its tokenizer and its labels.

    Texts that are longer than the encoder can read are read in windows that overlap by half; pieces in two of
    them get the mean of both, texts the mean of their windows. Nothing is cut.
    """

    def __init__(self, read: Pretrained, kind: Kind, backend: Backend | None = None) -> None:
        TORCH.require("a classifier of Hugging Face")
        require_transformers("a classifier of Hugging Face")
        self.kind = kind
        self._config = dict(read.config)
        self._module = _module(read, kind)
        prefix = self._module.base_model_prefix
        base = getattr(self._module, prefix)
        self.encoder: Encoder = encoder_of_module(base, self._config, backend or Backend(), read.name)
        setattr(self._module, prefix, _stand_in(base.config))
        self._prefix = prefix
        self.tokenizer: PieceTokenizer = tokenizer_from_files(read.tokenizer_files)
        names = self._module.config.id2label
        self.labels: tuple[str, ...] = tuple(str(names[i]) for i in range(len(names)))

    @property
    def is_multilabel(self) -> bool:
        """Whether several labels may be true of one text."""
        return self._module.config.problem_type == "multi_label_classification" or len(self.labels) == 1

    def piece_scores(self, texts: Sequence[str]) -> PieceScores:
        """Probabilities of each piece of each text."""
        pieces = self.tokenizer.encode(texts)
        windows = _framed_windows(pieces, self.tokenizer.around, self._limit)
        logits = self._logits(windows)
        sums = sum_rows(logits[windows.is_content], windows.rows, windows.n_rows)
        counts = np.bincount(windows.rows, minlength=windows.n_rows)[:, None]
        n_around = sum(map(len, self.tokenizer.around))
        starts, ends = pieces.starts[windows.content], pieces.ends[windows.content]
        cu_seq_lens = pieces.cu_seq_lens - n_around * np.arange(len(texts) + 1)
        starts = _behind_blanks(texts, starts, ends, cu_seq_lens)
        scores = _softmax((sums / np.maximum(counts, 1)).astype(np.float32))
        return PieceScores(scores, starts, ends, cu_seq_lens)

    def text_scores(self, texts: Sequence[str]) -> FloatArray:
        """Probabilities of each text. Shape: `(n_texts, n_labels)`."""
        windows = _framed_windows(self.tokenizer.encode(texts), self.tokenizer.around, self._limit)
        sums = sum_rows(self._logits(windows), windows.texts, len(texts))
        logits = sums / np.maximum(np.bincount(windows.texts, minlength=len(texts)), 1)[:, None]
        if self.is_multilabel:
            chances: FloatArray = (1 / (1 + np.exp(-logits))).astype(np.float32)
            return chances
        return _softmax(logits.astype(np.float32))

    def files(self) -> dict[str, bytes]:
        """What it is saved as: a folder in Hugging Face's layout."""
        inner = {f"{self._prefix}.{name}": array for name, array in self.encoder.state().items()}
        head = {name: p.detach().numpy().copy() for name, p in self._module.named_parameters()}
        config = json.dumps(self._config, sort_keys=True).encode()
        state = write_state({**inner, **head})
        return {"config.json": config, "model.safetensors": state, **self.tokenizer.files}

    @property
    def _limit(self) -> int:
        known = self.tokenizer.model_max_length
        return self.encoder.max_pieces if known is None else min(known, self.encoder.max_pieces)

    def _logits(self, windows: _FramedWindows) -> FloatArray:
        """Logits of each piece of each window, or of each window. Heads are called on padded rows, which cost
        little beside the encoder."""
        last = self.encoder.encode(windows.ids, windows.cu_seq_lens).last
        lengths = np.diff(windows.cu_seq_lens)
        n_rows = len(windows.ids) if self.kind is Kind.PIECES else len(lengths)
        logits = np.zeros((n_rows, len(self.labels)), np.float32)
        for spans in buckets_of(windows.cu_seq_lens, 1 << 13):
            mask = np.arange(lengths[spans].max(initial=1)) < lengths[spans][:, None]
            places = expand(windows.cu_seq_lens[spans].astype(np.int64), lengths[spans])
            padded = np.zeros((*mask.shape, last.shape[1]), np.float32)
            padded[mask] = last[places]
            found = self._head(padded, mask)
            if self.kind is Kind.PIECES:
                logits[places] = found[mask]
            else:
                logits[spans] = found
        return logits

    def _head(self, rows: FloatArray, mask: Array) -> FloatArray:
        with torch.inference_mode():
            last = torch.from_numpy(rows)
            token = _encoded.set((last, self.encoder.pooled(last[:, 0])))
            try:
                attention_mask = torch.from_numpy(mask.astype(np.int64))
                ids = torch.zeros(mask.shape, dtype=torch.int64)
                out = self._module(input_ids=ids, attention_mask=attention_mask, return_dict=True)
            finally:
                _encoded.reset(token)
        logits: FloatArray = out.logits.float().numpy()
        return logits


def _module(read: Pretrained, kind: Kind) -> Any:
    """The whole model, its weights put in."""
    config = library_config(read.config, read.name)
    auto: Any = (
        transformers.AutoModelForTokenClassification
        if kind is Kind.PIECES
        else transformers.AutoModelForSequenceClassification
    )

    def make() -> Any:
        with torch.random.fork_rng(devices=[]):
            return auto.from_config(deepcopy(config), attn_implementation=register_packed_attention()).eval()

    with errors_of_config(f"a classifier of {kind}", read.name):
        check_size(make, read.state, read.name)
        module: Any = make()
    put_state(module, read.state, read.name)
    return module


def _stand_in(config: Any) -> Any:
    """A module that gives what was encoded before, whatever it is called with."""

    class Encoded(torch.nn.Module):
        def forward(self, *_: Any, **__: Any) -> Any:
            last, pooled = _encoded.get()
            out: Any = transformers.modeling_outputs.BaseModelOutputWithPooling
            return out(last_hidden_state=last, pooler_output=pooled)

    module: Any = Encoded()
    module.config = config
    return module


@dataclass(frozen=True, slots=True, eq=False)
class _FramedWindows:
    """Windows of texts, special pieces around each.

    Shape: ids `(n,)` and is_content `(n,)`: pieces of all windows and which of them are no special ones;
    rows: of those, the number of the piece among all texts' contents; texts `(n_windows,)`; content
    `(n_rows,)`: where contents stand among the pieces of the texts.
    """

    ids: IntArray
    cu_seq_lens: IntArray
    is_content: Array
    rows: IntArray
    texts: IntArray
    content: IntArray
    n_rows: int


def _framed_windows(pieces: TextPieces, around: tuple[list[int], list[int]], limit: int) -> _FramedWindows:
    before, behind = map(len, around)
    lengths = pieces.lengths - before - behind
    content = expand(pieces.cu_seq_lens[:-1] + before, lengths)
    room = max(limit - before - behind, 1)
    stride = max(room // 2, 1)
    n_windows = 1 + np.maximum(-(-(lengths - room) // stride), 0)
    firsts = np.concatenate([[0], np.cumsum(lengths)])[:-1]
    texts = np.repeat(np.arange(len(lengths)), n_windows)
    starts = expand(np.zeros_like(n_windows), n_windows) * stride
    sizes = np.minimum(lengths[texts] - starts, room)
    rows = expand(firsts[texts] + starts, sizes)
    cu_seq_lens = np.concatenate([[0], np.cumsum(sizes + before + behind)])
    is_content = np.zeros(int(cu_seq_lens[-1]), bool)
    is_content[expand(cu_seq_lens[:-1] + before, sizes)] = True
    ids = np.zeros(len(is_content), np.int32)
    ids[is_content] = pieces.ids[content][rows]
    for place, special in enumerate(around[0]):
        ids[cu_seq_lens[:-1] + place] = special
    for place, special in enumerate(reversed(around[1]), 1):
        ids[cu_seq_lens[1:] - place] = special
    return _FramedWindows(ids, cu_seq_lens, is_content, rows, texts, content, len(content))


def _behind_blanks(texts: Sequence[str], starts: IntArray, ends: IntArray, cu_seq_lens: IntArray) -> IntArray:
    """First characters of pieces, the blanks that some tokenizers count to them left out."""
    text = "".join(texts)
    blank = np.fromiter(map(str.isspace, text), bool, len(text)) if text else np.zeros(1, bool)
    bases = np.cumsum([0, *map(len, texts)])[:-1]
    first = starts + np.repeat(bases, np.diff(cu_seq_lens))
    places, stops = first, first + (ends - starts)
    while (at_blank := (places < stops) & blank[np.minimum(places, len(blank) - 1)]).any():
        places = places + at_blank
    moved: IntArray = starts + (places - first)
    return moved


def _softmax(logits: FloatArray) -> FloatArray:
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: FloatArray = exponents / exponents.sum(axis=1, keepdims=True)
    return chances


def label_names(labels: Sequence[str], names: Mapping[str, str] | None) -> tuple[str, ...]:
    """Labels under other names; those that the map does not have stay. Raises: TransformerError for names of
    labels that there are not."""
    unknown = sorted(set(names or {}) - set(labels))
    if unknown:
        raise TransformerError(f"expected labels among {', '.join(labels)}, got {', '.join(unknown)}")
    return tuple((names or {}).get(label, label) for label in labels)
