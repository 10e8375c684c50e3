# SPDX-License-Identifier: Apache-2.0
"""Settings of an annotator: the sections `[worker]`, `[worker.batching]`, `[worker.route]`,
`[worker.tenants]` and `[worker.kafka]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from ..errors import SettingsError
from .kafka_section import KafkaSettings
from .section import NAME, PORT, SHARE, Limit, Section, at_least, setting, subsection
from .sources import SettingsSource, environment, merge


class Delivery(StrEnum):
    """What a killed worker may do to its outputs."""

    EXACTLY_ONCE = "exactly_once"
    AT_LEAST_ONCE = "at_least_once"


class InputFormat(StrEnum):
    """What a text's record holds: a message `text/1`, or the text alone."""

    JSON = "json"
    TEXT = "text"


class OutputFormat(StrEnum):
    """What an annotation's record holds: a message `annotation/1`, or spaCy's `Doc.to_json`."""

    FRESHET = "freshet"
    SPACY = "spacy"


class Tombstones(StrEnum):
    """What becomes of a record without a value, which deletes its key where a topic is compacted."""

    DEAD_LETTER = "dead_letter"
    PASS = "pass"


class UnknownAdapter(StrEnum):
    """What becomes of a text whose record chooses an adapter that there is not."""

    DEAD_LETTER = "dead_letter"
    BASE = "base"


class Start(StrEnum):
    """Where a group begins that has committed nothing."""

    EARLIEST = "earliest"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class BatchingSettings(Section):
    """Sizes of micro-batches and of what may be in memory."""

    place: ClassVar[str] = "worker -> batching"

    max_batch_tokens: int = setting(
        8192,
        "Tokens in one batch at most; tokens are estimated as bytes of the value over five.",
        at_least(1),
    )
    max_batch_records: int = setting(512, "Texts in one batch at most.", at_least(1))
    max_inflight_tokens: int = setting(
        262_144, "Tokens that are read and not yet committed; above it reading pauses.", at_least(1)
    )
    max_poll_records: int = setting(2000, "Texts that are read at once at most.", at_least(1))


@dataclass(frozen=True, slots=True)
class RouteSettings(Section):
    """Which annotations may be used without a person, and how that is watched."""

    place: ClassVar[str] = "worker -> route"

    max_error: float = setting(
        0.0,
        "Mark each annotation `auto` or `ask` so that at most this share of the texts marked `auto` has a "
        "wrong answer, by the held-out corrections that judged the version; 0: no marks.",
        Limit("a share from 0 to below 1", lambda value: bool(0 <= value < 1)),
    )
    doubt: float = setting(
        0.01,
        "Chance, for one version, that this is untrue of texts like the held-out ones; with less doubt fewer "
        "are marked `auto`.",
        Limit("a share above 0 and below 1", lambda value: bool(0 < value < 1)),
    )
    audit_share: float = setting(
        0.05,
        "Share of the texts that would be marked `auto`, chosen by the hash of their id, that are marked "
        "`audit` instead: people see them, and their corrections tell the true share of errors.",
        SHARE,
    )

    @property
    def is_on(self) -> bool:
        """Whether annotations are marked at all."""
        return self.max_error > 0


@dataclass(frozen=True, slots=True)
class TenantSettings(Section):
    """Many tenants on one encoder: which adapter reads a text (docs/adapters.md)."""

    place: ClassVar[str] = "worker -> tenants"

    key: str = setting("", "Header of a text's record that names the adapter which reads it; empty: none.")
    adapters: str = setting(
        "",
        "Where adapters are, with commas between: a folder whose folders are adapters in PEFT's form, "
        "NAME=FOLDER, or NAME=registry:MODEL for the one that a line of versions has learned.",
    )
    unknown: UnknownAdapter = setting(
        UnknownAdapter.DEAD_LETTER,
        "What becomes of a text whose record names another one: dead_letter, or base: the pipeline alone "
        "reads it.",
    )

    def _check(self) -> None:
        if bool(self.adapters) != bool(self.key):
            raise SettingsError(
                "worker -> tenants: expected both key, the header that chooses, and adapters, what it "
                f"chooses from, got {self.key!r} and {self.adapters!r}"
            )


@dataclass(frozen=True, slots=True)
class WorkerSettings(Section):
    """What an annotator reads, writes and keeps to. Durations in seconds."""

    place: ClassVar[str] = "worker"

    broker: str = setting(
        "embedded:./.freshet",
        "The log: embedded:PATH, kafka://HOST:PORT[,HOST:PORT...][?sasl_mechanism=...] or memory:NAME.",
        NAME,
    )
    input_topic: str = setting("texts", "Topic of the texts.", NAME)
    output_topic: str = setting("annotations", "Topic of their annotations.", NAME)
    dead_letter_topic: str = setting(
        "", "Topic of the texts that cannot be annotated, each with the reason; empty: INPUT_TOPIC.dlq."
    )
    group: str = setting(
        "freshet-annotate", "Consumer group: workers of one group share the partitions.", NAME
    )
    slot: str = setting(
        "",
        "Place in the group that outlives the process: who joins with a slot takes over from the one that "
        "had it, at once. Empty: the first free one of this host.",
    )
    delivery: Delivery = setting(
        Delivery.EXACTLY_ONCE,
        "exactly_once: annotations and positions in one transaction. at_least_once: after a kill some "
        "annotations are written twice.",
    )
    input_format: InputFormat = setting(
        InputFormat.JSON, "What a record holds: json, a message text/1; text, the text alone."
    )
    output_format: OutputFormat = setting(
        OutputFormat.FRESHET, "What is written: freshet, a message annotation/1; spacy, spaCy's Doc.to_json."
    )
    tombstones: Tombstones = setting(
        Tombstones.DEAD_LETTER,
        "What becomes of a record without a value: dead_letter, or pass: one with its key and without a "
        "value goes to the annotations, where it deletes the key too.",
    )
    confidence: bool = setting(
        False,
        "Write how sure the model is of each entity, sentence, category and text (docs/messages.md).",
    )
    start: Start = setting(
        Start.EARLIEST, "Where a group begins that has committed nothing: earliest or latest."
    )
    max_text_chars: int = setting(1_000_000, "Longer texts are dead letters.", at_least(0.001))
    threads: int = setting(0, "Threads that annotate; 0: one for each core.", at_least(0))
    commit_interval: float = setting(0.1, "Seconds between two commits at least.", at_least(0))
    drain_timeout: float = setting(
        20.0, "Seconds in which a worker that is stopped finishes what it has read.", at_least(0)
    )
    stall_timeout: float = setting(
        60.0,
        "Seconds after which a partition that has records and delivers none gets a new consumer.",
        at_least(0.001),
    )
    session_timeout: float = setting(
        45.0,
        "Seconds without a heartbeat after which the group gives a worker's partitions away.",
        at_least(0.001),
    )
    max_poll_interval: float = setting(
        300.0,
        "Seconds without a poll after which it does so too; half of them make a worker unhealthy.",
        at_least(0.001),
    )
    transaction_timeout: float = setting(
        15.0, "Seconds after which Kafka aborts the transaction of a killed worker.", at_least(0.001)
    )
    commit_timeout: float = setting(
        30.0, "Seconds that a commit may take before the consumer is made anew.", at_least(0.001)
    )
    health_host: str = setting("127.0.0.1", "Address of the health checks and metrics over HTTP.")
    health_port: int = setting(0, "Their port; 0: any free one, -1: none.", PORT)
    registry: str = setting(
        "embedded:./.freshet",
        "The model registry: embedded:PATH, redis://, rediss://, unix:// or sentinel://.",
    )
    registry_id: str = setting(
        "",
        "Identity of the registry that is followed (`freshet models list --json`); empty: that of the first "
        "one that is seen, kept in model_cache.",
    )
    registry_accept: bool = setting(
        False,
        "Follow the registry as it is at the start, even if it is another one than before or was put back. "
        "For one start.",
    )
    shadow_sample: float = setting(
        0.05, "Share of the batches that a shadow model annotates too; its answers are not written.", SHARE
    )
    min_agreement: float = setting(
        0.5,
        "Share of the champion's answers that a shadow or a canary has to give after 200 texts; with less it "
        "is refused.",
        SHARE,
    )
    max_rescued: float = setting(
        0.02,
        "Share of a new champion's texts on which it fails and the one before does not, above which this "
        "worker goes back.",
        SHARE,
    )
    reread_topic: str = setting(
        "",
        "Topic of corrections whose texts are annotated again once a model has learned past them; empty: "
        "none.",
    )
    model_cache: str = setting(
        "",
        "Folder that keeps the champion, so that a worker starts while the registry is away; empty: none. "
        "Keep it private: what is in it is trusted.",
    )
    kafka: KafkaSettings = subsection(KafkaSettings)
    tenants: TenantSettings = subsection(TenantSettings)
    batching: BatchingSettings = subsection(BatchingSettings)
    route: RouteSettings = subsection(RouteSettings)

    @property
    def dead_letters_to(self) -> str:
        """The topic of dead letters."""
        return self.dead_letter_topic or f"{self.input_topic}.dlq"

    def _check(self) -> None:
        topics = (self.input_topic, self.output_topic, self.dead_letters_to)
        if len(set(topics)) < len(topics):
            raise SettingsError(
                "worker -> output_topic: expected three different topics for texts, annotations and dead "
                f"letters, got {', '.join(topics)}"
            )


def read_settings(
    section: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> WorkerSettings:
    """Settings from a file's `[worker]` section, the environment and flags, the later ones winning.

    Every key may stand in the environment as `FRESHET_KEY`, those of batching as `FRESHET_BATCHING_KEY`,
    those of routes as `FRESHET_ROUTE_KEY`, those of tenants as `FRESHET_TENANTS_KEY`, those of Kafka as
    `FRESHET_KAFKA_KEY`; `FRESHET_KEY_FILE` names a file that holds the value. Flags are named `key` or
    `batching.key`, with or without the prefix `worker.`.
    Raises: SettingsError with the place, what was expected, what came and the names that exist.

    >>> flags = {"batching.max_batch_tokens": "512"}
    >>> read_settings({"group": "a"}, {"FRESHET_BROKER": "memory:x"}, flags).batching.max_batch_tokens
    512
    """
    named = {key.removeprefix("worker.").replace("-", "_"): value for key, value in (flags or {}).items()}
    return merge(
        WorkerSettings,
        (
            SettingsSource("worker", section or {}),
            environment(WorkerSettings, environ or {}),
            SettingsSource("flags", named),
        ),
    )
