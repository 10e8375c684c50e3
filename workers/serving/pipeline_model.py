# SPDX-License-Identifier: Apache-2.0
"""A pipeline of the engine as the model of a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from engine.annotation import WireFormat, encode_batch
from engine.confidence import confidences_of, read_calibration
from engine.doc.batch import Batch
from schemas import ModelRef, Route, Source, TextMessage

from ..model_registry import Version
from ..settings import OutputFormat, WorkerSettings
from .model import Annotated, Routed, StageTimer, untimed
from .triage import Triage, asks_for_confidence, calibration_of, triage_of


class PipelineModel:
    """A pipeline of the engine as the model of a worker: it writes annotations in one format, under the
    pipeline's own name unless it is given another; `triage` says whether it tells how sure it is, and marks
    what a person should see."""

    def __init__(
        self,
        pipeline: BatchPipeline,
        output_format: OutputFormat = OutputFormat.FRESHET,
        ref: ModelRef | None = None,
        triage: Triage | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._format: WireFormat = output_format.value
        self._ref = ref or model_ref(pipeline)
        self._triage = triage

    @property
    def ref(self) -> ModelRef:
        """How every annotation names the model."""
        return self._ref

    def annotate(
        self, messages: Sequence[TextMessage], sources: Sequence[Source], timer: StageTimer = untimed
    ) -> Sequence[Annotated]:
        """Tokenise, run all components on one batch and encode it: see `engine.annotation`."""
        batch = self._pipeline.tokenizer.tokenize([message.text for message in messages])
        timer("tokenize")
        triage = self._triage
        if triage is not None:
            batch.surprises = {}
        batch = self._pipeline.predict_batch(batch)
        timer("infer")
        confidences = None if triage is None else confidences_of(batch, triage.calibration)
        routes = None if triage is None else triage.routes(confidences, messages)
        encoded = encode_batch(
            batch,
            messages,
            sources,
            self._ref,
            format=self._format,
            lang=self._pipeline.lang,
            confidences=confidences if triage is not None and triage.writes_confidence else None,
            routes=routes,
        )
        timer("encode")
        cut = [batch.pieces_cut(index) for index in range(batch.n_docs)] if batch.pieces else []
        if any(cut):
            marks: Sequence[Route | None] = routes or [None] * len(encoded)
            return list(map(Routed, encoded, marks, cut))
        return encoded if routes is None else list(map(Routed, encoded, routes))


def model_of_folder(pipeline: BatchPipeline, settings: WorkerSettings, folder: Path) -> PipelineModel:
    """The model of a pipeline that was loaded from this folder. Raises: ModelFileError where it is to say how
    sure it is, and its calibration is broken or another pipeline's."""
    asks = asks_for_confidence(settings)
    calibration = read_calibration(folder, pipeline.digest) if asks else None
    triage = triage_of(settings, calibration, str(folder))
    return PipelineModel(pipeline, settings.output_format, triage=triage)


def model_of_version(
    pipeline: BatchPipeline, settings: WorkerSettings, folder: Path, version: Version
) -> PipelineModel:
    """The model of a version of a registry, whose files are in this folder."""
    asks = asks_for_confidence(settings)
    calibration = calibration_of(version, folder, pipeline.digest) if asks else None
    triage = triage_of(settings, calibration, f"version {version.number}")
    return PipelineModel(pipeline, settings.output_format, version_ref(pipeline, version), triage)


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
