# SPDX-License-Identifier: Apache-2.0
"""A pipeline of the engine as the model of a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.annotation import WireFormat, encode_batch
from engine.doc.batch import Batch
from schemas import ModelRef, Source, TextMessage

from ..model_registry import Version
from ..settings import OutputFormat
from .model import StageTimer, untimed


class PipelineModel:
    """A pipeline of the engine as the model of a worker: it writes annotations in one format, under the
    pipeline's own name unless it is given another."""

    def __init__(
        self,
        pipeline: BatchPipeline,
        output_format: OutputFormat = OutputFormat.FRESHET,
        ref: ModelRef | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._format: WireFormat = output_format.value
        self._ref = ref or model_ref(pipeline)

    @property
    def ref(self) -> ModelRef:
        """How every annotation names the model."""
        return self._ref

    def annotate(
        self, messages: Sequence[TextMessage], sources: Sequence[Source], timer: StageTimer = untimed
    ) -> list[bytes]:
        """Tokenise, run all components on one batch and encode it: see `engine.annotation`."""
        batch = self._pipeline.tokenizer.tokenize([message.text for message in messages])
        timer("tokenize")
        batch = self._pipeline.predict_batch(batch)
        timer("infer")
        encoded = encode_batch(
            batch, messages, sources, self._ref, format=self._format, lang=self._pipeline.lang
        )
        timer("encode")
        return encoded


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
