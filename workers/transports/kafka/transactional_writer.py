# SPDX-License-Identifier: Apache-2.0
"""Writing records and a group's offsets to Kafka in one transaction, whatever became of the one before."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

from kafka.structs import ConsumerGroupMetadata

from ..base import OutgoingRecord
from .clients import TIMEOUT_MS, our_errors, transactions
from .cluster import Cluster
from .refused_records import UnnamedRecordError
from .topic_limits import TopicLimits
from .transaction_requests import Offsets
from .transactions import Transactions


class TransactionalWriter:
    """Writes records and offsets in one transaction; after anything unexpected a new client of the same id
    ends what was open."""

    def __init__(
        self,
        cluster: Cluster,
        transactional_id: str,
        transaction_timeout: float,
        limits: TopicLimits,
        step: Callable[[str], None],
    ) -> None:
        """Connect and end what an earlier one of the same id left open. Raises: TransportError."""
        self._cluster = cluster
        self._id = transactional_id
        self._transaction_timeout = transaction_timeout
        self._limits = limits
        self._step = step
        self._client: Transactions | None = None
        self.renew()

    def renew(self) -> None:
        """Drop the client for a new one. Raises: FencedError, TransportError; the next `write` tries
        again."""
        self._drop()
        with our_errors(f"starting transactions of {self._id!r}"):
            client = transactions(self._cluster, self._id, self._transaction_timeout)
            try:
                client.open(TIMEOUT_MS / 1000)
            except BaseException:
                client.close()
                raise
        self._client = client

    def write(
        self,
        records: Sequence[OutgoingRecord],
        offsets: Offsets,
        metadata: ConsumerGroupMetadata,
        timeout: float,
    ) -> None:
        """One transaction. Raises: kafka-python's errors, after about `timeout` seconds at the latest; the
        client is renewed before. RecordRefusedError where the broker will never take some records."""
        deadline = time.monotonic() + timeout
        one_by_one: set[str] = set()
        while True:
            try:
                return self._try_to_write(records, offsets, metadata, one_by_one, deadline)
            except UnnamedRecordError as error:
                if error.topic in one_by_one:
                    raise
                one_by_one.add(error.topic)

    def _try_to_write(
        self,
        records: Sequence[OutgoingRecord],
        offsets: Offsets,
        metadata: ConsumerGroupMetadata,
        one_by_one: Collection[str],
        deadline: float,
    ) -> None:
        """Write, with a batch for each record of some topics: a refusal then says which record is meant."""

        def max_bytes(topic: str) -> int:
            return 0 if topic in one_by_one else self._limits.batch_bytes(topic)

        if self._client is None:
            self.renew()
        assert self._client is not None
        try:
            self._client.transact(records, offsets, metadata, max_bytes, self._step, deadline)
        except BaseException:
            self._drop()
            raise

    def close(self) -> None:
        """Close the connection; what is open is aborted by the broker."""
        self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()
