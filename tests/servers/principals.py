# SPDX-License-Identifier: Apache-2.0
"""People of the test broker and their rights, given by who comes in the open and may do anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from tests.servers.kafka import KafkaBroker
from workers.cli.acls import Resource, Right

KINDS = {
    Resource.TOPIC: ResourceType.TOPIC,
    Resource.GROUP: ResourceType.GROUP,
    Resource.TRANSACTIONAL_ID: ResourceType.TRANSACTIONAL_ID,
}
OPERATIONS = {
    "Read": ACLOperation.READ,
    "Write": ACLOperation.WRITE,
    "Create": ACLOperation.CREATE,
    "Describe": ACLOperation.DESCRIBE,
    "DescribeConfigs": ACLOperation.DESCRIBE_CONFIGS,
}


@contextmanager
def administrator(broker: KafkaBroker) -> Iterator[Any]:
    """A client that may do anything."""
    with closing(KafkaAdminClient(bootstrap_servers=broker.address)) as client:
        yield client


def set_password(broker: KafkaBroker, name: str, password: str) -> None:
    """A user of SCRAM, new or with a new password."""
    with administrator(broker) as client:
        # One by one: a broker takes a user once in a request.
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            changed = UserScramCredentialUpsertion(name, mechanism, password)
            told = client.alter_user_scram_credentials([changed])
            assert told == {name: None}, told


def grant(broker: KafkaBroker, name: str, rights: Iterable[Right]) -> None:
    """Give these rights."""
    with administrator(broker) as client:
        told = client.create_acls(
            [
                ACL(f"User:{name}", "*", OPERATIONS[operation], ACLPermissionType.ALLOW, _pattern(right))
                for right in rights
                for operation in right.operations
            ]
        )
    assert not told["failed"], told


def revoke_all(broker: KafkaBroker, name: str) -> None:
    """Take all rights away."""
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    with administrator(broker) as client:
        client.delete_acls(
            [ACLFilter(f"User:{name}", None, ACLOperation.ANY, ACLPermissionType.ANY, anything)]
        )


def _pattern(right: Right) -> ResourcePattern:
    kind = ACLResourcePatternType.PREFIXED if right.prefixed else ACLResourcePatternType.LITERAL
    return ResourcePattern(KINDS[right.resource], right.name, kind)
