# SPDX-License-Identifier: Apache-2.0
"""What a route is, what a handler is given, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from schemas import DecodeError, EncodeError

from ..http.server import Response
from ..model_registry import (
    RefusedError,
    RegistryError,
    StaleHeadError,
    UnknownVersionError,
    UnreachableError,
)
from ..transports import RecordTooLargeError, TransportError
from .guard import refusal
from .sessions import Person, Role

T = TypeVar("T")


class CallRefusedError(Exception):
    """A request is refused; in the form that all refusals have."""

    def __init__(self, status: int, error: str, expected: str = "", got: str = "", do: str = "") -> None:
        super().__init__(error)
        self.response = refusal(status, error, expected, got, do)


@dataclass(frozen=True, slots=True)
class Call:
    """A request: who asks, what stands in the path and the query, and the body's object."""

    person: Person
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    def value(self, name: str, kind: type[T], default: T | None = None) -> T:
        """A field of the body. Raises: CallRefusedError (422)."""
        found = self.body.get(name, default)
        if not isinstance(found, kind) or (kind is not bool and isinstance(found, bool)):
            raise CallRefusedError(
                422, f"the field {name!r} is wrong", kind.__name__, type(found).__name__, "send it so"
            )
        return found

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A number of the query, within its limits."""
        text = self.query.get(name, "")
        return min(max(int(text) if text.isdecimal() and len(text) < 10 else default, low), high)


Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route of the API: who may ask it, and what answers, in a thread."""

    method: str
    path: str
    role: Role
    handler: Handler


def refuse(error: Exception) -> Response | None:
    """An error as an answer; None for one that nobody expected."""
    match error:
        case CallRefusedError():
            return error.response
        case RecordTooLargeError():
            return refusal(422, str(error), "a text of up to 900,000 bytes", "a longer one", "split the text")
        case DecodeError():
            return refusal(422, str(error), "an answer that one can learn from", error.reason, "mend it")
        case EncodeError():
            return refusal(422, str(error), "a text that UTF-8 can express", "another", "mend it")
        case TransportError():
            return refusal(503, "the log is away", "a log that answers", str(error), "it is tried again")
        case UnreachableError():
            return refusal(503, "the registry is away", "a registry that answers", str(error), "try again")
        case StaleHeadError():
            return refusal(
                409, str(error), "the head as you saw it", "another one", "look again, decide again"
            )
        case UnknownVersionError():
            return refusal(404, str(error), "a version that there is", "another", "choose one of the list")
        case RefusedError():
            return refusal(
                409, str(error), "a step that the rules allow", "another", "see the version's verdict"
            )
        case RegistryError():
            return refusal(422, str(error))
    return None
