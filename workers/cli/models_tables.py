# SPDX-License-Identifier: Apache-2.0
"""What `freshet models` shows to people."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from rich.table import Column, Table
from rich.text import Text

from ..model_registry import STATES, AuditEntry, Head, Version, WorkerEntry, changed_fields, score_rows
from ..model_registry.version_diff import Change
from .console import out, print_json

MAX_DETAIL = 100
DIGEST = re.compile(r"\b[0-9a-f]{40,}\b")
"""Its beginning says which one it is."""
STYLES = dict(zip(STATES, ("", "cyan", "magenta", "bold green", "green", "dim"), strict=True))


def versions_table(versions: Sequence[Version], head: Head) -> Table:
    """One line a version."""
    folded = [Column(name, overflow="fold") for name in ("scores", "corrections")]
    names = ("version", "state", "parent", "gate")
    table = Table(*names, *folded, time_column("created"), "by", box=None, pad_edge=False)
    for version in versions:
        percent = f" {head.canary_percent} %" if version.number == head.canary else ""
        state = Text(
            version.state + percent + (", collected" if version.collected else ""), STYLES[version.state]
        )
        gate = "" if version.verdict is None else "passed" if version.verdict["passed"] else "refused"
        scores = " ".join(f"{key} {value:.3g}" for key, value in sorted(version.scores.items())[:4])
        marks = " ".join(f"{place}:{offset}" for place, offset in sorted(version.corrections.items()))
        parent = "" if version.parent is None else str(version.parent)
        table.add_row(
            str(version.number),
            state,
            parent,
            gate,
            Text(scores),
            Text(marks),
            version.created[:19],
            Text(version.actor),
        )
    return table


def audit_table(entries: Sequence[AuditEntry]) -> Table:
    """One line a change; what was forced stands out."""
    told = [Column(name, overflow="fold") for name in ("by", "detail", "reason")]
    table = Table(time_column("time"), "action", "version", "epoch", *told, box=None, pad_edge=False)
    for entry in entries:
        style = "bold red" if entry.action == "force" else ""
        version = "" if entry.version is None else str(entry.version)
        table.add_row(
            show_time(entry.time),
            Text(entry.action, style),
            version,
            str(entry.epoch),
            Text(entry.actor),
            Text(DIGEST.sub(lambda found: found[0][:12], entry.detail)[:MAX_DETAIL]),
            Text(entry.reason),
        )
    return table


def time_column(header: str) -> Column:
    """A column of times, which stay whole however narrow the terminal is."""
    return Column(header, no_wrap=True, min_width=len(show_time(0.0)))


def show_time(seconds: float) -> str:
    """A time since 1970 as people read it, UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")[:19]


def print_workers(entries: Sequence[WorkerEntry], head: Head) -> None:
    """One line a worker; who serves another version than the champion stands out. Below, why some do not
    follow the registry."""
    table = Table("worker", "host", "version", "epoch", "behind", "seen", "health", box=None, pad_edge=False)
    now = time.time()
    for entry in entries:
        style = "green" if entry.version == str(head.champion) else "yellow"
        table.add_row(
            Text(entry.instance),
            Text(f"{entry.host} ({entry.pid})"),
            Text(entry.version, style),
            str(entry.epoch),
            f"{sum(entry.lag.values()):,} in {len(entry.lag)} partitions" if entry.lag else "",
            f"{max(0.0, now - entry.seen):.0f} s ago",
            Text(entry.address.removeprefix("http://")),
        )
    out.print(table)
    for entry in entries:
        if entry.note:
            out.print(Text.assemble((f"{entry.instance}: ", "bold"), (entry.note, "red")))


def print_head(head: Head, as_json: bool) -> None:
    """Which versions serve now."""
    if as_json:
        print_json(asdict(head))
        return
    roles = {
        "champion": head.champion,
        "previous": head.previous,
        "shadow": head.shadow,
        "canary": head.canary,
    }
    serving = ", ".join(f"{role} {number}" for role, number in roles.items() if number is not None)
    out.print(
        f"{serving or 'nothing serves'}{f' ({head.canary_percent} %)' if head.canary else ''}, "
        f"epoch {head.epoch}"
    )


def print_diff(pair: tuple[Version, Version], found: Sequence[tuple[str, list[Change]]]) -> None:
    """Scores, then what else differs, then the answers to each text."""
    names = [str(version.number) for version in pair]
    if rows := score_rows(*pair):
        table = Table("score", *names, "change", box=None, pad_edge=False)
        for row in rows:
            one, other, change = (row[key] for key in ("before", "after", "change"))
            shown = [
                "-" if value is None else f"{value:{sign}.4f}"
                for value, sign in ((one, ""), (other, ""), (change, "+"))
            ]
            table.add_row(
                Text(str(row["name"])), *shown, style="red" if change is not None and change < 0 else ""
            )
        out.print(table)
    for key, (one, other) in changed_fields(*pair).items():
        out.print(Text.assemble((f"{key}  ", "bold"), f"{one} -> {other}"))
    for text, differing in found:
        out.print(Text(f"\n{text}", "bold"))
        table = Table("layer", "words", *names, box=None, pad_edge=False)
        for change in differing:
            table.add_row(
                change.layer,
                Text(change.words),
                Text(change.before or "-", "red"),
                Text(change.after or "-", "green"),
            )
        out.print(table if differing else "  the same answers")
