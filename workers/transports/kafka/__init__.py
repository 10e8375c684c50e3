# SPDX-License-Identifier: Apache-2.0
"""Kafka as a log, on kafka-python and a transaction protocol of our own (docs/adr/0004).

- `transport`: `KafkaTransport`, from which all the others come.
- `consumer`: a member of a group: polls, checks what it owns, commits outputs and offsets in one transaction.
- `ownership`: the epochs of the partitions that a member owns, which Kafka itself does not have.
- `done_offsets`: what stands beside a group's committed offsets: records behind them that are done.
- `unowned_partitions`: finds partitions that a group left without an owner.
- `producer`: records outside any transaction. `topic_limits`: which topics exist, and what they take.
- `transactional_writer`: transactions one after the other, on a new client after anything unexpected.
- `transactions`: one client's transactions. `transaction_requests`: their messages. `record_batches`: the
  bytes of records. `coordinators`: requests that are sent again until the right broker answers.
- `refused_records`: what brokers will never take, and which records are meant.
- `partition_reader`: partitions from places that the reader keeps itself.
- `admin`: topics, their limits, the lags of groups.
- `cluster`: servers, and TLS and SASL to them. `passwords`: asked for at each connection.
- `clients`: kafka-python's clients with our settings, and its errors as ours.
- `batch_codecs`: decoders of compressed batches for kafka-python.
- `internals`: all that is used of kafka-python's inside; what breaks where that changes.
"""

from __future__ import annotations

from .transport import KafkaTransport

__all__ = ["KafkaTransport"]
