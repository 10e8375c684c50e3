# SPDX-License-Identifier: Apache-2.0
"""Kafka, being written."""

from __future__ import annotations

from collections.abc import Sequence

from .memory import MemoryTransport


class KafkaTransport(MemoryTransport):
    """Being written: stands in until the real one lands."""

    def __init__(self, servers: Sequence[str], *, auto_create: int = 0) -> None:
        raise NotImplementedError
