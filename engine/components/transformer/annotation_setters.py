# SPDX-License-Identifier: Apache-2.0
"""What is called with the documents and the encoder's output after a batch was encoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...config.registry import registry
from ...doc.doc import Doc

AnnotationSetter = Callable[[Sequence[Doc], Any], None]


def null_annotation_setter(docs: Sequence[Doc], trf_data: Any) -> None:
    """Set nothing."""


@registry.annotation_setters("spacy-transformers.null_annotation_setter.v1")
def configure_null_annotation_setter() -> AnnotationSetter:
    """The setter that sets nothing."""
    return null_annotation_setter


registry.annotation_setters("spacy-transformer.null_annotation_setter.v1")(configure_null_annotation_setter)
