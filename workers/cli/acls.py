# SPDX-License-Identifier: Apache-2.0
"""The rights in Kafka and in Redis that each kind of worker needs, and no others: `freshet doctor --acls`.

They follow the settings, so that names are written once. `tests/workers/transports/kafka/test_principals.py`
has workers do all their work with exactly these, and tries what is denied without each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from schemas import ANSWERS

from ..corrections import CorrectionSettings, dead_letter_topic
from ..settings import ConsoleSettings, WorkerSettings

LEARNER_GROUP = ConsoleSettings().learner_group
REDIS_COMMANDS = (
    "+ping +time +info +evalsha +eval +client|setname +exists +get +set +incr +del +unlink +rename "
    "+hget +hset +hdel +hlen +hmget +hgetall +hincrby +zadd +zrem +zrange +zrangebyscore +xadd +xread +xrange"
)
"""What a registry's keys are used by; docs/registry.md names the same."""


class Role(StrEnum):
    """Who asks."""

    ANNOTATOR = "annotator"
    TRAINER = "trainer"
    STREAM_APP = "stream-app"
    CONSOLE = "console"
    TOPICS = "topics"
    AUTOSCALER = "autoscaler"


KEEPERS = (Role.ANNOTATOR, Role.TRAINER, Role.CONSOLE)
"""Who speaks to the model registry."""


class Resource(StrEnum):
    """What a right is about."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional-id"


@dataclass(frozen=True, slots=True)
class Right:
    """Operations on a resource; `prefixed`: on all whose names begin so. `why`: what would fail without."""

    resource: Resource
    name: str
    operations: tuple[str, ...]
    why: str
    prefixed: bool = False

    def command(self, principal: str, servers: str) -> str:
        """What Kafka's own tool is told."""
        operations = " ".join(f"--operation {operation}" for operation in self.operations)
        pattern = " --resource-pattern-type prefixed" if self.prefixed else ""
        return (
            f"kafka-acls.sh --bootstrap-server {servers} --add --allow-principal 'User:{principal}' "
            f"{operations} --{self.resource} '{self.name}'{pattern}"
        )


def rights_of(role: Role, settings: WorkerSettings, corrections: CorrectionSettings) -> Sequence[Right]:
    """What a kind of worker needs with these settings."""
    rights = {
        Role.ANNOTATOR: _annotator(settings),
        Role.TRAINER: _trainer(corrections),
        Role.STREAM_APP: _stream_app(corrections),
        Role.CONSOLE: _console(settings, corrections),
        Role.TOPICS: _topics(settings, corrections),
        Role.AUTOSCALER: _autoscaler(settings),
    }
    return list(rights[role])


def redis_rights(user: str, model: str) -> str:
    """The user that suffices for one model's registry, as Redis and Valkey take it."""
    return f"ACL SETUSER {user} on >PASSWORD ~fr:{{{model}}}:* {REDIS_COMMANDS}"


def _annotator(settings: WorkerSettings) -> Iterator[Right]:
    yield _topic(settings.input_topic, "texts are read", "Read")
    yield _topic(settings.output_topic, "annotations are written", "Write", "DescribeConfigs")
    yield _topic(settings.dead_letters_to, "dead letters are written", "Write", "DescribeConfigs")
    yield Right(Resource.GROUP, settings.group, ("Read",), "the group is joined, offsets are committed")
    ids = f"{settings.group}-"
    yield Right(Resource.TRANSACTIONAL_ID, ids, ("Write",), "annotations and offsets in one commit", True)
    if settings.reread_topic:
        yield _topic(settings.reread_topic, "corrected texts are annotated again", "Read")
        letters, again = dead_letter_topic(settings.reread_topic), f"{settings.group}.reread"
        yield _topic(letters, "their dead letters are written", "Write", "DescribeConfigs")
        yield Right(Resource.GROUP, again, ("Read",), "the group of those is joined")
        yield Right(Resource.TRANSACTIONAL_ID, f"{again}-", ("Write",), "they are committed", True)


def _trainer(corrections: CorrectionSettings) -> Iterator[Right]:
    yield _topic(corrections.input_topic, "corrections are read", "Read")
    letters = corrections.dead_letters_to
    yield _topic(letters, "its dead letters are read once, and written", "Read", "Write", "DescribeConfigs")
    yield Right(Resource.GROUP, LEARNER_GROUP, ("Read",), "how far it has read is noted")


def _stream_app(corrections: CorrectionSettings) -> Iterator[Right]:
    yield _topic(corrections.input_topic, "corrections are read", "Read")
    if corrections.annotations:
        yield _topic(corrections.annotations, "what was corrected is joined", "Read")
    yield _topic(corrections.output_topic, "valid ones are written", "Write", "DescribeConfigs")
    yield _topic(corrections.dead_letters_to, "dead letters are written", "Write", "DescribeConfigs")
    tables = ("Create", "Read", "Write")
    yield Right(Resource.TOPIC, f"{corrections.group}-", tables, "Faust keeps its tables", prefixed=True)
    yield Right(Resource.GROUP, corrections.group, ("Read",), "the group is joined, offsets are committed")


def _console(settings: WorkerSettings, corrections: CorrectionSettings) -> Iterator[Right]:
    yield _topic(settings.input_topic, "how old the lag is", "Read")
    yield _topic(settings.output_topic, "annotations are shown", "Read")
    yield _topic(settings.dead_letters_to, "dead letters are shown", "Read")
    yield _topic(corrections.input_topic, "corrections are written and seen", "Read", "Write", "Create")
    yield _topic(ANSWERS, "answers are kept", "Read", "Write", "Create")
    for group in (settings.group, LEARNER_GROUP, corrections.group):
        yield Right(Resource.GROUP, group, ("Describe",), "its lag is shown")


def _topics(settings: WorkerSettings, corrections: CorrectionSettings) -> Iterator[Right]:
    named = (settings.input_topic, settings.output_topic, settings.dead_letters_to)
    for topic in (*named, *corrections.topics):
        yield _topic(topic, "it is made where it is missing", "Create", "Describe")


def _autoscaler(settings: WorkerSettings) -> Iterator[Right]:
    yield _topic(settings.input_topic, "its end is asked for", "Describe")
    yield Right(Resource.GROUP, settings.group, ("Describe",), "its offsets are asked for")


def _topic(name: str, why: str, *operations: str) -> Right:
    return Right(Resource.TOPIC, name, operations, why)
