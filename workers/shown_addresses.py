# SPDX-License-Identifier: Apache-2.0
"""Addresses as logs, errors and screens show them: without names, passwords and settings. Brokers,
registries and all others are shown by this."""

from __future__ import annotations

import re

FILES = ("embedded", "file", "memory")
"""Kinds of address that are a path or a name, in which an @ is a sign as any other."""

KINDS = ("kafka", "confluent", "redis", "rediss", "sentinel", "http", "https")

_HOSTS = re.compile(r"[\w.,:/\[\]%-]*")
_SETTINGS = re.compile(r"(?:[\w.-]+=[^&]*&?)*")


def shown(address: str) -> str:
    """The address without what only its owner may know, however it was written.

    >>> [shown(each) for each in ("redis://:pa?ss@a:6379/0", "kafka:me:secret@a:9092", "embedded:./a@b")]
    ['redis://a:6379/0', 'kafka:a:9092', 'embedded:./a@b']
    """
    kind, colon, rest = address.partition(":")
    if kind in FILES or "@" not in address:
        return address.partition("?")[0] if "://" in address else address
    if kind == "unix" and "@/" not in address:
        return address.partition("?")[0]
    head = f"{kind}:" if colon and (rest.startswith("/") or kind.lower() in KINDS) else ""
    rest = rest if head else address
    slashes = "//" if rest.startswith("//") else ""
    place, _, query = rest.removeprefix("//").partition("?")
    if "@" not in place and not _SETTINGS.fullmatch(query):
        place = rest  # the question mark stands in a password
    elif "@" in query and not _SETTINGS.fullmatch(query):
        place = f"{place}?{query}"
    hosts = place.rpartition("@")[2].partition("?")[0]
    return f"{head}{slashes}{hosts if _HOSTS.fullmatch(hosts) else '...'}"
