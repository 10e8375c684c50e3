# SPDX-License-Identifier: Apache-2.0
"""Augmenters: further or changed examples made of given ones while reading."""

from __future__ import annotations

import random
from collections.abc import Iterator

from ..config.registry import registry
from ..doc.doc import Doc
from ..doc.example import Example
from .corpus import Augmenter, HasTokenizer
from .gold import with_layers_of


@registry.augmenters("freshet.lower_case.v1")
def make_lower_case(level: float) -> Augmenter:
    """Lower-case this share of the examples, chosen by Python's global generator; the others stay as they
    are."""

    def augment(pipeline: HasTokenizer, example: Example) -> Iterator[Example]:
        text = example.text.lower()
        if random.random() >= level or len(text) != len(example.text):
            yield example
            return
        yield Example(pipeline.tokenizer(text), lowercase(pipeline, example.reference))

    return augment


def lowercase(pipeline: HasTokenizer, doc: Doc) -> Doc:
    """The gold document with its words in lower case and all its labels."""
    return with_layers_of(
        pipeline.tokenizer.from_words([word.lower() for word in doc.words], doc.spaces), doc
    )
