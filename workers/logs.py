# SPDX-License-Identifier: Apache-2.0
"""What a process tells on stderr: one event a line, JSON where nobody looks on; no text of a user, no secret,
no line of somebody else's making.

Every log call of Freshet and of its libraries goes through the same steps (structlog's). An exception is told
by its kind and by where it came from: its message may hold what was in a record, and stays away unless it is
ours to write. FRESHET_LOG_FORMAT says `json` or `text`; FRESHET_LOG_MESSAGES=true lets all messages through.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog

from .errors import SettingsError
from .redaction import redactor
from .visible_text import visible

FORMAT, MESSAGES = "FRESHET_LOG_FORMAT", "FRESHET_LOG_MESSAGES"
OURS = frozenset(
    {"EngineError", "FencedError", "RegistryError", "SettingsError", "TransportError", "WorkerError"}
)
"""Kinds of errors whose messages we write, without what records hold."""
FIRST = ("timestamp", "level", "logger", "event")
QUIET = {"kafka": logging.WARNING, "aiokafka": logging.WARNING, "urllib3": logging.WARNING}
"""Libraries that tell of every connection and, at DEBUG, of records: never below this."""

Event = MutableMapping[str, Any]


def log_to(stream: TextIO, level: int) -> None:
    """Let this process tell on a stream what it does, unless somebody has seen to that.

    Raises: SettingsError for a FRESHET_LOG_FORMAT that does not exist.
    """
    root = logging.getLogger()
    chosen = formatter(_wants_json(stream))
    if not root.handlers:
        handler = logging.StreamHandler(stream)
        handler.setFormatter(chosen)
        root.addHandler(handler)
        root.setLevel(level)
        sys.excepthook = _tell_end
        threading.excepthook = lambda told: _tell_thread(told)
    for name, lowest in QUIET.items():
        logging.getLogger(name).setLevel(max(lowest, level))


def _wants_json(stream: TextIO) -> bool:
    chosen = os.environ.get(FORMAT, "auto")
    if chosen not in ("auto", "json", "text"):
        raise SettingsError(f"environment -> {FORMAT}: expected auto, json or text, got {chosen!r}")
    return not stream.isatty() if chosen == "auto" else chosen == "json"


def formatter(as_json: bool) -> logging.Formatter:
    """What makes an event's line of a log record."""
    steps: list[Callable[[Any, str, Event], Any]] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        _add_exception,
        _redact,
    ]
    structlog.configure(
        processors=[*steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=steps,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _as_json if as_json else _as_text,
        ],
    )


def describe(error: BaseException) -> dict[str, Any]:
    """An exception without what a record may have put into it: its kind, where it was raised, and its message
    where that is ours; secrets are taken out of the whole event."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    places = [
        f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    told: dict[str, Any] = {"exception": type(error).__name__, "raised": places}
    if kinds & OURS or os.environ.get(MESSAGES) == "true":
        told["message"] = str(error)
    return told


def _add_exception(logger: Any, method: str, event: Event) -> Event:
    info = event.pop("exc_info", None)
    if isinstance(info, tuple):
        info = info[1]
    elif info is True:
        info = sys.exc_info()[1]
    if isinstance(info, BaseException):
        event.update(describe(info))
    event.pop("exc_text", None)
    event.pop("stack_info", None)
    return event


def _add_trace(logger: Any, method: str, event: Event) -> Event:
    """Ids of the span that is open, where spans are made at all."""
    trace = sys.modules.get("opentelemetry.trace")
    context = trace.get_current_span().get_span_context() if trace is not None else None
    if context is not None and context.is_valid:
        event.update(trace_id=f"{context.trace_id:032x}", span_id=f"{context.span_id:016x}")
    return event


def _redact(logger: Any, method: str, event: Event) -> Event:
    redact = redactor()
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def _as_json(logger: Any, method: str, event: Event) -> str:
    ordered = {key: event[key] for key in FIRST if key in event} | dict(sorted(event.items()))
    return json.dumps(ordered, default=str)  # ASCII: what is not is escaped, control characters among it


def _as_text(logger: Any, method: str, event: Event) -> str:
    rest = {key: value for key, value in sorted(event.items()) if key not in (*FIRST, "raised")}
    parts = [f"{event['timestamp']} {event['level'].upper():7} {event.get('logger', '')}: {event['event']}"]
    parts += [f"{key}={value}" for key, value in rest.items()]
    lines = [" ".join(parts), *(f"    {place}" for place in event.get("raised", ()))]
    return "\n".join(visible(line, on_one_line=True) for line in lines)


def _tell_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends the process is an event too."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("freshet").critical("ended by an error", exc_info=(kind, error, trace))


def _tell_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None and not isinstance(told.exc_value, SystemExit):
        name = told.thread.name if told.thread else "a thread"
        info = (told.exc_type, told.exc_value, told.exc_traceback)
        logging.getLogger("freshet").critical("%s ended by an error", name, exc_info=info)
