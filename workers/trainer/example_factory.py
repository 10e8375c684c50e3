# SPDX-License-Identifier: Apache-2.0
"""Examples made of corrections and documents, each with the source from which it can be made again."""

from __future__ import annotations

import json

from engine.annotation import example_of
from engine.doc.doc import Doc
from engine.pipeline.pipeline import Pipeline
from engine.training.keyed_example import KeyedExample, keyed_from_json
from schemas import Correction, decode_correction, encode_correction

CORRECTION, DOCUMENT = "c", "d"
"""First letter of a kept source: a correction message, or a document in the form of `Doc.to_json`."""


def correction_of(example: KeyedExample) -> Correction:
    """The correction that an example was made of."""
    return decode_correction(example.source[1:].encode("utf8"))


class ExampleFactory:
    """Makes examples with the tokenizer and the labels of the pipeline that learns them."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def from_correction(self, correction: Correction) -> KeyedExample:
        """The example that a correction makes."""
        made = example_of(correction, self._pipeline.tokenizer, categories=self._categories())
        source = CORRECTION + encode_correction(correction).decode("utf8")
        key, old = correction.correction_id, correction.supersedes
        return KeyedExample(
            made.predicted,
            made.reference,
            key=key,
            source=source,
            supersedes=old,
            author=correction.author,
        )

    def from_document(self, key: str, gold: Doc) -> KeyedExample:
        """The example that an annotated document makes."""
        return self.rebuild(key, DOCUMENT + json.dumps(gold.to_json(), ensure_ascii=False, sort_keys=True))

    def rebuild(self, key: str, source: str) -> KeyedExample:
        """The example that a kept source makes."""
        if source[:1] == CORRECTION:
            return self.from_correction(decode_correction(source[1:].encode("utf8")))
        example = keyed_from_json(self._pipeline.tokenizer, key, source[1:])
        example.source = source
        return example

    def _categories(self) -> list[str]:
        return [
            label
            for name, labels in self._pipeline.labels.items()
            if name.startswith("textcat")
            for label in labels
        ]
