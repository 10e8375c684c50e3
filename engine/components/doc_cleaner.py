# SPDX-License-Identifier: Apache-2.0
"""The component `doc_cleaner`: takes away what later steps no longer need, such as the vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch
from ..doc.example import Example
from ..errors import ComponentError
from .component import Scores
from .on_documents import OnDocuments


def _without_vectors(batch: Batch) -> None:
    batch.vectors, batch.pieces = {}, {}


def _without_cats(batch: Batch) -> None:
    batch.cats = {}


def _without_ents(batch: Batch) -> None:
    batch.spans.pop("ents", None)


def _without_spans(batch: Batch) -> None:
    batch.spans = {key: column for key, column in batch.spans.items() if key == "ents"}


CLEANED: Mapping[str, Callable[[Batch], None]] = {
    "tensor": _without_vectors,
    "cats": _without_cats,
    "ents": _without_ents,
    "spans": _without_spans,
}
"""Attribute of a document -> what takes it away."""


class DocCleaner(OnDocuments):
    """Takes layers off the batch when all before it have used them."""

    def __init__(self, name: str, attrs: Mapping[str, Any], silent: bool) -> None:
        unknown = [attr for attr in attrs if attr not in CLEANED]
        if unknown and not silent:
            raise ComponentError(
                f"expected {name!r} to clean some of {', '.join(CLEANED)}, got {unknown[0]!r}; take it out, "
                "or set silent"
            )
        self.name = name
        self.attrs = [attr for attr in attrs if attr in CLEANED]

    def predict(self, batch: Batch) -> None:
        """Take them away."""
        for attr in self.attrs:
            CLEANED[attr](batch)

    def score(self, examples: Sequence[Example]) -> Scores:
        """Nothing: no layer is found."""
        return {}


@with_defaults(attrs={"tensor": None, "_.trf_data": None})
@registry.factories("doc_cleaner")
def make_doc_cleaner(name: str, attrs: dict[str, Any], silent: bool = True) -> DocCleaner:
    """Takes away `attrs`, whatever value the config gives them; with `silent`, those that we do not have are
    passed over."""
    return DocCleaner(name, attrs, silent)
