# SPDX-License-Identifier: Apache-2.0
"""Who changed what, when and why: a chain of entries, each of which carries the hash of those before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import TamperedError, as_written
from .redis_server import RegistryServer, text_fields

ORDER = ("action", "version", "actor", "reason", "detail", "epoch", "time")
"""The fields that a link of the chain covers, in this order; as in common.lua."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change. `version` and `epoch` (after the change) where they apply; `chain` = sha1(chain before +
    fields)."""

    id: str
    action: str
    version: int | None
    actor: str
    reason: str
    detail: str
    epoch: int
    time: float
    chain: str


def read_audit(server: RegistryServer) -> list[AuditEntry]:
    """All changes, oldest first. Raises: TamperedError where the chain is broken."""
    with server.guard():
        last = server.client.hget(server.key("head"), "chain")  # first: later entries do no harm
        raw = server.client.xrange(server.key("audit"))
    entries = _checked(server, raw, "")
    newest = "" if last is None else last.decode(errors="replace")
    if newest and newest not in {entry.chain for entry in entries}:
        raise TamperedError(
            f"the audit chain of {server.name}: expected it to hold {newest[:12]}..., entries are missing"
        )
    return entries


def read_audit_after(server: RegistryServer, event: str, chain: str) -> list[AuditEntry]:
    """The changes after the entry `event`, whose hash was `chain`, oldest first. Raises: TamperedError where
    they do not follow from it."""
    with server.guard():
        raw = server.client.xrange(server.key("audit"), min=f"({event}")
    return _checked(server, raw, chain)


def _checked(server: RegistryServer, raw: Any, chain: str) -> list[AuditEntry]:
    with as_written(f"the audit chain of {server.name}"):
        return check_chain(((key.decode(), text_fields(fields)) for key, fields in raw), chain)


def check_chain(raw: Iterable[tuple[str, Mapping[str, str]]], chain: str = "") -> list[AuditEntry]:
    """The entries of the stream, oldest first; the first of them follows `chain`. Raises: TamperedError,
    which names the first entry that breaks the chain."""
    entries: list[AuditEntry] = []
    for key, fields in raw:
        chain = hashlib.sha1(
            "\0".join([chain, *(fields[name] for name in ORDER)]).encode(), usedforsecurity=False
        ).hexdigest()
        if fields["chain"] != chain:
            raise TamperedError(
                f"audit entry {key} ({fields['action']}): expected chain {chain[:12]}..., got "
                f"{fields['chain'][:12]}..."
            )
        entries.append(_entry(key, fields))
    return entries


def _entry(key: str, fields: Mapping[str, str]) -> AuditEntry:
    version = int(fields["version"]) if fields["version"] else None
    texts = (fields["actor"], fields["reason"], fields["detail"])
    return AuditEntry(
        key, fields["action"], version, *texts, int(fields["epoch"]), float(fields["time"]), fields["chain"]
    )
