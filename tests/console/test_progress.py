# SPDX-License-Identifier: Apache-2.0
"""What became of a correction: every state, from the records that everybody can read."""

from __future__ import annotations

from dataclasses import replace

from schemas import SRC, Correction, LabelledSpan, Layer, encode_correction
from tests.console.support import annotate
from workers.console.progress import Known, Progress, Stage
from workers.console.window import read_shown
from workers.hashed_share import held_out
from workers.model_registry import AuditEntry, Head, Lineage, MetricsRow, Version, VersionState
from workers.transports import Record

TEXT = "Ada went."
SAID = {"ents": Layer("complete", [LabelledSpan(0, 3, "PER")])}


def _taken(progress: Progress, text_id: str = "m-0", offset: int = 5, **fields: object) -> str:
    correction = Correction(f"c-{offset}", "ada", "", text_id, TEXT, SAID, **fields)  # type: ignore[arg-type]
    record = Record("corrections", 0, offset, 100_000, text_id.encode(), encode_correction(correction))
    assert progress.take_corrections([record]) == [f"c-{offset}"]
    return f"c-{offset}"


def _version(number: int, learned: int, passed: bool | None = None, reasons: tuple[str, ...] = ()) -> Version:
    verdict = None if passed is None else {"passed": passed, "reasons": list(reasons)}
    return Version(
        number, VersionState.CANDIDATE, None, "", Lineage(), {"0": learned}, {}, verdict, "", "", {}
    )


def _entry(action: str, version: int, time: float) -> AuditEntry:
    return AuditEntry("1-0", action, version, "gate", "", "", 1, time, "")


def test_a_correction_goes_from_the_log_to_a_step() -> None:
    """Not learned before a step's positions are past it."""
    progress = Progress(0.0)
    assert progress.of("c-5") is None
    key = _taken(progress)
    assert progress.of(key) == {"place": "0:5", "at_ms": 100_000, "stage": Stage.LOGGED}
    progress.take_metrics([MetricsRow("1-0", {"kind": "step", "step": 20, "positions": {"0": 5}})])
    assert progress.of(key)["stage"] is Stage.LOGGED
    progress.take_metrics([MetricsRow("2-0", {"kind": "step", "step": 21, "positions": {"0": 6}})])
    assert (progress.of(key)["stage"], progress.of(key)["step"]) == (Stage.LEARNED, 21)


def test_a_refused_candidate_says_why_and_a_later_one_may_go_live() -> None:
    """The newest refusal counts until a champion is past the correction; the seconds are those from the
    correction's record to the promotion."""
    progress = Progress(0.0)
    key = _taken(progress)
    refused = _version(4, 6, False, ("too little evidence",))
    progress.take_registry(Known(Head(champion=1), {1: _version(1, 0), 4: refused}, []))
    told = progress.of(key)
    assert (told["stage"], told["version"], told["reasons"]) == (Stage.REFUSED, 4, ["too little evidence"])
    live = Known(Head(champion=5), {4: refused, 5: _version(5, 9, True)}, [_entry("promote", 5, 131.0)])
    progress.take_registry(live)
    assert (progress.of(key)["stage"], progress.of(key)["version"], progress.of(key)["seconds"]) == (
        Stage.LIVE,
        5,
        31.0,
    )
    src = ((SRC, b"corrections:0:5"),)
    again = read_shown(Record("annotations", 0, 1, 0, None, annotate(TEXT, 0), src))
    assert again is not None
    assert progress.take_annotations([again]) == [key]
    assert {name: progress.of(key)[name] for name in ("stage", "of", "as_said")} == {
        "stage": Stage.AGAIN,
        "of": 1,
        "as_said": 1,
    }
    gone = replace(live, head=Head(champion=1), versions={1: _version(1, 0), 5: _version(5, 9, True)})
    progress.take_registry(gone)
    assert progress.of(key)["stage"] is Stage.GONE


def test_what_judges_and_what_was_taken_back_is_never_learned() -> None:
    """By the trainer's own hash; a superseded correction and one without layers are taken back."""
    progress = Progress(20.0)
    judges = next(f"t-{i}" for i in range(99) if held_out(f"t-{i}", 20.0))
    learned = next(f"t-{i}" for i in range(99) if not held_out(f"t-{i}", 20.0))
    assert progress.of(_taken(progress, judges, 1))["stage"] is Stage.HELD_OUT
    first = _taken(progress, learned, 2)
    second = _taken(progress, learned, 3, supersedes="c-2")
    assert progress.of(first)["stage"] is Stage.TAKEN_BACK
    assert progress.of(second)["stage"] is Stage.LOGGED


def test_records_that_are_no_corrections_are_counted() -> None:
    """They are others' dead letters; the console goes on."""
    progress = Progress(0.0)
    assert (
        progress.take_corrections(
            [Record("corrections", 0, 0, 0, None, b"{"), Record("corrections", 0, 1, 0, None, None)]
        )
        == []
    )
    assert progress.unread == 2
