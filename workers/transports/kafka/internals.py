# SPDX-License-Identifier: Apache-2.0
"""All that Freshet uses of kafka-python's inside, written against 3.0.12: here and nowhere else.

None of it is promised by kafka-python, so a later version may rename it. What breaks then, and who says so:

- `Connections` (`kafka.net.*`): no transaction can be opened, every exactly-once commit fails at once.
- `poll_records` (`KafkaConsumer._fetcher`): a batch that cannot be read makes the next poll spin for ever.
- `keep_joining`, `heartbeats_go_on`, `committed_offsets` (`KafkaConsumer._coordinator`): polling fails with
  an AttributeError.
- `force_close` (`KafkaProducer._sender`): a producer that cannot flush is left to the garbage collector.

The suites on a real broker fail in each of the four. `transaction_requests.py` and
`coordinators.py` also use the messages of `kafka.protocol`, which are Kafka's own and change with its
versions only.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka import TopicPartition as KafkaPartition
from kafka.errors import KafkaError
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.structs import MemberState, OffsetAndMetadata


class Connections:
    """Connections to the brokers of a cluster on a thread of their own, and what is known of the cluster.

    Coroutines that are given to `run` call the others; nobody else does, but for `partitions_of`.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Connect. Raises: kafka-python's errors where no broker answers."""
        self._net = NetworkSelector(**config)
        self._manager = KafkaConnectionManager(self._net, **config)
        self._net.start()
        try:
            self._manager.bootstrap(config["bootstrap_timeout_ms"])
        except BaseException:
            self.close()
            raise

    def run(self, work: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
        """The result of a coroutine on the connections' thread."""
        return self._net.run(work, *arguments)

    async def sleep(self, seconds: float) -> None:
        """Let the others work meanwhile."""
        await self._net.sleep(seconds)

    def send(self, request: Any, node: Any, timeout: float) -> Any:
        """The answer of a broker, or of any where `node` is None, to be awaited; `timeout` in seconds."""
        return self._manager.send(request, node_id=node, request_timeout_ms=timeout * 1000)

    def partitions_of(self, topic: str) -> frozenset[int]:
        """The partitions of a topic as far as they are known."""
        return frozenset(self._manager.cluster.partitions_for_topic(topic) or ())

    def leader_of(self, place: KafkaPartition) -> Any:
        """The broker that leads a partition; None or -1 where none is known."""
        return self._manager.cluster.leader_for_partition(place)

    def add_topic(self, topic: str) -> None:
        """Ask for this topic too, from the next `refresh` on."""
        self._manager.cluster.add_topic(topic)

    def add_coordinator(self, answer: Any, kind: Any, key: str) -> Any:
        """The broker that an answer names as coordinator."""
        return self._manager.cluster.add_coordinator(answer, kind, key)

    async def refresh(self, timeout: float) -> None:
        """Ask for the brokers and leaders anew; `timeout` in seconds. Raises: kafka-python's errors."""
        await self._manager.wait_for(self._manager.cluster.request_update(), timeout * 1000)

    def close(self) -> None:
        """Close the connections."""
        self._manager.close()
        self._net.close()


def poll_records(consumer: KafkaConsumer, timeout: float, max_records: int) -> dict[KafkaPartition, Any]:
    """Records by partition; `timeout` in seconds. Raises: kafka-python's errors, KafkaError for any other.

    What was fetched is dropped after an error. kafka-python 3.0.12 keeps the batch that it could not read (a
    codec that is missing, a wrong checksum) with a reader that is used up: the next poll would ask it for
    records for ever, and never come back.
    """
    try:
        return dict(consumer.poll(timeout_ms=int(timeout * 1000), max_records=max_records))
    except Exception as error:
        fetcher = consumer._fetcher
        fetcher._next_partition_records = None
        fetcher._next_in_line_exception_metadata = None
        if isinstance(error, KafkaError):
            raise
        raise KafkaError(f"{type(error).__name__}: {error}") from error


def committed_offsets(
    consumer: KafkaConsumer, places: Iterable[KafkaPartition], timeout: float
) -> Mapping[KafkaPartition, OffsetAndMetadata]:
    """What a member's group has committed for several partitions, in one request; `timeout` in seconds.
    Raises: kafka-python's errors."""
    found: Mapping[KafkaPartition, OffsetAndMetadata] = consumer._coordinator.fetch_committed_offsets(
        list(places), timeout_ms=int(timeout * 1000)
    )
    return found


def keep_joining(consumer: KafkaConsumer) -> None:
    """Take up a join that a poll left half-way, which kafka-python 3.0 may forget.

    A leader that joins again because its topics' metadata changed counts as joined from the moment it
    computes the assignment; where the poll's time ends before the answer to that assignment comes, no later
    poll asks for the answer and the member stands still for ever.
    """
    coordinator = consumer._coordinator
    if coordinator._join_task is not None and not coordinator.need_rejoin():
        coordinator.request_rejoin()


def heartbeats_go_on(consumer: KafkaConsumer) -> bool:
    """Whether a member sends heartbeats, or is joining, in which it sends none.

    Where the group refuses them kafka-python stops them and says nothing.
    """
    coordinator = consumer._coordinator
    joining = (
        coordinator.need_rejoin()
        or coordinator._join_task is not None
        or coordinator.state is not MemberState.STABLE
    )
    return joining or bool(coordinator._heartbeat_enabled)


def force_close(producer: KafkaProducer) -> None:
    """Drop a producer that did not close in time, with what it has not sent."""
    with suppress(Exception):
        producer._sender.force_close()
