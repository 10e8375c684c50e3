# SPDX-License-Identifier: Apache-2.0
"""Texts to correct: chosen by a queue, leased to who has them on the screen."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...hashed_share import held_out
from ..calls import Call, CallRefusedError, Endpoint
from ..cards import card
from ..console import Console
from ..queues import QUEUES, order
from ..sessions import Person, Role
from ..shares import asks_two, is_blind
from ..window import Shown

CONSIDERED = 200
"""Texts of an order that are asked for at most: so many may be taken or answered before none seems to be
left."""


def endpoints(console: Console) -> list[Endpoint]:
    """See the package's page."""

    return [
        Endpoint("POST", "/api/items/claim", Role.ANNOTATE, partial(_claim, console)),
        Endpoint("POST", "/api/items/open", Role.ANNOTATE, partial(_open_one, console)),
        Endpoint("POST", "/api/items/renew", Role.ANNOTATE, partial(_renew, console)),
        Endpoint("POST", "/api/items/release", Role.ANNOTATE, partial(_release, console)),
    ]


def _claim(console: Console, call: Call) -> dict[str, Any]:
    console.people.see(call.person.name)
    queue = call.value("queue", str, "mixed")
    if queue not in QUEUES:
        raise CallRefusedError(422, "no such queue", ", ".join(QUEUES), queue[:40], "choose one of these")
    n = min(max(call.value("n", int, 1), 1), console.settings.ahead)
    have = {str(source) for source in call.value("have", list, [])}
    full = call.value("full", bool, False)
    ranked = [
        (name, one)
        for name, one in order(queue, console.texts(), console.knowledge())
        if one.source not in have and is_free(console, one, call.person)
    ]
    by_source = {one.source: (name, one) for name, one in ranked[:CONSIDERED]}
    wanted = [(source, people_for(console, one)) for source, (_, one) in by_source.items()]
    granted = console.leases.claim(call.person.name, wanted, n, console.settings.lease_seconds)
    items = [make_item(console, by_source[source][1], by_source[source][0], full) for source in granted]
    return {"items": items, "left": max(0, len(ranked) - len(granted))}


def _open_one(console: Console, call: Call) -> dict[str, Any]:
    shown = console.find(call.value("source", str))
    if shown is None:
        raise CallRefusedError(
            404,
            "that text is no longer at hand",
            "one of the newest texts",
            call.value("source", str)[:80],
            "choose a newer one",
        )
    seconds = console.settings.lease_seconds
    granted = console.leases.claim(call.person.name, [(shown.source, 1_000)], 1, seconds)
    return {
        "item": make_item(console, shown, "chosen", call.value("full", bool, False)),
        "yours": bool(granted),
    }


def _renew(console: Console, call: Call) -> dict[str, Any]:
    sources = [str(source) for source in call.value("sources", list)][:100]
    found = [shown for source in sources if (shown := console.find(source)) is not None]
    wanted = [(shown.source, people_for(console, shown)) for shown in found]
    held = console.leases.claim(call.person.name, wanted, len(wanted), console.settings.lease_seconds)
    return {"held": held}


def _release(console: Console, call: Call) -> dict[str, Any]:
    sources = [str(source) for source in call.value("sources", list)][:100]
    console.leases.release(call.person.name, sources)
    return {"released": len(sources)}


def is_free(console: Console, shown: Shown, person: Person) -> bool:
    """Whether a person may still be asked about a text."""
    people = console.ledger.people_of(shown.id)
    return person.name not in people and len(people) < people_for(console, shown)


def people_for(console: Console, shown: Shown) -> int:
    """How many people are asked about a text: two for a share of them, where there are two people."""
    shared = asks_two(shown.id, console.settings.overlap_share) and console.people.count() > 1
    return 2 if shared else 1


def make_item(console: Console, shown: Shown, queue: str, full: bool) -> dict[str, Any]:
    """A card, and what its answer will say of how it was given."""
    blind = queue != "chosen" and is_blind(shown.id, console.settings.blind_share)
    return card(shown, full=full, blind=blind) | {
        "queue": queue,
        "overlap": queue != "chosen" and people_for(console, shown) > 1,
        "held_out": held_out(shown.id, console.settings.held_out_percent),
        "too_long": shown.size > 900_000,
    }
