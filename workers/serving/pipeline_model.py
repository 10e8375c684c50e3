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
from .adapters import AdapterShelf, FittedAdapters, ServedAdapter
from .model import Annotated, Routed, StageTimer, untimed
from .piece_budget import PieceBudget
from .triage import Triage, asks_for_confidence, calibration_of, triage_of


class PipelineModel:
    """A pipeline of the engine as the model of a worker: it writes annotations in one format, under the
    pipeline's own name unless it is given another; `triage` says whether it tells how sure it is, and marks
    what a person should see; `adapters`: what texts choose from by a header."""

    def __init__(
        self,
        pipeline: BatchPipeline,
        output_format: OutputFormat = OutputFormat.FRESHET,
        ref: ModelRef | None = None,
        triage: Triage | None = None,
        adapters: FittedAdapters | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._adapters = adapters
        self._budget = PieceBudget.of(pipeline)
        self._format: WireFormat = output_format.value
        self._ref = ref or model_ref(pipeline)
        self._triage = triage

    @property
    def ref(self) -> ModelRef:
        """How every annotation names the model."""
        return self._ref

    @property
    def adapters(self) -> FittedAdapters | None:
        """What texts choose adapters from; None where there is no choice."""
        return self._adapters

    def annotate(
        self, messages: Sequence[TextMessage], sources: Sequence[Source], timer: StageTimer = untimed
    ) -> Sequence[Annotated]:
        """Tokenise, run all components on one batch and encode it: see `engine.annotation`. Where an encoder
        has a budget of pieces, texts beyond it make batches of their own."""
        return self._annotate(messages, sources, timer, None)

    def annotate_adapted(
        self,
        messages: Sequence[TextMessage],
        sources: Sequence[Source],
        timer: StageTimer,
        adapters: Sequence[ServedAdapter | None],
    ) -> Sequence[Annotated]:
        """The same, each text read with its adapter, and all in one batch."""
        return self._annotate(messages, sources, timer, adapters)

    def _annotate(
        self,
        messages: Sequence[TextMessage],
        sources: Sequence[Source],
        timer: StageTimer,
        adapters: Sequence[ServedAdapter | None] | None,
    ) -> Sequence[Annotated]:
        batch = self._tokenize(messages)
        parts = self._budget.parts(batch)
        if len(parts) == 1:
            return self._annotate_batch(batch, messages, sources, timer, adapters)
        annotated: list[Annotated] = []
        for part in parts:
            batch = self._tokenize(messages[part])
            own = None if adapters is None else adapters[part]
            annotated += self._annotate_batch(batch, messages[part], sources[part], timer, own)
        return annotated

    def _tokenize(self, messages: Sequence[TextMessage]) -> Batch:
        return self._pipeline.tokenizer.tokenize([message.text for message in messages])

    def _annotate_batch(
        self,
        batch: Batch,
        messages: Sequence[TextMessage],
        sources: Sequence[Source],
        timer: StageTimer,
        adapters: Sequence[ServedAdapter | None] | None,
    ) -> Sequence[Annotated]:
        timer("tokenize")
        triage = self._triage
        if triage is not None:
            batch.surprises = {}
        if adapters is not None:
            batch.adapters = [None if each is None else each.key for each in adapters]
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
            adapters=None if adapters is None else [None if one is None else one.ref for one in adapters],
        )
        timer("encode")
        cut = [batch.pieces_cut(index) for index in range(batch.n_docs)] if batch.pieces else []
        if any(cut):
            marks: Sequence[Route | None] = routes or [None] * len(encoded)
            return list(map(Routed, encoded, marks, cut))
        return encoded if routes is None else list(map(Routed, encoded, routes))


def model_of_folder(
    pipeline: BatchPipeline, settings: WorkerSettings, folder: Path, shelf: AdapterShelf | None = None
) -> PipelineModel:
    """The model of a pipeline that was loaded from this folder. Raises: ModelFileError where it is to say how
    sure it is, and its calibration is broken or another pipeline's."""
    asks = asks_for_confidence(settings)
    calibration = read_calibration(folder, pipeline.digest) if asks else None
    triage = triage_of(settings, calibration, str(folder))
    return PipelineModel(pipeline, settings.output_format, triage=triage, adapters=_fitted(pipeline, shelf))


def model_of_version(
    pipeline: BatchPipeline,
    settings: WorkerSettings,
    folder: Path,
    version: Version,
    shelf: AdapterShelf | None = None,
) -> PipelineModel:
    """The model of a version of a registry, whose files are in this folder."""
    asks = asks_for_confidence(settings)
    calibration = calibration_of(version, folder, pipeline.digest) if asks else None
    triage = triage_of(settings, calibration, f"version {version.number}")
    ref, fitted = version_ref(pipeline, version), _fitted(pipeline, shelf)
    return PipelineModel(pipeline, settings.output_format, ref, triage, fitted)


def _fitted(pipeline: BatchPipeline, shelf: AdapterShelf | None) -> FittedAdapters | None:
    """A shelf's adapters on a pipeline's encoders."""
    return None if shelf is None else shelf.fit(PieceBudget.of(pipeline).encoders, pipeline.meta)


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
