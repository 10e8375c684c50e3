# SPDX-License-Identifier: Apache-2.0
"""The model event: what happened to a version in the model registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from .errors import DecodeError
from .headers import check_schema
from .json_fields import dumps, get, json_object

NAME = "model_event"
MAJOR = 1
MAJORS = (1,)
"""Majors that a reader accepts: the current one and, once there is one, the previous."""

EVENTS = ("put", "promoted", "rolled_back", "shadow", "canary", "retired")
"""Known values of `ModelEvent.event`; readers pass over those that they do not know."""


@dataclass(frozen=True, slots=True)
class ModelEvent:
    """One change in the model registry, version 1. A hint only: `epoch`, read from the registry, is the
    truth.

    `event` is one of `EVENTS`; `model` names the registry's line of versions; `version` is the one that it
    happened to and `previous` the one whose place it took, if any. `created` is a time in ISO 8601.
    """

    event: str
    model: str
    version: int
    epoch: int
    actor: str
    created: str
    previous: int | None = None
    reason: str = ""


def encode_model_event(event: ModelEvent) -> bytes:
    """The bytes of a model event, without the fields that are None. Raises: EncodeError."""
    return dumps(
        {name: value for name, value in asdict(event).items() if value is not None},
        f"{event.model}/{event.version}",
    )


def decode_model_event(value: bytes | None, *, headers: Sequence[tuple[str, bytes]] = ()) -> ModelEvent:
    """The model event that a record holds. Raises: DecodeError, and nothing else."""
    check_schema(headers, NAME, MAJORS)
    if value is None:
        raise DecodeError(
            "missing-field", "expected a model event, got a record without a value (a tombstone)"
        )
    row = json_object(value)
    strings = {name: get(row, name, str) for name in ("event", "model", "actor", "created")}
    numbers = {name: get(row, name, int) for name in ("version", "epoch")}
    return ModelEvent(
        **strings, **numbers, previous=get(row, "previous", int, None), reason=get(row, "reason", str, "")
    )
