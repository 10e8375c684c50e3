# SPDX-License-Identifier: Apache-2.0
"""Windowed counts of corrections: by label, topic and model version, with what was changed, and the drift of
labels.

A partition's tables are one JSON value that also says up to which offset it has counted. So a record that is
read again after a crash is counted once, wherever the value is kept, as long as value and offset are written
together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.scoring.units import f1
from schemas import Correction, Source

from .changes import Changes, tally_labels
from .label_drift import jensen_shannon, population_stability
from .overlap import Met
from .route_outcomes import RouteOutcome

Tables = Mapping[str, Any]
"""`{"next": offset, "windows": {start: {"corrections", "topics", "models", "labels", "changes", "authors",
"routes"}}}`.

`routes`: by model version and route, how many marked annotations were judged and how many were wrong; where
none was, it is missing. A window's start is a string of seconds since 1970.
"""

SIDES = ("model", "others")
"""Whom an author may agree with."""
UNKNOWN = "-"
"""Stands for a topic or a model version that nobody named."""
OTHERS = "..."
"""Takes the counts of labels beyond `max_labels`."""


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """Tumbling windows of `seconds`, by the records' own time, of which the latest `n_windows` are kept."""

    seconds: int = 3600
    n_windows: int = 48
    max_labels: int = 500


def count_once(
    tables: Tables | None,
    correction: Correction,
    changes: Changes | None,
    source: Source,
    timestamp_ms: int,
    settings: WindowSettings,
    outcome: RouteOutcome | None = None,
    met: Met | None = None,
) -> dict[str, Any]:
    """The partition's tables with one correction more; unchanged where this record, or one behind it, is
    counted already."""
    if tables is not None and source.offset < tables["next"]:
        return dict(tables)
    return add_correction(tables, correction, changes, source, timestamp_ms, settings, outcome, met)


def add_correction(
    tables: Tables | None,
    correction: Correction,
    changes: Changes | None,
    source: Source,
    timestamp_ms: int,
    settings: WindowSettings,
    outcome: RouteOutcome | None = None,
    met: Met | None = None,
) -> dict[str, Any]:
    """As `count_once`, in any order of offsets: for who knows that this one was not counted."""
    tables = tables or {"next": 0, "windows": {}}
    start = str(timestamp_ms // 1000 // settings.seconds * settings.seconds)
    windows = {**tables["windows"]}
    windows[start] = _window(windows.get(start), correction, changes, outcome, settings.max_labels, met)
    kept = sorted(windows, key=int)[-settings.n_windows :]
    return {"next": max(tables["next"], source.offset + 1), "windows": {name: windows[name] for name in kept}}


def sum_windows(parts: Iterable[Tables]) -> dict[str, Any]:
    """The windows of all partitions as one, in order of time."""
    windows: dict[str, Any] = {}
    for part in parts:
        for start, window in part["windows"].items():
            windows[start] = _add(windows.get(start, {}), window)
    return {start: windows[start] for start in sorted(windows, key=int)}


def measure_drift(windows: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """By layer: how far the labels of the latest window lie from those of all windows before it.

    `psi` and `js` are the two measures, `before` and `latest` the numbers of labels that they rest on; a
    layer that one side lacks is left out.
    """
    if len(windows) < 2:
        return {}
    *earlier, latest = (window["labels"] for window in windows.values())
    before: dict[str, Any] = {}
    for labels in earlier:
        before = _add(before, labels)
    return {
        layer: {
            "psi": population_stability(before[layer], latest[layer]),
            "js": jensen_shannon(before[layer], latest[layer]),
            "before": sum(before[layer].values()),
            "latest": sum(latest[layer].values()),
        }
        for layer in latest
        if layer in before
    }


def report(parts: Iterable[Tables]) -> dict[str, Any]:
    """What is served: the windows of all partitions, the drift between them, and how far each author agrees
    over all of them."""
    windows = sum_windows(parts)
    return {"windows": windows, "drift": measure_drift(windows), "authors": agreement_of(windows.values())}


def agreement_of(windows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """By author: corrections, and by layer F of the annotations that were corrected (`model`) and of other
    people's corrections of the same texts (`others`), with the number of labels that it rests on."""
    total: dict[str, Any] = {}
    for window in windows:
        total = _add(total, window.get("authors", {}))
    return {
        name: {"corrections": one["corrections"]}
        | {side: {layer: _agreed(counts) for layer, counts in one[side].items()} for side in SIDES}
        for name, one in sorted(total.items())
    }


def _agreed(counts: Sequence[int]) -> list[float]:
    """F, and what it rests on, of `[both, one, the other]`."""
    return [round(f1(*counts), 4), sum(counts)]


def _window(
    window: Mapping[str, Any] | None,
    correction: Correction,
    changes: Changes | None,
    outcome: RouteOutcome | None,
    max_labels: int,
    met: Met | None,
) -> dict[str, Any]:
    topic = correction.source.topic if correction.source else UNKNOWN
    version = correction.model_version or UNKNOWN
    more: dict[str, Any] = {
        "corrections": 1,
        "topics": {topic: 1},
        "models": {version: 1},
        "labels": tally_labels(correction),
    }
    more["changes"] = {version: changes} if changes else {}
    more["authors"] = _authors(correction.author, changes, met)
    if outcome is not None:
        more["routes"] = {version: {outcome.route.value: [1, int(outcome.wrong)]}}
    before = window or {}
    return {**before} | {name: _sum(before.get(name), value, max_labels) for name, value in more.items()}


def _authors(author: str, changes: Changes | None, met: Met | None) -> dict[str, Any]:
    """What a correction tells of its author, and of whom it met."""
    model = {
        layer: [sum(row) for row in zip(*labels.values(), strict=True)]
        for layer, labels in (changes or {}).items()
        if labels
    }
    found: dict[str, Any] = {author: {"corrections": 1, "model": model, "others": {}}}
    if met is not None:
        other, counts = met
        others = {layer: [int(c.tp), int(c.fp), int(c.fn)] for layer, c in counts.items()}
        found[author]["others"] = others
        found[other] = {"corrections": 0, "model": {}, "others": others}
    return found


def _add(left: Mapping[str, Any], right: Mapping[str, Any], max_keys: int = 0) -> dict[str, Any]:
    """Two trees of counts as one; beyond `max_keys` names on one level the rest is counted under `OTHERS`."""
    result: dict[str, Any] = dict(left)
    for name, value in right.items():
        if max_keys and name not in result and len(result) >= max_keys:
            name = OTHERS
        result[name] = _sum(result.get(name), value, max_keys)
    return result


def _sum(left: Any, right: Any, max_keys: int) -> Any:
    if isinstance(right, Mapping):
        return _add(left or {}, right, max_keys)
    if isinstance(right, list | tuple):
        return [a + b for a, b in zip(left or [0] * len(right), right, strict=True)]
    return (left or 0) + right
