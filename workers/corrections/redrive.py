# SPDX-License-Identifier: Apache-2.0
"""Dead letters of corrections, sent back for another try."""

from __future__ import annotations

from collections.abc import Container
from contextlib import closing

from ..dead_letters import read_dead_letters
from ..dead_letters import redrive as send_back
from ..transports import Transport


def redrive(transport: Transport, dlq: str, places: Container[str] | None = None) -> int:
    """Send the dead letters at these places (`partition:offset`; None: all) back to where they came from; how
    many records went.

    A repeat is harmless: who gets a correction twice knows it by its id.
    """
    with closing(transport.producer()) as producer:
        letters = read_dead_letters(transport.read(dlq))
        return send_back(
            producer,
            (
                (record, letter)
                for record, letter in letters
                if places is None or f"{record.partition}:{record.offset}" in places
            ),
        )
