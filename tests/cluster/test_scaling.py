# SPDX-License-Identifier: Apache-2.0
"""KEDA's operator scales a pool by the lag of a real Kafka broker, by TLS and SCRAM as the chart tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka import TopicPartition as KafkaPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.structs import OffsetAndMetadata

from tests.cluster.api import wait_for, watch
from tests.cluster.charts import Helm
from tests.cluster.conftest import NewHelm
from tests.cluster.control_plane import ControlPlane
from tests.servers.kafka import KafkaBroker
from tests.servers.security import PASSWORD, USER

pytestmark = [pytest.mark.cluster, pytest.mark.broker, pytest.mark.timeout(300)]

PARTITIONS = 4
LAG_FOR_ONE = 100
GROUP = "freshet-annotate"
QUICK = (
    '{"scaleUp":{"stabilizationWindowSeconds":0,"policies":[{"type":"Pods","value":2,"periodSeconds":10}]},'
    '"scaleDown":{"stabilizationWindowSeconds":15,"policies":[{"type":"Pods","value":1,"periodSeconds":10}]}}'
)
"""The chart's own behaviour with shorter times."""


@dataclass
class Stream:
    """A topic of texts, and how far its group has come; no worker runs, so the test commits for it."""

    broker: KafkaBroker
    topic: str
    written: int = 0

    def write(self, n: int) -> None:
        """So many texts, spread evenly."""
        producer = KafkaProducer(bootstrap_servers=self.broker.address)
        for i in range(n):
            producer.send(self.topic, b"text", partition=i % PARTITIONS)
        producer.flush()
        producer.close()
        self.written += n

    def commit(self, n: int) -> None:
        """As if so many of them had been annotated."""
        consumer = KafkaConsumer(
            bootstrap_servers=self.broker.address, group_id=GROUP, enable_auto_commit=False
        )
        places = [KafkaPartition(self.topic, i) for i in range(PARTITIONS)]
        consumer.assign(places)
        consumer.commit({place: OffsetAndMetadata(n // PARTITIONS, "", -1) for place in places})
        consumer.close()


@pytest.fixture
def stream(kafka_broker: KafkaBroker) -> Iterator[Stream]:
    """A new topic whose group has read all of it, which is nothing."""
    found = Stream(kafka_broker, "texts-to-scale")
    admin = KafkaAdminClient(bootstrap_servers=kafka_broker.address)
    admin.create_topics([NewTopic(found.topic, PARTITIONS, 1)])
    found.commit(0)
    yield found
    admin.delete_topics([found.topic])
    admin.close()


def values(stream: Stream, *more: str) -> list[str]:
    """The chart on that broker's secured listener."""
    return [
        f"kafka.bootstrapServers={stream.broker.secured_address}",
        "kafka.security.protocol=SASL_SSL",
        "kafka.security.mechanism=SCRAM-SHA-512",
        "kafka.security.credentials.existingSecret=kafka-user",
        "kafka.security.ca.existingSecret=kafka-ca",
        "redis.url=redis://valkey:6379/0",
        f"topics.texts={stream.topic}",
        f"topics.partitions={PARTITIONS}",
        "topics.create=none",
        "defaults.autoscaling.by=keda",
        f"defaults.autoscaling.maxReplicas={PARTITIONS}",
        f"defaults.autoscaling.lagRecords={LAG_FOR_ONE}",
        "defaults.autoscaling.pollingIntervalSeconds=2",
        f"defaults.autoscaling.behavior={QUICK}",
        *more,
    ]


def make_secrets(plane: ControlPlane, helm: Helm, broker: KafkaBroker) -> None:
    """The user's name and password, and the broker's authority."""
    contents = {
        "kafka-user": {"username": USER, "password": PASSWORD},
        "kafka-ca": {"ca.crt": (broker.folder / "ca.pem").read_text()},
    }
    for name, data in contents.items():
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}
        plane.api.apply(secret, namespace=helm.namespace)


def n_workers(plane: ControlPlane, helm: Helm) -> int:
    """How many workers are asked for now."""
    found = plane.api.get("apps/v1", "Deployment", helm.namespace, "freshet-cpu")
    return int(found["spec"].get("replicas", 1))


@pytest.mark.usefixtures("keda")
def test_a_pool_grows_with_its_lag_up_to_the_partitions_and_shrinks_without_flapping(
    plane: ControlPlane, new_helm: NewHelm, stream: Stream
) -> None:
    """Up while texts wait, steady while as many wait, down when none do: each number is passed once, and none
    is above the partitions."""
    helm = new_helm()
    make_secrets(plane, helm, stream.broker)
    helm.install(*values(stream))
    wait_for(lambda: _condition(plane, helm, "Ready") == "True", "the ScaledObject is ready", 60)
    seen = [n_workers(plane, helm)]
    stream.write(10 * LAG_FOR_ONE)
    wait_for(
        lambda: seen.append(n_workers(plane, helm)) or seen[-1] == PARTITIONS, "as many as partitions", 90
    )
    seen += watch(lambda: n_workers(plane, helm), 15)
    stream.commit(stream.written)
    wait_for(lambda: seen.append(n_workers(plane, helm)) or seen[-1] == 1, "one is left", 120)
    seen += watch(lambda: n_workers(plane, helm), 10)
    steps = [after for before, after in pairwise([0, *seen]) if before != after]
    print(f"workers: {steps}")
    top = steps.index(PARTITIONS)
    assert max(steps) == PARTITIONS
    assert steps[: top + 1] == sorted(set(steps[: top + 1]))
    assert steps[top:] == sorted(set(steps[top:]), reverse=True)
    helm.uninstall()


@pytest.mark.usefixtures("keda")
def test_a_pool_scales_to_zero_and_back(plane: ControlPlane, new_helm: NewHelm, stream: Stream) -> None:
    """Markers of transactions wake nobody; texts do."""
    helm = new_helm()
    make_secrets(plane, helm, stream.broker)
    zero = ("defaults.autoscaling.minReplicas=0", "defaults.autoscaling.cooldownSeconds=5")
    helm.install(*values(stream, *zero, "defaults.autoscaling.activationLagRecords=8"))
    wait_for(lambda: n_workers(plane, helm) == 0, "none is left", 90)
    stream.write(PARTITIONS)  # as many as markers
    assert set(watch(lambda: n_workers(plane, helm), 8)) == {0}
    stream.write(20)
    wait_for(lambda: n_workers(plane, helm) == 1, "one wakes up", 60)
    helm.uninstall()


def _condition(plane: ControlPlane, helm: Helm, name: str) -> str:
    found = plane.api.get("keda.sh/v1alpha1", "ScaledObject", helm.namespace, "freshet-cpu")
    conditions = found.get("status", {}).get("conditions") or []
    return next((str(each["status"]) for each in conditions if each["type"] == name), "")
