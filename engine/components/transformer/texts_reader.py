# SPDX-License-Identifier: Apache-2.0
"""Pieces of spans of text, by a Hugging Face tokenizer."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...doc.batch import Batch
from ...extras import TRANSFORMERS
from ...transformer import (
    PieceBatch,
    PieceTokenizer,
    TransformerError,
    pieces_of_spans,
    tokenizer_from_files,
)
from .span_getters import SpanGetter, spans_of_batch

USE_FAST, MAX_LENGTH = "use_fast", "model_max_length"
WITH_TYPES = frozenset({"Albert", "Bert", "Deberta", "DebertaV2", "Electra", "Funnel", "RemBert", "XLNet"})
"""Families of tokenizers that give types of pieces where their config says nothing."""

OURS = (USE_FAST, MAX_LENGTH)
"""Settings of a tokenizer that need no new one."""


@dataclass(frozen=True, slots=True, eq=False)
class TextsReader:
    """A tokenizer, and which spans it reads."""

    tokenizer: PieceTokenizer
    get_spans: SpanGetter

    @classmethod
    def of_files(
        cls, files: Mapping[str, bytes], get_spans: SpanGetter, settings: Mapping[str, Any]
    ) -> TextsReader:
        """From a tokenizer's files."""
        tokenizer = tokenizer_from_files(files, use_fast=bool(settings.get(USE_FAST, True)))
        if settings.get(MAX_LENGTH) is not None:
            tokenizer.model_max_length = int(settings[MAX_LENGTH])
        return cls(tokenizer, get_spans)

    def pieces(self, batch: Batch, limit: int) -> PieceBatch:
        """The pieces of a batch's spans, each cut at the limit."""
        return pieces_of_spans(self.tokenizer, batch, spans_of_batch(self.get_spans, batch), limit=limit)

    def counts(self, batch: Batch) -> npt.NDArray[np.int64]:
        """How many pieces each document has. Shape: `(n_docs,)`."""
        lengths: npt.NDArray[np.int64] = self.tokenizer.encode(batch.texts).lengths.astype(np.int64)
        return lengths

    @property
    def has_types(self) -> bool:
        """Whether encoders of this tokenizer read which of two texts a piece is of."""
        settings = json.loads(self.files().get("tokenizer_config.json", b"{}"))
        inputs = settings.get("model_input_names")
        kind = str(settings.get("tokenizer_class", "")).removesuffix("Fast").removesuffix("Tokenizer")
        return "token_type_ids" in inputs if inputs is not None else kind in WITH_TYPES

    def strings(self, ids: npt.NDArray[np.int64]) -> list[str]:
        """What pieces are called."""
        return self.tokenizer.strings(ids)

    def files(self) -> Mapping[str, bytes]:
        """The tokenizer's files."""
        return self.tokenizer.files


def with_settings(files: Mapping[str, bytes], settings: Mapping[str, Any]) -> Mapping[str, bytes]:
    """A tokenizer's files after transformers made it with these settings (`tokenizer_config` of the
    documentation), for all that is more than `use_fast` and a length.

    Raises: TransformerError where a setting means nothing to it.
    """
    more = {key: value for key, value in settings.items() if key not in OURS}
    if not more:
        return files
    TRANSFORMERS.require("tokenizer_config")
    from transformers import AutoTokenizer  # an extra

    with tempfile.TemporaryDirectory(prefix="freshet-") as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        made = Path(folder) / "made"
        try:
            AutoTokenizer.from_pretrained(folder, local_files_only=True, **settings).save_pretrained(made)
        except (ValueError, TypeError, KeyError, OSError) as error:
            raise TransformerError(
                f"tokenizer_config: expected settings of the tokenizer, got {', '.join(more)}: {error}"
            ) from None
        return {file.name: file.read_bytes() for file in sorted(made.iterdir()) if file.is_file()}
