# SPDX-License-Identifier: Apache-2.0
"""Read your correction: a corrected text is annotated again as soon as a model serves that has learned past
that correction."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from schemas import Correction, DecodeError, TextMessage, output_headers, schema_header

from ..corrections import (
    HandledCorrection,
    commit_handled,
    lessen,
    make_dead_letter_topic,
    read_correction,
    refuse,
)
from ..errors import WorkerError
from ..retry import Backoff, is_worth_logging
from ..serving.adapters import ServedAdapter, UnknownAdapterError
from ..serving.isolation import isolate
from ..serving.live_model import LiveModel
from ..serving.model import Annotated, Model, Routed
from ..serving.outputs import annotate_chosen, chosen_adapters
from ..settings import Start, WorkerSettings
from ..transports.base import (
    Consumer,
    OutgoingRecord,
    Record,
    TopicPartition,
    Transport,
    TransportError,
)
from ..transports.topic_reader import positions_after, topic_infos
from .startup import consumer_options

log = logging.getLogger(__name__)

Chosen = tuple[tuple[Record, Correction], ServedAdapter | None]
"""A correction whose text is annotated again, and the adapter that its record names."""

POLL = 0.2
MAX_HELD = 2000
"""Corrections in memory that no model has learned yet; above it reading pauses."""
BATCH = 64
SCHEMA = schema_header("annotation", 1)
STAGE = "reannotate"
"""What the dead letters of records that are no corrections are known by."""


class Reannotator:
    """Reads corrections in a group of its own and holds each until the champion's watermark has passed it.

    The new annotation goes to the topic of annotations, with the correction's place in the header `src` and
    the corrected text's own place in its body. It is committed together with the position behind the
    correction: each correction has one, whoever dies. So is the dead letter of a record that is no
    correction.
    """

    def __init__(self, transport: Transport, live: LiveModel, settings: WorkerSettings) -> None:
        self._transport = transport
        self._live = live
        self._settings = settings
        self._consumer: Consumer | None = None
        self._held: dict[TopicPartition, deque[Record]] = {}
        self._epochs: Mapping[TopicPartition, int] = {}
        self._paused = False
        self._letters = ""
        self.written = 0
        self.refused = 0

    @property
    def group(self) -> str:
        """The consumer group, beside the annotators' own."""
        return f"{self._settings.group}.reread"

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; an outage of the log is waited for."""
        failures = 0
        while not stop.is_set():
            try:
                self.turn()
                failures = 0
            except TransportError as error:
                failures += 1
                if is_worth_logging(failures):
                    log.warning(
                        "annotating corrected texts again failed %d times in a row: %s", failures, error
                    )
                self._drop_consumer()
                stop.wait(Backoff().wait_for(failures))
        self._drop_consumer()

    def turn(self) -> int:
        """Take in what came and annotate what the champion has learned by now; how many annotations were
        committed."""
        consumer = self._join_group()
        paused = sum(map(len, self._held.values())) >= MAX_HELD
        if paused != self._paused:
            (consumer.pause if paused else consumer.resume)(self._epochs)
            self._paused = paused
        records = consumer.poll(POLL, MAX_HELD)
        self._adopt(consumer.assignment())
        for record in records:
            if record.topic_partition in self._epochs:
                self._held.setdefault(record.topic_partition, deque()).append(record)
        return self._annotate(consumer)

    def _annotate(self, consumer: Consumer) -> int:
        model, written = self._live.current(), 0
        while ready := self._find_learned(model):
            positions = positions_after(ready, self._epochs)
            handled = commit_handled(consumer, self._answer(ready, model), positions, self._lessen)
            for record in ready:
                self._held[record.topic_partition].popleft()
            written += sum(one.output is not None for one in handled)
            self.refused += sum(one.dead_letter is not None for one in handled)
        self.written += written
        return written

    def _find_learned(self, model: Model) -> list[Record]:
        """The next records that the model has learned past, each partition's in order."""
        ready: list[Record] = []
        for (_, partition), held in self._held.items():
            end = model.ref.corrections.get(str(partition), 0)
            ready += [record for record in list(held)[: BATCH - len(ready)] if record.offset < end]
        return ready

    def _answer(self, records: Sequence[Record], model: Model) -> list[HandledCorrection]:
        """What is written for each record: an annotation, a dead letter, or nothing."""
        handled, found = [], []
        for record in records:
            try:
                correction = read_correction(record, self._settings.max_text_chars)
            except DecodeError as error:
                handled.append(refuse(record, error, self._dead_letters_to(), STAGE))
            else:
                found += [(record, correction)] if correction is not None else []
        return handled + self._annotate_corrections(found, model)

    def _annotate_corrections(
        self, found: Sequence[tuple[Record, Correction]], model: Model
    ) -> list[HandledCorrection]:
        chosen = chosen_adapters([record.headers for record, _ in found], model)

        def annotate(part: Sequence[Chosen]) -> Sequence[Annotated]:
            messages = [TextMessage(correction.id, correction.text) for (_, correction), _ in part]
            sources = [correction.source or record.source for (record, correction), _ in part]
            return annotate_chosen(model, messages, sources, [adapter for _, adapter in part])

        items = [
            (pair, adapter)
            for pair, adapter in zip(found, chosen, strict=True)
            if not isinstance(adapter, UnknownAdapterError)  # its text is a dead letter already
        ]
        handled = []
        for ((record, _), adapter), value in zip(items, isolate(annotate, items), strict=True):
            route, cut = None, 0
            if isinstance(value, Routed):
                value, route, cut = value
            if isinstance(value, bytes):
                version = model.ref.version
                name = "" if adapter is None else adapter.ref.name
                headers = output_headers(record.headers, SCHEMA, record.source, version, route, cut, name)
                output = OutgoingRecord(self._settings.output_topic, value, record.key, headers)
                handled.append(HandledCorrection(record, "valid", output))
            else:
                log.warning(
                    "%s: the corrected text could not be annotated again: %s",
                    record.source,
                    type(value).__name__,
                )
        return handled

    def _lessen(self, handled: HandledCorrection, error: Exception) -> HandledCorrection:
        return lessen(handled, error, self._dead_letters_to())

    def _dead_letters_to(self) -> str:
        """The topic of dead letters, which is made at the first one."""
        self._letters = self._letters or make_dead_letter_topic(self._transport, self._settings.reread_topic)
        return self._letters

    def _join_group(self) -> Consumer:
        if self._consumer is None:
            settings = self._settings
            options = replace(
                consumer_options(settings, None),
                group=self.group,
                topics=(settings.reread_topic,),
                slot=f"{settings.slot}.reread" if settings.slot else "",
                start=Start.EARLIEST,  # whatever holds for texts: no correction is passed over
            )
            self._consumer = self._transport.consumer(options)
        return self._consumer

    def _adopt(self, epochs: Mapping[TopicPartition, int]) -> None:
        """Go by this assignment; what is held of partitions that were lost, or came anew, will be read
        again."""
        self._held = {
            place: held for place, held in self._held.items() if epochs.get(place) == self._epochs.get(place)
        }
        self._epochs = dict(epochs)

    def _drop_consumer(self) -> None:
        if self._consumer is not None:
            with suppress(TransportError):
                self._consumer.close()
        self._consumer, self._held, self._epochs, self._paused = None, {}, {}, False


def require_reread_topic(transport: Transport, settings: WorkerSettings) -> None:
    """Raises: WorkerError where the topic of corrections does not exist."""
    names = topic_infos(transport)
    if settings.reread_topic not in names:
        raise WorkerError(
            f"worker -> reread_topic: expected a topic that exists, got {settings.reread_topic!r}; "
            f"there are: {', '.join(names) or 'none'}"
        )
