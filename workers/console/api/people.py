# SPDX-License-Identifier: Apache-2.0
"""Who asks, and what a page needs to know first."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from ..calls import Call, Endpoint
from ..console import Console
from ..queues import DEFAULT, QUEUES
from ..sessions import Role


def endpoints(console: Console) -> list[Endpoint]:
    """See the package's page."""

    def me(call: Call) -> dict[str, Any]:
        settings, known = console.settings, console.known
        return {
            "name": call.person.name,
            "role": call.person.role.name.lower(),
            "read_only": settings.read_only,
            "version": version("freshet"),
            "learns": console.registry is not None,
            "champion": known.head.champion,
            "labels": {} if console.watch is None else console.watch.labels,
            "queues": QUEUES,
            "queue": DEFAULT,
            "ahead": settings.ahead,
            "lease_seconds": settings.lease_seconds,
            "held_out_percent": settings.held_out_percent,
            "second_opinion": console.opinions is not None,
            "topics": {
                "texts": console.workers.input_topic,
                "annotations": console.workers.output_topic,
                "letters": list(console.letters),
            },
            "away": console.away(),
        }

    return [Endpoint("GET", "/api/me", Role.READ, me)]
