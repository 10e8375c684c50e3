# SPDX-License-Identifier: Apache-2.0
"""Versions of the model and the head; who may serve; what two versions say differently."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import asdict
from functools import partial
from typing import Any

from ...model_registry import ModelRegistry, Version, changed_fields, score_rows
from ..calls import Call, CallRefusedError, Endpoint
from ..console import Console
from ..opinions import second_opinions
from ..sessions import Role

DIFF_TEXTS = 200
KEPT = 4


def endpoints(console: Console) -> list[Endpoint]:
    """See the package's page."""
    diffs = Diffs(console)

    return [
        Endpoint("GET", "/api/versions", Role.READ, partial(_versions, console)),
        Endpoint("GET", "/api/versions/{number}", Role.READ, partial(_one, console)),
        Endpoint("GET", "/api/versions/{before}/{after}", Role.READ, partial(_compare, console)),
        Endpoint("POST", "/api/versions/promote", Role.OPERATE, partial(_promote, console)),
        Endpoint("POST", "/api/versions/rollback", Role.OPERATE, partial(_roll_back, console)),
        Endpoint("POST", "/api/versions/shadow", Role.OPERATE, partial(_shadow, console)),
        Endpoint("POST", "/api/versions/canary", Role.OPERATE, partial(_canary, console)),
        Endpoint("POST", "/api/versions/retire", Role.OPERATE, partial(_retire, console)),
        Endpoint("POST", "/api/diffs", Role.ANNOTATE, diffs.begin),
        Endpoint("GET", "/api/diffs/{number}", Role.READ, diffs.show),
    ]


def _versions(console: Console, call: Call) -> dict[str, Any]:
    known, watch = console.known, console.watch
    return {
        "head": asdict(known.head),
        "versions": [_short(version) for version in reversed(list(known.versions.values()))],
        "audit": [asdict(entry) for entry in reversed(known.audit[-200:])],
        "chain": "" if watch is None else watch.broken,
        "verified": watch is not None and not watch.broken,
        "away": console.away()["registry"],
        "learns": console.registry is not None,
    }


def _one(console: Console, call: Call) -> dict[str, Any]:
    version = _version(console, call.path["number"])
    return {
        **_short(version),
        "files": {path: {"size": file.size, "sha256": file.sha256} for path, file in version.files.items()},
        "lineage": version.lineage.to_json(),
        "verdict": version.verdict,
        "corrections": dict(version.corrections),
    }


def _compare(console: Console, call: Call) -> dict[str, Any]:
    before, after = (_version(console, call.path[name]) for name in ("before", "after"))
    return {"scores": score_rows(before, after), "fields": changed_fields(before, after)}


def _promote(console: Console, call: Call) -> dict[str, Any]:
    number, reason = _typed(call), _reason(call)
    epoch = call.value("expected_epoch", int)
    force = call.value("force", bool, False)
    head = _registry(console).promote(
        number, expected_epoch=epoch, actor=call.person.name, reason=reason, force=force, op_id=_op(call)
    )
    return _changed(console, asdict(head))


def _roll_back(console: Console, call: Call) -> dict[str, Any]:
    epoch, reason = call.value("expected_epoch", int), _reason(call)
    head = _registry(console).rollback(
        actor=call.person.name, reason=reason, expected_epoch=epoch, op_id=_op(call)
    )
    return _changed(console, asdict(head))


def _shadow(console: Console, call: Call) -> dict[str, Any]:
    number = None if call.body.get("version") is None else call.value("version", int)
    head = _registry(console).set_shadow(
        number, actor=call.person.name, reason=_reason(call), op_id=_op(call)
    )
    return _changed(console, asdict(head))


def _canary(console: Console, call: Call) -> dict[str, Any]:
    number = None if call.body.get("version") is None else call.value("version", int)
    head = _registry(console).set_canary(
        number,
        call.value("percent", int, 0),
        actor=call.person.name,
        reason=_reason(call),
        op_id=_op(call),
    )
    return _changed(console, asdict(head))


def _retire(console: Console, call: Call) -> dict[str, Any]:
    version = _registry(console).retire(
        _typed(call), actor=call.person.name, reason=_reason(call), op_id=_op(call)
    )
    return _changed(console, _short(version))


class Diffs:
    """Comparisons of two versions over sampled texts or one that was given, each by a child process; the last
    few are kept."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._kept: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def begin(self, call: Call) -> dict[str, Any]:
        """Compare; the id of what is to come. One at a time."""
        console = self._console
        before, after = (_version(console, str(call.value(name, int))) for name in ("before", "after"))
        text = call.value("text", str, "")
        texts = (
            [{"source": "", "text": text}]
            if text.strip()
            else [{"source": one.source, "text": one.row["text"]} for one in console.texts()[-DIFF_TEXTS:]]
        )
        with self._lock:
            if any(not diff["done"] for diff in self._kept.values()):
                raise CallRefusedError(
                    409, "two versions are being compared", "one at a time", "another", "wait"
                )
            key = uuid.uuid4().hex[:12]
            self._kept[key] = {
                "done": False,
                "read": 0,
                "of": len(texts),
                "rows": [],
                "error": "",
                "began": time.time(),
            }
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        work = threading.Thread(target=self._run, args=(key, before.number, after.number, texts), daemon=True)
        work.start()
        return {"diff": key}

    def show(self, call: Call) -> dict[str, Any]:
        """What is there of a comparison."""
        found = self._kept.get(call.path["number"])
        if found is None:
            raise CallRefusedError(
                404, "there is no such comparison any more", "one of the last", "another", "compare again"
            )
        return {**found, "rows": found["rows"][:DIFF_TEXTS]}

    def _run(self, key: str, before: int, after: int, texts: list[dict[str, str]]) -> None:
        diff, console = self._kept[key], self._console
        assert console.registry is not None
        try:
            for row in second_opinions(console.workers.registry, console.registry.name, before, after, texts):
                diff["read"] += 1
                if row["changes"]:
                    diff["rows"].append(row)
                if diff["read"] % 10 == 0:
                    console.hub.send("diff", {"diff": key, "read": diff["read"], "of": diff["of"]})
        except (OSError, RuntimeError) as error:
            diff["error"] = str(error)[-500:]
        diff["done"] = True
        console.hub.send("diff", {"diff": key, "read": diff["read"], "of": diff["of"], "done": True})


def _registry(console: Console) -> ModelRegistry:
    if console.registry is None:
        raise CallRefusedError(
            503, "there is no registry here", "a registry", "none", "start with --registry"
        )
    return console.registry


def _version(console: Console, text: str) -> Version:
    number = int(text) if text.isdecimal() and len(text) < 10 else -1
    if number not in console.known.versions:
        known = ", ".join(map(str, list(console.known.versions)[-20:])) or "none"
        raise CallRefusedError(404, "there is no such version", known, text[:20], "choose one of these")
    return console.known.versions[number]


def _typed(call: Call) -> int:
    """The version, which the person typed again: what is changed for all is not changed by a slip."""
    number, typed = call.value("version", int), call.value("typed", str, "")
    if typed.strip() != str(number):
        raise CallRefusedError(422, "the version's number was not typed", str(number), typed[:20], "type it")
    return number


def _reason(call: Call) -> str:
    reason = call.value("reason", str, "").strip()
    if not reason:
        raise CallRefusedError(
            422, "a reason is missing", "a reason", "none", "say why: it stands in the audit chain"
        )
    return reason[:2_000]


def _op(call: Call) -> str | None:
    return call.value("op_id", str, "")[:100] or None


def _changed(console: Console, told: dict[str, Any]) -> dict[str, Any]:
    if console.watch is not None:
        console.watch.refresh()
    return told


def _short(version: Version) -> dict[str, Any]:
    verdict = version.verdict or {}
    return {
        "number": version.number,
        "state": version.state,
        "parent": version.parent,
        "created": version.created,
        "actor": version.actor,
        "digest": version.manifest_digest,
        "size": version.size,
        "scores": dict(version.scores),
        "passed": verdict.get("passed"),
        "reasons": list(verdict.get("reasons", ())),
        "gain": verdict.get("gain"),
        "evidence": verdict.get("evidence"),
        "n_holdout": verdict.get("n_holdout"),
        "n_recent": verdict.get("n_recent"),
        "deltas": {
            **(verdict.get("holdout") or {}),
            **{f"recent {k}": v for k, v in (verdict.get("recent") or {}).items()},
        },
        "flips": verdict.get("flips") or {},
        "learned": sum(version.corrections.values()),
        "collected": version.collected,
        "signed_by": version.signed_by,
    }
