# SPDX-License-Identifier: Apache-2.0
"""Settings of an annotator: defaults, then the `[worker]` section of a file, then the environment, then
flags."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import TypeVar, get_type_hints

from .errors import SettingsError

DELIVERIES = ("exactly_once", "at_least_once")
INPUT_FORMATS = ("json", "text")
OUTPUT_FORMATS = ("freshet", "spacy")
STARTS = ("earliest", "latest")
ENVIRONMENT_PREFIX = "FRESHET_"


@dataclass(frozen=True, slots=True)
class BatchingSettings:
    """Sizes of micro-batches and of what may be in memory; tokens are estimated as bytes of the value over
    five."""

    max_batch_tokens: int = 8192
    max_batch_records: int = 512
    max_inflight_tokens: int = 262_144
    max_poll_records: int = 2000


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What an annotator reads, writes and keeps to. Durations in seconds.

    `dead_letter_topic` empty means `<input_topic>.dlq`; `threads` 0 means one per core; `slot` empty means
    the first free one of this host; `health_port` 0 means any free port and -1 none.
    """

    broker: str = "embedded:./.freshet"
    input_topic: str = "texts"
    output_topic: str = "annotations"
    dead_letter_topic: str = ""
    group: str = "freshet-annotate"
    slot: str = ""
    delivery: str = "exactly_once"
    input_format: str = "json"
    output_format: str = "freshet"
    start: str = "earliest"
    max_text_chars: int = 1_000_000
    threads: int = 0
    commit_interval: float = 0.1
    drain_timeout: float = 20.0
    stall_timeout: float = 60.0
    session_timeout: float = 45.0
    max_poll_interval: float = 300.0
    transaction_timeout: float = 15.0
    commit_timeout: float = 30.0
    health_host: str = "127.0.0.1"
    health_port: int = 0
    registry: str = "embedded:./.freshet"
    shadow_sample: float = 0.05
    min_agreement: float = 0.5
    max_rescued: float = 0.02
    reread_topic: str = ""
    model_cache: str = ""
    batching: BatchingSettings = field(default_factory=BatchingSettings)

    @property
    def dead_letters_to(self) -> str:
        """The topic of dead letters."""
        return self.dead_letter_topic or f"{self.input_topic}.dlq"

    @property
    def n_threads(self) -> int:
        """How many threads annotate: as set, or one for each core that this process may use."""
        if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
            return self.threads or len(os.sched_getaffinity(0))
        return self.threads or os.cpu_count() or 1


def read_settings(
    section: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> WorkerSettings:
    """Settings from a file's `[worker]` section, the environment and flags, the later ones winning.

    Every key may stand in the environment as `FRESHET_KEY`, those of batching as `FRESHET_BATCHING_KEY`;
    `FRESHET_KEY_FILE` names a file that holds the value. Flags are named `key` or `batching.key`, with or
    without the prefix `worker.`.
    Raises: SettingsError with the place, what was expected, what came and the names that exist.

    >>> read_settings({"group": "a"}, {"FRESHET_BROKER": "memory:x"}, {"batching.max_batch_tokens": "512"}).batching.max_batch_tokens
    512
    """
    layers = (_from_section(section or {}), _from_environment(environ or {}), _from_flags(flags or {}))
    settings = WorkerSettings()
    for source, values in layers:
        settings = _apply(settings, source, values)
    return _checked(settings)


def setting_names() -> dict[str, type]:
    """Every setting by its dotted name, with its type."""
    own = {name: kind for name, kind in _kinds(WorkerSettings).items() if name != "batching"}
    return own | {f"batching.{name}": kind for name, kind in _kinds(BatchingSettings).items()}


Values = dict[str, object]
S = TypeVar("S", WorkerSettings, BatchingSettings)


def _from_section(section: Mapping[str, object]) -> tuple[str, Values]:
    flat: Values = {}
    for key, value in section.items():
        if isinstance(value, Mapping):
            flat.update({f"{key}.{inner}": v for inner, v in value.items()})
        else:
            flat[key] = value
    return "worker", flat


def _from_environment(environ: Mapping[str, str]) -> tuple[str, Values]:
    found: Values = {}
    for name in setting_names():
        variable = ENVIRONMENT_PREFIX + name.replace(".", "_").upper()
        if variable in environ and f"{variable}_FILE" in environ:
            raise SettingsError(
                f"environment -> {variable}: expected either {variable} or {variable}_FILE, got both; unset "
                "one of them"
            )
        if variable in environ:
            found[name] = environ[variable]
        elif f"{variable}_FILE" in environ:
            found[name] = _read_secret(f"{variable}_FILE", environ[f"{variable}_FILE"])
    return "environment", found


def _read_secret(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"environment -> {variable}: expected a readable UTF-8 file, got {path!r} ({error})"
        ) from error


def _from_flags(flags: Mapping[str, object]) -> tuple[str, Values]:
    return "flags", {key.removeprefix("worker.").replace("-", "_"): value for key, value in flags.items()}


def _apply(settings: WorkerSettings, source: str, values: Values) -> WorkerSettings:
    names = setting_names()
    own: Values = {}
    batching: Values = {}
    for name, value in values.items():
        place = f"{source} -> {name.replace('.', ' -> ')}"
        if name not in names:
            raise SettingsError(f"{place}: no such setting; those that exist: {', '.join(sorted(names))}")
        checked = _coerce(place, value, names[name])
        if name.startswith("batching."):
            batching[name.removeprefix("batching.")] = checked
        else:
            own[name] = checked
    return _replace(settings, own | {"batching": _replace(settings.batching, batching)})


def _replace(settings: S, values: Values) -> S:
    return replace(settings, **values)  # type: ignore[arg-type]  # checked against the fields' types by _coerce


def _coerce(place: str, value: object, kind: type) -> object:
    wrong = SettingsError(f"{place}: expected {kind.__name__}, got {value!r} ({type(value).__name__})")
    if kind is str:
        if isinstance(value, str):
            return value
        raise wrong
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise wrong
    if kind is int and isinstance(value, float):
        raise wrong
    try:
        return kind(value)
    except ValueError:
        raise wrong from None


def _kinds(cls: type[WorkerSettings] | type[BatchingSettings]) -> dict[str, type]:
    hints = get_type_hints(cls)
    return {
        f.name: hints[f.name]
        for f in fields(cls)
        if f.init and (f.default is not MISSING or f.default_factory is not MISSING)
    }


def _checked(settings: WorkerSettings) -> WorkerSettings:
    _one_of("delivery", settings.delivery, DELIVERIES)
    _one_of("input_format", settings.input_format, INPUT_FORMATS)
    _one_of("output_format", settings.output_format, OUTPUT_FORMATS)
    _one_of("start", settings.start, STARTS)
    for name in ("broker", "input_topic", "output_topic", "group"):
        if not getattr(settings, name):
            raise SettingsError(f"worker -> {name}: expected a name, got an empty string")
    for name in ("commit_interval", "drain_timeout", "threads"):
        _at_least(f"worker -> {name}", getattr(settings, name), 0)
    for name in (
        "stall_timeout",
        "session_timeout",
        "max_poll_interval",
        "transaction_timeout",
        "commit_timeout",
        "max_text_chars",
    ):
        _at_least(f"worker -> {name}", getattr(settings, name), 0.001)
    for name in ("shadow_sample", "min_agreement", "max_rescued"):
        if not 0 <= getattr(settings, name) <= 1:
            raise SettingsError(
                f"worker -> {name}: expected a share from 0 to 1, got {getattr(settings, name)!r}"
            )
    for name in _kinds(BatchingSettings):
        _at_least(f"worker -> batching -> {name}", getattr(settings.batching, name), 1)
    if not -1 <= settings.health_port <= 65535:
        raise SettingsError(
            "worker -> health_port: expected -1 (none), 0 (any) or a port up to 65535, got "
            f"{settings.health_port}"
        )
    return _distinct_topics(settings)


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SettingsError(f"worker -> {name}: expected one of {', '.join(choices)}, got {value!r}")


def _at_least(place: str, value: float, low: float) -> None:
    if not value >= low:
        raise SettingsError(f"{place}: expected at least {low:g}, got {value!r}")


def _distinct_topics(settings: WorkerSettings) -> WorkerSettings:
    topics = (settings.input_topic, settings.output_topic, settings.dead_letters_to)
    if len(set(topics)) < len(topics):
        raise SettingsError(
            "worker -> output_topic: expected three different topics for texts, annotations and dead "
            f"letters, got {', '.join(topics)}"
        )
    return settings
