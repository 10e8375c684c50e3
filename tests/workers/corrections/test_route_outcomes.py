# SPDX-License-Identifier: Apache-2.0
"""The true share of errors among marked annotations, as corrections tell it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas import (
    Annotation,
    Confidence,
    Correction,
    DecodeError,
    LabelledSpan,
    Layer,
    ModelRef,
    Route,
    Source,
    encode_correction,
)
from workers.corrections import CorrectionHandler, CorrectionSettings
from workers.corrections.changes import find_changes
from workers.corrections.route_outcomes import (
    ROUTE_OUTCOME,
    RouteOutcome,
    outcome_of,
    route_outcome,
)
from workers.corrections.stream_metrics import stream_metrics
from workers.transports.base import OutgoingRecord, Record

ADA = LabelledSpan(0, 3, "PER")
ANNOTATION = Annotation(
    "m",
    "Ada met Bo",
    None,
    {"start": [0, 4, 8], "end": [3, 7, 10]},
    ModelRef("n", "7", ""),
    Source("texts", 0, 1),
    ents=[ADA],
    cats={"news": 0.9},
    route=Route.AUDIT,
)


def corrected(status: str, *spans: LabelledSpan, cats: dict[str, float] | None = None) -> Correction:
    """What a person says about entities, and perhaps of categories."""
    layers = {"ents": Layer(status, spans)}  # type: ignore[arg-type]  # the two statuses, as text
    if cats is not None:
        layers["cats"] = Layer("complete", scores=cats)
    return Correction("c", "ada", "", "m", ANNOTATION.text, layers)


def outcome(correction: Correction, annotation: Annotation = ANNOTATION) -> RouteOutcome | None:
    """What the correction says of the route."""
    return route_outcome(correction, annotation, find_changes(correction, annotation))


def test_a_complete_layer_judges_the_route() -> None:
    """All as the model said: right; one entity more, or one less: wrong."""
    more = LabelledSpan(8, 10, "PER")
    assert outcome(corrected("complete", ADA)) == RouteOutcome(Route.AUDIT, False)
    assert outcome(corrected("complete", ADA, more)) == RouteOutcome(Route.AUDIT, True)
    assert outcome(corrected("complete")) == RouteOutcome(Route.AUDIT, True)


def test_a_part_can_show_a_mistake_but_not_that_there_is_none() -> None:
    """Who names one mistake has shown it; who confirms one entity has not seen the others."""
    assert outcome(corrected("partial", ADA)) is None
    assert outcome(corrected("partial", LabelledSpan(8, 10, "PER"))) == RouteOutcome(Route.AUDIT, True)


def test_a_route_that_speaks_of_two_layers_is_right_where_both_are() -> None:
    """The layers are those that its confidence names."""
    both = replace(ANNOTATION, confidence=Confidence([], ["ents", "cats"], 0.9))
    assert outcome(corrected("complete", ADA), both) is None
    assert outcome(corrected("complete", ADA, cats={"news": 1.0}), both) == RouteOutcome(Route.AUDIT, False)
    assert outcome(corrected("complete", ADA, cats={"news": 0.0}), both) == RouteOutcome(Route.AUDIT, True)


def test_annotations_without_a_route_are_not_judged() -> None:
    """Nothing was promised of them."""
    assert outcome(corrected("complete"), replace(ANNOTATION, route=None)) is None


def handled(handler: CorrectionHandler, offset: int, correction: Correction) -> OutgoingRecord:
    """The validated record of a correction, counted."""
    record = Record("corrections", 0, offset, 1000, b"m", encode_correction(correction))
    done = handler.handle(record)
    handler.count(done)
    assert done.output is not None
    return done.output


def test_the_tables_and_the_metric_count_what_was_judged_and_what_was_wrong() -> None:
    """By version and route; told again from the validated topic after a restart, the counts are the same."""
    handler = CorrectionHandler(CorrectionSettings())
    handler.annotations.add(ANNOTATION)
    outputs = [
        handled(handler, i, replace(corrected("complete", *spans), correction_id=f"c{i}"))
        for i, spans in enumerate([(ADA,), (), (ADA,), (ADA,)])
    ]
    (window,) = handler.report()["windows"].values()
    assert window["routes"] == {"7": {"audit": [4, 1]}}
    metrics = stream_metrics(handler.report(), handler.newest_ms).decode()
    assert 'freshet_route_judged{route="audit",version="7"} 4.0' in metrics
    assert 'freshet_route_error_share{route="audit",version="7"} 0.25' in metrics
    again = CorrectionHandler(CorrectionSettings())
    again.restore(
        Record("corrections.valid", 0, i, 1000, o.key, o.value, o.headers) for i, o in enumerate(outputs)
    )
    assert again.report()["windows"] == handler.report()["windows"]


def test_windows_without_routes_have_no_such_key() -> None:
    """Tables of fleets that mark nothing are what they were; their metric is empty."""
    handler = CorrectionHandler(CorrectionSettings())
    handled(handler, 0, corrected("complete", ADA))
    (window,) = handler.report()["windows"].values()
    assert "routes" not in window
    assert b"route=" not in stream_metrics(handler.report(), handler.newest_ms)


@pytest.mark.parametrize("value", [b"", b"[]", b'["never", true]', b"3"])
def test_a_foreign_header_is_refused(value: bytes) -> None:
    """An outcome that is none of ours is an error, not a count."""
    record = Record("corrections.valid", 0, 0, 0, b"", b"", ((ROUTE_OUTCOME, value),))
    with pytest.raises(DecodeError, match=ROUTE_OUTCOME):
        outcome_of(record)
