# SPDX-License-Identifier: Apache-2.0
"""What `freshet up --demo` shows: annotations as they come, a burst, a summary."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from rich.table import Table
from rich.text import Text

from schemas import decode_annotation

from ..demo.outcomes import Outcome, Tally
from ..demo.stream import DemoStream
from ..pretty import pretty_annotation
from .common import err, out, progress

PACE = 15.0
"""Texts a second: fast enough to be a stream, slow enough to look at."""


@dataclass(frozen=True, slots=True)
class Burst:
    """A stretch at full speed. `seconds` from the first text's sending to the last outcome's arrival."""

    texts: int
    words: int
    seconds: float


def show_live(stream: DemoStream, values: Sequence[bytes]) -> None:
    """Send the samples at a pace and print each outcome."""
    with err.status("starting the annotator and loading its model (a first run compiles for some seconds more)") as status:
        for outcome in stream.paced(values, PACE):
            status.stop()
            _print_outcome(outcome)


def show_burst(stream: DemoStream, values: Sequence[bytes]) -> Burst:
    """Send texts as fast as they go, behind a progress bar."""
    words, started = stream.tally.words, time.perf_counter()
    with progress("texts") as bar:
        task = bar.add_task("at full speed", total=len(values))
        for came in stream.burst(values):
            bar.advance(task, came)
    return Burst(len(values), stream.tally.words - words, time.perf_counter() - started)


def show_summary(stream: DemoStream, burst: Burst | None) -> bool:
    """Print what it all came to; whether every text has exactly one outcome."""
    tally, table = stream.tally, Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    complete = stream.waiting == 0 and tally.doubled == 0
    for name, value in _summary(stream, tally, burst):
        table.add_row(Text(name, style="bold"), value)
    verdict = "yes" if complete else f"{stream.waiting} still on their way, {tally.doubled} doubled"
    table.add_row(Text("exactly one each", style="bold"), Text(verdict, style="green" if complete else "bold red"))
    out.rule("summary")
    out.print(table)
    return complete


def _summary(stream: DemoStream, tally: Tally, burst: Burst | None) -> list[tuple[str, str]]:
    rows = [("texts sent", f"{stream.sent:,}"), ("annotations", f"{tally.annotations:,} ({tally.words:,} words)")]
    rows.append(("dead letters", f"{tally.dead_letters:,} ({_counts(tally.failures)})" if tally.dead_letters else "0"))
    rows.append(("entities", _counts(tally.labels) or "none"))
    if tally.model is not None:
        rows.append(("model", f"{tally.model.name} {tally.model.version} ({tally.model.digest[:20]})"))
    if len(stream.latencies) > 1:
        cuts = quantiles(stream.latencies, n=100)
        rows.append(("text to annotation", f"p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms (commits every 100 ms)"))
    if burst is not None:
        rate = f"{burst.texts / burst.seconds:,.0f} texts/s, {burst.words / burst.seconds:,.0f} words/s"
        rows.append(("at full speed", f"{rate}, exactly once, through the log ({burst.texts:,} texts in {burst.seconds:.1f} s)"))
    return rows


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))


def _print_outcome(outcome: Outcome) -> None:
    if outcome.row is not None:
        out.print(pretty_annotation(decode_annotation(outcome.record.value, headers=outcome.record.headers), out.width))
        return
    value = (outcome.record.value or b"").decode("utf-8", "backslashreplace")
    out.print(Text.assemble(("dead letter", "bold red"), f"  {outcome.source}  {outcome.failure}", (f"  {value[:90]}", "dim")))
    out.print()
