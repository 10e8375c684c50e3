# SPDX-License-Identifier: Apache-2.0
"""Whether all is well: lags, workers, log and registry, and what the doctor says."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from dataclasses import asdict
from functools import partial
from typing import Any

import orjson

from schemas import CORRECTIONS

from ...model_registry import RegistryError
from ...settings import handed_on
from ...transports import TransportError
from ..calls import Call, CallRefusedError, Endpoint
from ..console import Console
from ..lag import group_lags
from ..sessions import Role

DOCTOR_SECONDS = 120.0


def endpoints(console: Console) -> list[Endpoint]:
    """See the package's page."""

    return [
        Endpoint("GET", "/api/health", Role.READ, partial(_health, console)),
        Endpoint("POST", "/api/health/doctor", Role.OPERATE, partial(_doctor, console)),
    ]


def _health(console: Console, call: Call) -> dict[str, Any]:
    rate = console.tails[console.workers.output_topic].rate()
    return {
        "now": time.time(),
        "rate": round(rate[0], 1),
        "tails": [
            {
                "topic": name,
                "ends": tail.ends,
                "away": tail.away,
                "rate": round(tail.rate()[0], 1),
                "whole": tail.whole,
            }
            for name, tail in console.tails.items()
        ],
        "lags": _lags(console),
        **_registry(console),
        "listeners": console.hub.listeners,
        "unread": {
            "annotations": console.window.unread,
            "corrections": console.progress.unread,
            "answers": console.ledger.unread,
        },
    }


def _doctor(console: Console, call: Call) -> dict[str, Any]:
    command = [sys.executable, "-m", "workers.cli", "doctor", "--json"]
    told = {"broker": console.workers.broker}
    if console.registry is not None:
        told["registry"] = console.workers.registry
    try:
        done = subprocess.run(
            command, env=handed_on(**told), capture_output=True, timeout=DOCTOR_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise CallRefusedError(
            503, "the doctor took too long", f"{DOCTOR_SECONDS:.0f} s", "more", "run `freshet doctor`"
        ) from None
    lines = [line for line in done.stdout.splitlines() if line.startswith((b"{", b"["))]
    return {
        "checks": [row for line in lines for row in _rows(orjson.loads(line))],
        "code": done.returncode,
    }


def _rows(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said]


def _lags(console: Console) -> list[dict[str, Any]]:
    groups = [
        (console.workers.group, console.workers.input_topic),
        (console.settings.learner_group, CORRECTIONS),
    ]
    try:
        with closing(console.open_log()) as log:
            return [asdict(lag) for lag in group_lags(log, groups)]
    except TransportError:
        return []


def _registry(console: Console) -> dict[str, Any]:
    if console.registry is None:
        return {"registry": None, "workers": []}
    try:
        facts, workers = console.registry.check(), console.registry.workers()
    except RegistryError as error:
        return {"registry": {"away": str(error)}, "workers": []}
    return {
        "registry": {
            "away": "",
            "name": facts.name,
            "version": facts.version,
            "memory": facts.used_memory,
            "max_memory": facts.max_memory,
            "remarks": list(facts.remarks()),
        },
        "workers": [asdict(worker) for worker in workers],
    }
