# SPDX-License-Identifier: Apache-2.0
"""Vectors and similarity of documents, spans and tokens: by hooks of one's own, by the static vectors of
their words, or by what the shared embedding made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..vocab.likeness import likeness


class VectorAccess:
    """Objects that have a vector: the mean of their words' static vectors, or, where the pipeline has none,
    of the rows of `doc.tensor`. The hooks `vector`, `has_vector`, `vector_norm` and `similarity` go first."""

    __slots__ = ()
    hooks = "user_hooks"

    @property
    def vector(self) -> Any:
        """Its vector, zeros where no word has one. Shape: `(vocab.vectors_length,)`, or the tensor's width
        where there are no static vectors."""
        hook = self._hooks().get("vector")
        if hook is not None:
            return hook(self)
        own = getattr(self, "own_vector", None)
        if own is not None:
            return own
        rows = self._vector_rows()
        return rows.mean(axis=0) if len(rows) else np.zeros(rows.shape[1], dtype=np.float32)

    @property
    def has_vector(self) -> bool:
        """Whether a word of it has a static vector, or, where the pipeline has none, `doc.tensor` is
        there."""
        hooks = self._hooks()
        if "has_vector" in hooks:
            return bool(hooks["has_vector"](self))
        if "vector" in hooks:
            return True
        doc, rows = self._place()
        if doc.vocab.has_vectors:
            return not bool(doc.batch.lexemes.is_oov(self._lexeme_ids(doc, rows)).all())
        return bool(doc.tensor.size)

    @property
    def vector_norm(self) -> float:
        """Length of its vector."""
        hook = self._hooks().get("vector_norm")
        return float(np.linalg.norm(self.vector)) if hook is None else float(hook(self))

    def similarity(self, other: Any) -> float:
        """Cosine of its vector and that of a document, span, token or lexeme: 1 of the same words, 0, with a
        warning, where one of the two has none."""
        hook = self._hooks().get("similarity")
        return likeness(self, other) if hook is None else float(hook(self, other))

    def _hooks(self) -> dict[str, Callable[..., Any]]:
        hooks: dict[str, Callable[..., Any]] = getattr(getattr(self, "doc", self), self.hooks)
        return hooks

    def _place(self) -> tuple[Any, slice]:
        """The document, and which of its tokens it is made of."""
        raise NotImplementedError

    def _vector_rows(self) -> Any:
        """A vector for each token. Shape: `(n_tokens, width)`."""
        doc, rows = self._place()
        if doc.vocab.has_vectors:
            return doc.vocab.vectors.rows(doc.batch.lexemes, self._lexeme_ids(doc, rows))
        if doc.tensor.size:
            return np.asarray(doc.tensor)[rows]
        return np.zeros((0, doc.vocab.vectors_length), dtype=np.float32)

    @staticmethod
    def _lexeme_ids(doc: Any, rows: slice) -> Any:
        return doc.batch.lexeme_ids[doc.batch.rows(doc.index)][rows]
