# SPDX-License-Identifier: Apache-2.0
"""Who changed what, when and why: a chain of entries, each of which carries the hash of those before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .errors import TamperedError

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


def checked_entries(raw: Iterable[tuple[str, Mapping[str, str]]]) -> list[AuditEntry]:
    """The entries of the stream, oldest first. Raises: TamperedError, which names the first entry that breaks
    the chain."""
    entries: list[AuditEntry] = []
    chain = ""
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
