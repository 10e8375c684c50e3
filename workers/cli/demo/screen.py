# SPDX-License-Identifier: Apache-2.0
"""What `freshet up --demo` shows: annotations as they come, how it learns, a burst, a summary."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import quantiles

from rich.table import Table
from rich.text import Text

from schemas import CORRECTIONS, decode_annotation

from ...model_registry import UnreachableError, Version
from ...transports import Admin
from ..console import err, out, progress
from ..pretty import format_annotation
from ..worker_process import WorkerProcess
from .feed import DemoFeed, Learning, ends_of
from .outcomes import Outcome, Tally
from .people import EntityScores, People
from .stream import DemoStream

PACE = 15.0
"""Texts a second: fast enough to be a stream, slow enough to look at."""
PATIENCE = 90.0
"""Seconds in which all corrections should be learned; a first run compiles for some of them."""
SWAP_PATIENCE = 10.0
"""Seconds in which the annotator should serve a new champion, and annotate the corrected texts again."""
LOOK_INTERVAL = 0.5


@dataclass(slots=True)
class Burst:
    """A stretch at full speed. `seconds` from the first text's sending to the last outcome's arrival."""

    texts: int
    words: int
    seconds: float


@dataclass(slots=True)
class DemoState:
    """What the demo has shown so far; `learned_before` counts corrections of an earlier demo in the same
    folder."""

    stream: DemoStream
    people: People
    scores: EntityScores
    feed: DemoFeed | None = None
    learned_before: int = 0
    learning: Learning | None = None
    burst: Burst | None = None


def show_live(state: DemoState, values: Sequence[bytes]) -> Iterator[Outcome]:
    """Send the samples at a pace, print each outcome and hand it on."""
    with err.status(
        "starting the annotator and loading its model (a first run compiles for some seconds more)"
    ) as status:
        for outcome in state.stream.send_paced(values, PACE):
            status.stop()
            _print_outcome(outcome)
            state.scores.see(outcome.row)
            yield outcome


def show_learning(state: DemoState, feed: DemoFeed, admin: Admin, given_up: Callable[[], bool]) -> None:
    """Wait until all corrections were learned, judged, and what passed serves, or nothing more will come; say
    what happens."""
    ends, deadline, told = ends_of(admin, CORRECTIONS), time.monotonic() + PATIENCE, 0
    with err.status("") as status:
        while time.monotonic() < deadline:
            state.stream.idle()
            state.learning = learning = _look(feed, state.learning)
            for version in [v for v in learning.versions if v.verdict is not None][told:]:
                out.print(_version_line(version))
                told += 1
            if learning.has_read(ends) or given_up():
                break
            status.update(
                f"people sent {state.people.sent} corrections; the trainer learns (version "
                f"{learning.champion} serves)"
            )
            time.sleep(LOOK_INTERVAL)
        deadline = time.monotonic() + SWAP_PATIENCE
        n_learned = state.learning.n_learned if state.learning else 0
        while time.monotonic() < deadline and state.stream.reread.total() < n_learned - state.learned_before:
            status.update("corrected texts are annotated again")
            state.stream.idle()


def show_later(state: DemoState, values: Sequence[bytes]) -> None:
    """Send texts that nobody has seen, for the model that has learned."""
    for outcome in state.stream.send_paced(values, 2 * PACE):
        _print_outcome(outcome)
        state.scores.see(outcome.row)


def show_burst(state: DemoState, values: Sequence[bytes]) -> None:
    """Send texts as fast as they go, behind a progress bar."""
    stream = state.stream
    words, started = stream.tally.words, time.perf_counter()
    with progress("texts") as bar:
        task = bar.add_task("at full speed", total=len(values))
        for came in stream.send_burst(values):
            bar.advance(task, came)
    state.burst = Burst(len(values), stream.tally.words - words, time.perf_counter() - started)


def show_summary(state: DemoState, processes: Sequence[WorkerProcess]) -> bool:
    """Print what it all came to; whether every text has exactly one outcome."""
    stream, tally = state.stream, state.stream.tally
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    complete = stream.waiting == 0 and tally.doubled == 0
    for name, value in [*_stream_rows(stream, tally, state.burst), *_learning_rows(state)]:
        table.add_row(Text(name, style="bold"), Text(value))
    for process in processes:
        if process.restarted:
            table.add_row(
                Text(f"{process.name} died", style="bold"),
                Text(f"{process.restarted} times, and was started again", style="yellow"),
            )
    verdict = "yes" if complete else f"{stream.waiting} still on their way, {tally.doubled} doubled"
    table.add_row(
        Text("exactly one each", style="bold"), Text(verdict, style="green" if complete else "bold red")
    )
    out.rule("summary")
    out.print(table)
    return complete


def _stream_rows(stream: DemoStream, tally: Tally, burst: Burst | None) -> list[tuple[str, str]]:
    rows = [
        ("texts sent", f"{stream.sent:,}"),
        ("annotations", f"{tally.annotations:,} ({tally.words:,} words)"),
    ]
    rows.append(
        (
            "dead letters",
            f"{tally.dead_letters:,} ({_format_counts(tally.failures)})" if tally.dead_letters else "0",
        )
    )
    rows.append(("entities", _format_counts(tally.labels) or "none"))
    if tally.model is not None:
        rows.append(("model", f"{tally.model.name} {tally.model.version} ({tally.model.digest[:20]})"))
    if len(stream.latencies) > 1:
        cuts = quantiles(stream.latencies, n=100)
        rows.append(
            (
                "text to annotation",
                f"p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms (commits every 100 ms)",
            )
        )
    if burst is not None:
        rate = f"{burst.texts / burst.seconds:,.0f} texts/s, {burst.words / burst.seconds:,.0f} words/s"
        rows.append(
            (
                "at full speed",
                f"{rate}, exactly once, through the log ({burst.texts:,} texts in {burst.seconds:.1f} s)",
            )
        )
    return rows


def _learning_rows(state: DemoState) -> Iterator[tuple[str, str]]:
    """What people corrected, what the trainer made of it, and what the gate said."""
    if state.feed is None:
        return
    yield "corrections sent", f"{state.people.sent} by simulated people"
    learning = state.learning
    if learning is None or not learning.versions:
        yield "learned", "nothing yet; see trainer.log"
        return
    for version in learning.versions:
        yield f"version {version.number}", _verdict_line(version)
    if not learning.promoted:
        yield "swap", "none: no candidate passed the gate, so the first version serves on"
        return
    versions = ", ".join(
        f"version {version} {count:,}" for version, count in state.stream.tally.versions.items()
    )
    yield "swapped without a restart", versions + " texts"
    scores = state.scores.by_version()
    if len(scores) > 1:
        steps = ", ".join(f"version {version} {f:.2f}" for version, f in scores.items())
        yield "entities in tickers, F", f"{steps} (as streamed; later ones were never seen in learning)"
    if state.stream.tally.model is not None:
        marks = ", ".join(
            f"partition {p} to {offset}" for p, offset in sorted(state.stream.tally.model.corrections.items())
        )
        yield "watermark", f"{marks or 'none'} of {CORRECTIONS}, on every annotation"
    yield "annotated again", f"{state.stream.reread.total()} corrected texts, once a version had learned them"


def _verdict_line(version: Version) -> str:
    """The gate's verdict in a line."""
    verdict = version.verdict
    if verdict is None:
        return "made, not judged yet"
    parts = {
        f"F on {verdict['n_recent']} held-out corrections": verdict["recent"],
        "on the fixed holdout": verdict["holdout"],
    }
    rows = {what: row["ents"] for what, row in parts.items() if "ents" in row}
    scores = "; ".join(
        f"{what} {row['champion']:.2f} -> {row['candidate']:.2f}" for what, row in rows.items()
    )
    if verdict["passed"]:
        return f"passed the gate: {scores}"
    reasons = verdict["reasons"]
    more = f" (and {len(reasons) - 1} more reasons)" if len(reasons) > 1 else ""
    return (
        f"refused by the gate: {reasons[0]}{more}; {scores}" if reasons else f"refused by the gate; {scores}"
    )


def _version_line(version: Version) -> Text:
    passed = bool(version.verdict and version.verdict["passed"])
    return Text.assemble(
        (f"version {version.number}  ", "bold"), (_verdict_line(version), "green" if passed else "yellow")
    )


def _look(feed: DemoFeed, before: Learning | None) -> Learning:
    try:
        return feed.look()
    except UnreachableError:
        return before or Learning(feed.first, ())


def _format_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))


def _print_outcome(outcome: Outcome) -> None:
    if outcome.row is not None:
        out.print(
            format_annotation(
                decode_annotation(outcome.record.value, headers=outcome.record.headers), out.width
            )
        )
        return
    value = (outcome.record.value or b"").decode("utf-8", "backslashreplace")
    out.print(
        Text.assemble(
            ("dead letter", "bold red"), f"  {outcome.source}  {outcome.failure}", (f"  {value[:90]}", "dim")
        )
    )
    out.print()
