# SPDX-License-Identifier: Apache-2.0
"""Augmenters: further or changed examples made of given ones while reading."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..config.registry import registry
from ..doc.doc import Doc
from ..doc.example import Example
from ..errors import EngineError
from .corpus import Augmenter, HasTokenizer
from .gold import with_layers_of
from .orth_variants import OrthVariants
from .whitespace_tokens import with_whitespace


def dont_augment(pipeline: HasTokenizer, example: Example) -> Iterator[Example]:
    """Each example as it is."""
    yield example


@registry.augmenters("freshet.lower_case.v1")
def make_lower_case(level: float) -> Augmenter:
    """Lower-case this share of the examples, chosen by Python's global generator; the others stay as they
    are."""

    def augment(pipeline: HasTokenizer, example: Example) -> Iterator[Example]:
        yield _lowercased(pipeline, example) if random.random() < level else example

    return augment


@registry.augmenters("freshet.orth_variants.v1")
def make_orth_variants(
    level: float, lower: float, orth_variants: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Augmenter:
    """Put other spellings into this share of the examples, which must have tags; and of these, lower-case the
    share `lower`.

    Raises: EngineError where `orth_variants` has another form.
    """
    variants = OrthVariants.of(orth_variants)

    def augment(pipeline: HasTokenizer, example: Example) -> Iterator[Example]:
        if random.random() < level:
            example = _respelled(pipeline, example, variants)
            example = _lowercased(pipeline, example) if random.random() < lower else example
        yield example

    return augment


@registry.augmenters("freshet.combined_augmenter.v1")
def make_combined(
    lower_level: float,
    orth_level: float,
    orth_variants: Mapping[str, Sequence[Mapping[str, Any]]] | None,
    whitespace_level: float,
    whitespace_per_token: float,
    whitespace_variants: Sequence[str] | None,
) -> Augmenter:
    """Lower-case, respell, and put tokens of white space into, shares of the examples, each chosen for
    itself.

    `whitespace_per_token`: so many more tokens, by the document's. Raises: EngineError where variants have
    another form.
    """
    variants = None if orth_variants is None else OrthVariants.of(orth_variants)
    blanks = _checked_blanks(whitespace_variants or ())

    def augment(pipeline: HasTokenizer, example: Example) -> Iterator[Example]:
        if random.random() < lower_level:
            example = _lowercased(pipeline, example)
        if variants is not None and random.random() < orth_level:
            example = _respelled(pipeline, example, variants)
        if blanks and random.random() < whitespace_level:
            count = int(len(example.reference) * whitespace_per_token)
            gold = with_whitespace(pipeline.tokenizer, example.reference, blanks, count)
            example = Example(pipeline.tokenizer(gold.text), gold)
        yield example

    return augment


def lowercase(pipeline: HasTokenizer, doc: Doc) -> Doc:
    """The gold document with its words in lower case and all its labels."""
    return respell(pipeline, doc, [word.lower() for word in doc.words])


def respell(pipeline: HasTokenizer, doc: Doc, words: Sequence[str]) -> Doc:
    """The gold document with other words and all its labels."""
    return with_layers_of(pipeline.tokenizer.from_words(words, doc.spaces), doc)


def _lowercased(pipeline: HasTokenizer, example: Example) -> Example:
    """In lower case; as it is where that changes the length of a text."""
    text = example.text.lower()
    if len(text) != len(example.text):
        return example
    return Example(pipeline.tokenizer(text), lowercase(pipeline, example.reference))


def _respelled(pipeline: HasTokenizer, example: Example, variants: OrthVariants) -> Example:
    gold = respell(pipeline, example.reference, variants.words_of(example.reference))
    return Example(pipeline.tokenizer(gold.text), gold)


def _checked_blanks(variants: Sequence[str]) -> tuple[str, ...]:
    if not all(isinstance(text, str) and text.isspace() for text in variants):
        raise EngineError(f"expected whitespace_variants to be texts of white space, got {list(variants)!r}")
    return tuple(variants)
