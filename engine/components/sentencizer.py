# SPDX-License-Identifier: Apache-2.0
"""The component `sentencizer`: sentence starts by punctuation, nothing learned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import orjson

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch
from ..doc.example import Example
from ..errors import ComponentError
from .component import Array, Scorer, Scores
from .on_documents import OnDocuments
from .senter import write_sent_starts

DEFAULT_PUNCT_CHARS = tuple(
    "!.?\u0589\u061e\u061f\u06d4\u0700\u0701\u0702\u07f9\u0964\u0965\u1362\u1367\u1368\u166e\u1735\u1736\u1803\u1809\u1944\u1945"
    "\u203c\u203d\u2047\u2048\u2049\u2e2e\u3002\ua4ff\ua60e\ua60f\ua6f3\ua6f7\ua876\ua877\ua8ce\ua8cf\ua92f\ua9c8\ua9c9\uaaf0\uaaf1"
    "\uabeb\ufe52\ufe56\ufe57\uff01\uff0e\uff1f\uff61"
)
"""Sentence-final marks of many scripts."""


class Sentencizer(OnDocuments):
    """After a sentence-final mark, the first token that is neither one nor punctuation starts a sentence."""

    factory = "sentencizer"
    documented = ("name",)
    labels: tuple[str, ...] = ()
    label_data = None
    default_punct_chars: ClassVar = list(DEFAULT_PUNCT_CHARS)

    def __init__(self, name: str, punct_chars: Sequence[str], overwrite: bool, scorer: Scorer | None) -> None:
        self.name = name
        self.punct_chars = frozenset(punct_chars)
        self.overwrite = overwrite
        self.scorer = scorer

    def predict(self, batch: Batch) -> None:
        """Write `batch.sent_starts`."""
        final, other = self._kinds(batch)
        starts = np.zeros(batch.n_tokens, dtype=bool)
        docs = np.repeat(np.arange(batch.n_docs), np.diff(batch.doc_offsets))
        plain = np.flatnonzero(~(final | other))
        n_final = np.concatenate([[0], np.cumsum(final)])
        previous = np.concatenate([[0], plain[:-1]]) if len(plain) else plain
        same_doc = (
            np.concatenate([[False], docs[plain[1:]] == docs[plain[:-1]]])
            if len(plain)
            else np.zeros(0, bool)
        )
        begin = np.where(same_doc, previous, batch.doc_offsets[docs[plain]] if len(plain) else 0)
        starts[plain] = n_final[plain] - n_final[begin] > 0
        write_sent_starts(batch, starts, overwrite=self.overwrite)

    def _kinds(self, batch: Batch) -> tuple[Array, Array]:
        """Per token: whether it is a sentence-final mark, and whether it is other punctuation."""
        ids, which = np.unique(batch.lexeme_ids, return_inverse=True)
        final = np.array([text in self.punct_chars for text in batch.lexemes.texts(ids)], dtype=bool)
        return final[which], (batch.lexemes.is_punct[ids] & ~final)[which]

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Its settings as JSON."""
        return orjson.dumps({"punct_chars": sorted(self.punct_chars), "overwrite": self.overwrite})

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> Sentencizer:
        """Take over what `to_bytes` gave. Raises: EngineError where it is something else."""
        try:
            settings = orjson.loads(bytes_data)
            marks = frozenset(str(mark) for mark in settings["punct_chars"])
            self.punct_chars, self.overwrite = marks, bool(settings.get("overwrite", self.overwrite))
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            what = f"expected settings of the sentencizer {self.name!r}, got {type(error).__name__}: {error}"
            raise ComponentError(what) from None
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write its settings to a file; one without a suffix gets `.json`."""
        Path(path).with_suffix(".json").write_bytes(self.to_bytes())

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Sentencizer:
        """Take over what `to_disk` wrote. Raises: EngineError."""
        return self.from_bytes(Path(path).with_suffix(".json").read_bytes())

    def score(self, examples: Sequence[Example]) -> Scores:
        """Scores by the configured scorer."""
        return self.scorer(examples) if self.scorer is not None else {}


@with_defaults(scorer={"@scorers": "freshet.senter_scorer.v1"})
@registry.factories("sentencizer")
def make_sentencizer(
    name: str, punct_chars: list[str] | None = None, overwrite: bool = False, scorer: Scorer | None = None
) -> Sentencizer:
    """Sentence starts by punctuation; null means the marks of many scripts."""
    return Sentencizer(name, DEFAULT_PUNCT_CHARS if punct_chars is None else punct_chars, overwrite, scorer)
