# SPDX-License-Identifier: Apache-2.0
"""Annotations as they come, and a text to try."""

from __future__ import annotations

import time
import uuid
from typing import Any

from schemas import DecodeError, TextMessage, encode_text

from ...transports import OutgoingRecord
from ..calls import Call, CallRefusedError, Endpoint
from ..cards import card, glance
from ..console import Console
from ..sessions import Role

MAX_TRIED = 1_000


def endpoints(console: Console) -> list[Endpoint]:
    """See the package's page."""

    def stream(call: Call) -> dict[str, Any]:
        n = call.number("n", 50, 1, 200)
        came, read = console.tails[console.workers.output_topic].rate()
        newest = console.window.newest()
        return {
            "items": [glance(one) for one in reversed(newest[-n:])],
            "kept": len(newest),
            "came": round(came, 1),
            "read": round(read, 1),
            "unread": console.window.unread,
            "away": console.away(),
        }

    def try_text(call: Call) -> dict[str, Any]:
        text = call.value("text", str)
        if not text.strip():
            raise CallRefusedError(422, "the text is empty", "a text", "none", "write one")
        key = f"tried-{uuid.uuid4().hex[:12]}"
        try:
            value = encode_text(TextMessage(key, text))
        except Exception as error:
            raise DecodeError("surrogate", f"expected a text that UTF-8 can express: {error}") from error
        while len(console.tried) >= MAX_TRIED:
            del console.tried[next(iter(console.tried))]
        console.tried[key] = time.time()
        console.publisher.send([OutgoingRecord(console.workers.input_topic, value, key.encode())])
        return {"id": key}

    def tried(call: Call) -> dict[str, Any]:
        found = console.window.of_text(call.query.get("id", ""))
        return {"card": None if found is None else card(found, full=True)}

    return [
        Endpoint("GET", "/api/stream", Role.READ, stream),
        Endpoint("POST", "/api/tries", Role.ANNOTATE, try_text),
        Endpoint("GET", "/api/tries", Role.READ, tried),
    ]
