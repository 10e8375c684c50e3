# SPDX-License-Identifier: Apache-2.0
"""Dead letters of corrections, sent back for another try."""

from __future__ import annotations

from collections.abc import Container
from contextlib import closing

from schemas import DecodeError

from ..dead_letters import redriven
from ..transports.base import Transport


def redrive(transport: Transport, dlq: str, places: Container[str] | None = None) -> int:
    """Send the dead letters at these places (`partition:offset`; None: all) back to where they came from; how
    many there were.

    A repeat is harmless: who gets a correction twice knows it by its id.
    """
    sent = 0
    with closing(transport.producer()) as producer:
        for record in transport.read(dlq):
            if places is None or f"{record.partition}:{record.offset}" in places:
                try:
                    producer.send([redriven(record)])
                except DecodeError:
                    continue  # no dead letter
                sent += 1
    return sent
