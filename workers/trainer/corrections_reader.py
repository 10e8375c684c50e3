# SPDX-License-Identifier: Apache-2.0
"""The reader of corrections from a log, as a config names it: an endless corpus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.config.registry import registry
from engine.doc.example import Example
from engine.pipeline.pipeline import Pipeline

from ..transports.address import open_transport
from ..transports.base import PartitionReader, Transport
from .correction_filter import CorrectionFilter
from .example_factory import ExampleFactory

IDS_KEPT = 100_000


@registry.readers("freshet.KafkaCorrections.v1")
def configure_corrections(
    broker: str, topic: str = "corrections", group: str = "freshet-learn", max_text_chars: int = 1_000_000
) -> KafkaCorrections:
    """Corrections of a topic on any log (Kafka, embedded, memory), from its beginning and without end;
    `group` shows the lag.

    `freshet learn` keeps its own positions with its state. Read by `freshet train` (with `max_epochs = -1`),
    it begins anew each time.
    """
    return KafkaCorrections(broker, topic, group, max_text_chars)


@dataclass(frozen=True, slots=True)
class KafkaCorrections:
    """Where corrections come from."""

    broker: str
    topic: str
    group: str
    max_text_chars: int

    def __call__(self, pipeline: Pipeline) -> Iterator[Example]:
        """The examples that corrections make, each correction once, as long as there are any to come."""
        examples = ExampleFactory(pipeline)
        corrections = CorrectionFilter(
            examples, percent=0.0, n_recent=0, n_ids=IDS_KEPT, max_text_chars=self.max_text_chars
        )
        for record in self.open().read(self.topic, follow=True):
            admission = corrections.admit(record)
            if admission.example is not None:
                yield admission.example

    def open(self) -> Transport:
        """The log."""
        return open_transport(self.broker)

    def partitions(self, transport: Transport) -> PartitionReader:
        """A reader that keeps its own positions."""
        return transport.partitions(self.topic, self.group)
