# SPDX-License-Identifier: Apache-2.0
"""Requests to coordinators, the brokers that keep a transaction or a group, sent again until one answers for
good."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from kafka.errors import (
    CoordinatorNotAvailableError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NodeNotReadyError,
    NotCoordinatorError,
    RequestTimedOutError,
    RetriableError,
    UnknownBrokerIdError,
    for_code,
)
from kafka.protocol.metadata import CoordinatorType, FindCoordinatorRequest

from .internals import Connections

LOST = (
    KafkaConnectionError,
    NodeNotReadyError,
    RequestTimedOutError,
    UnknownBrokerIdError,
    KafkaTimeoutError,
)
MOVED = (NotCoordinatorError, CoordinatorNotAvailableError)
OPERATION_NOT_ATTEMPTED = 55
REQUEST_TIMEOUT = 10.0  # seconds


class Coordinators:
    """Knows which broker coordinates what, and asks it."""

    def __init__(self, connections: Connections, retry_after: float) -> None:
        """`retry_after` are seconds between tries."""
        self._connections = connections
        self._retry_after = retry_after
        self._nodes: dict[tuple[CoordinatorType, str], Any] = {}

    async def ask(
        self,
        kind: CoordinatorType,
        key: str,
        request: Callable[[], Any],
        codes: Callable[[Any], list[int]],
        deadline: float,
    ) -> Any:
        """The answer to a request that may be sent again. Raises: the first error that it names."""
        while True:
            try:
                answer = await self.send(request(), await self._node(kind, key))
                named = [for_code(code) for code in codes(answer) if code and code != OPERATION_NOT_ATTEMPTED]
                if not named:
                    return answer
                problem: KafkaError = named[0]()
            except (RetriableError, *LOST) as error:
                problem = error
            if not isinstance(problem, (RetriableError, *LOST)) or time.monotonic() > deadline:
                raise problem
            if isinstance(problem, (*LOST, *MOVED)):
                self._nodes.pop((kind, key), None)
            await self._connections.sleep(self._retry_after)

    def send(self, request: Any, node: Any) -> Any:
        """The answer of a broker, or of any where `node` is None, to be awaited."""
        return self._connections.send(request, node, REQUEST_TIMEOUT)

    async def _node(self, kind: CoordinatorType, key: str) -> Any:
        node = self._nodes.get((kind, key))
        if node is None:
            request = FindCoordinatorRequest(key=key, key_type=kind.value, coordinator_keys=[key])
            answer = await self.send(request, None)
            found = answer.coordinators[0] if answer.coordinators else answer
            node = self._nodes[kind, key] = self._connections.add_coordinator(found, kind, key)
        return node
