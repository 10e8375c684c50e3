# SPDX-License-Identifier: Apache-2.0
"""A pipeline of the engine as the model of a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.annotation import WireFormat, encode_batch
from engine.doc.batch import Batch
from schemas import ModelRef, Source, TextMessage

from ..model_registry.version import Version
from .live_model import Lap, Model


class BatchTokenizer(Protocol):
    """What a worker needs of a tokenizer."""

    def tokenize(self, texts: Sequence[str]) -> Batch:
        """Texts as a batch; safe to call from several threads."""


class BatchPipeline(Protocol):
    """What a worker needs of a pipeline."""

    @property
    def lang(self) -> str:
        """The language, as a BCP 47 tag."""

    @property
    def meta(self) -> Mapping[str, object]:
        """What the pipeline's `meta.json` says."""

    @property
    def version(self) -> str:
        """The version of the weights."""

    @property
    def digest(self) -> str:
        """The digest of all files."""

    @property
    def tokenizer(self) -> BatchTokenizer:
        """The tokenizer."""

    def predict_batch(self, batch: Batch) -> Batch:
        """Run all components on a tokenised batch; safe to call from several threads."""


def pipeline_model(
    pipeline: BatchPipeline, output_format: str = "freshet", ref: ModelRef | None = None
) -> Model:
    """The pipeline as a model that writes annotations in that format, under the pipeline's own name or
    another."""
    ref = ref or model_ref(pipeline)
    format: WireFormat = "spacy" if output_format == "spacy" else "freshet"

    def annotate(messages: Sequence[TextMessage], sources: Sequence[Source], lap: Lap) -> list[bytes]:
        batch = pipeline.tokenizer.tokenize([message.text for message in messages])
        lap("tokenize")
        batch = pipeline.predict_batch(batch)
        lap("infer")
        encoded = encode_batch(batch, messages, sources, ref, format=format, lang=pipeline.lang)
        lap("encode")
        return encoded

    return Model(ref, annotate)


def model_ref(pipeline: BatchPipeline) -> ModelRef:
    """The pipeline's name, version and digest, as annotations name it."""
    return ModelRef(str(pipeline.meta.get("name", "pipeline")), pipeline.version, pipeline.digest)


def version_ref(pipeline: BatchPipeline, version: Version) -> ModelRef:
    """How annotations name a version of a registry: its number, its manifest's digest, and up to where it has
    learned."""
    return ModelRef(
        str(pipeline.meta.get("name", "pipeline")),
        str(version.number),
        version.manifest_digest,
        version.corrections,
    )
