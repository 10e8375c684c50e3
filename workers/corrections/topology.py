# SPDX-License-Identifier: Apache-2.0
"""The topics of a correction worker: where corrections come from and go to."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field

from ..errors import SettingsError
from ..transports.base import Transport
from ..transports.topic_reader import topic_infos
from .reading import MAX_TEXT_CHARS
from .refusals import dead_letter_topic
from .tables import WindowSettings


@dataclass(frozen=True, slots=True)
class CorrectionSettings:
    """Where corrections come from and go to. `annotations` empty: nothing is joined. `dead_letter_topic`
    empty: `<input>.dlq`."""

    input_topic: str = "corrections"
    output_topic: str = "corrections.valid"
    dead_letter_topic: str = ""
    annotations: str = "annotations"
    group: str = "freshet-corrections"
    max_text_chars: int = MAX_TEXT_CHARS
    max_ids: int = 1_000_000
    max_annotations: int = 20_000
    windows: WindowSettings = field(default_factory=WindowSettings)

    @property
    def dead_letters_to(self) -> str:
        """The topic of dead letters."""
        return self.dead_letter_topic or dead_letter_topic(self.input_topic)

    @property
    def topics(self) -> tuple[str, ...]:
        """All topics that must exist."""
        return (self.input_topic, self.output_topic, self.dead_letters_to)


def make_output_topics(transport: Transport, settings: CorrectionSettings) -> None:
    """Make the topics of valid corrections and of dead letters where they are missing, with as many
    partitions as the corrections have."""
    with closing(transport.admin()) as admin:
        existing = {info.name: len(info.bounds) for info in admin.topics()}
        for topic in settings.topics:
            if topic not in existing and settings.input_topic in existing:
                admin.create_topic(topic, existing[settings.input_topic])


def require_topics(transport: Transport, settings: CorrectionSettings) -> int:
    """How many partitions the corrections topic has. Raises: SettingsError where a topic is missing."""
    existing = topic_infos(transport)
    missing = [topic for topic in settings.topics if topic not in existing]
    if missing:
        raise SettingsError(
            f"corrections -> topics: missing are {', '.join(missing)}; make them with `freshet topics "
            f"create NAME`, those that exist: {', '.join(existing) or 'none'}"
        )
    return len(existing[settings.input_topic].bounds)
