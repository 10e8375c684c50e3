# SPDX-License-Identifier: Apache-2.0
"""Which annotations may be used as they are, and which a person should see."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine import Pipeline
from engine.confidence import Calibration, RiskCurve, Scale, confidences_of, write_calibration
from engine.confidence.risk_curve import RiskPoint
from engine.errors import ModelFileError
from schemas import Annotation, Route, TextMessage, decode_annotation, header_value
from tests.engine.toy import shared, trained_toy
from workers.model_registry import Lineage, Version, VersionState
from workers.serving import annotate_records
from workers.serving.pipeline_model import PipelineModel, model_of_folder, model_of_version
from workers.serving.triage import in_audit
from workers.settings import RouteSettings, WorkerSettings
from workers.transports.base import Record

TEXTS = [f"Ada met {name} Hopper in New York City." for name in "abcdefghijklmnopqrstuvwxyz"]
ROUTED = WorkerSettings(route=RouteSettings(max_error=0.05, audit_share=0.0))


@pytest.fixture(scope="module")
def nlp() -> Pipeline:
    """A pipeline that has learned a little."""
    return trained_toy(shared("ner"))


def calibration(nlp: Pipeline, surprise: float) -> Calibration:
    """One that promises, of 200 texts below this surprise, that next to none is wrong."""
    curve = RiskCurve(400, 100, (RiskPoint(surprise, 200, 0),))
    return Calibration(nlp.digest, ("ents",), {"text": Scale(1.0, 0.5)}, curve)


def version(verdict: dict[str, Any] | None) -> Version:
    """A version with a verdict."""
    return Version(3, VersionState.CHAMPION, None, "sha256:3", Lineage(), {}, {}, verdict, "", "trainer", {})


def records(texts: list[str] = TEXTS) -> list[Record]:
    """One record a text."""
    return [
        Record("texts", 0, i, 0, b"k", b'{"id":"m%d","text":"%b"}' % (i, text.encode()))
        for i, text in enumerate(texts)
    ]


def annotations(model: PipelineModel, settings: WorkerSettings) -> list[tuple[Annotation, bytes | None]]:
    """What comes of all texts, and the route in each one's headers."""
    outgoing = annotate_records(records(), model, settings).outgoing
    return [(decode_annotation(one.value), header_value(one.headers, "route")) for one in outgoing]


def median_surprise(nlp: Pipeline) -> float:
    """A surprise that about half of the texts stay below."""
    batch = nlp.tokenizer.tokenize(TEXTS)
    batch.surprises = {}
    found = confidences_of(nlp.predict_batch(batch))
    assert found is not None
    return float(sorted(found.surprises)[len(TEXTS) // 2])


def test_nothing_is_said_where_nobody_asks(nlp: Pipeline, tmp_path: Path) -> None:
    """By default neither field nor header is written, and no calibration is read, not even a broken one."""
    (tmp_path / "calibration.json").write_bytes(b"broken")
    settings = WorkerSettings()
    for annotation, header in annotations(model_of_folder(nlp, settings, tmp_path), settings):
        assert (annotation.confidence, annotation.route, header) == (None, None, None)


def test_texts_that_are_surer_than_the_threshold_go_on_alone(nlp: Pipeline, tmp_path: Path) -> None:
    """Field and header agree; below the curve's point a text is auto, else ask; the confidence stays unsaid
    unless it is asked for."""
    surprise = median_surprise(nlp)
    write_calibration(calibration(nlp, surprise), tmp_path)
    found = annotations(model_of_folder(nlp, ROUTED, tmp_path), ROUTED)
    routes = [annotation.route for annotation, _ in found]
    assert routes.count(Route.AUTO) == len(TEXTS) // 2
    assert routes.count(Route.ASK) == len(TEXTS) - len(TEXTS) // 2
    assert [header for _, header in found] == [route.value.encode() for route in routes if route]
    assert {annotation.confidence for annotation, _ in found} == {None}


def test_a_share_of_the_sure_ones_is_audited_the_same_ones_for_ever(nlp: Pipeline, tmp_path: Path) -> None:
    """Chosen by their id alone, among those that would be auto."""
    write_calibration(calibration(nlp, 1e9), tmp_path)
    settings = replace(ROUTED, route=RouteSettings(max_error=0.05, audit_share=0.5))
    found = [a for a, _ in annotations(model_of_folder(nlp, settings, tmp_path), settings)]
    assert {a.id for a in found if a.route is Route.AUDIT} == {a.id for a in found if in_audit(a.id, 0.5)}
    assert {a.route for a in found} == {Route.AUTO, Route.AUDIT}
    assert not any(in_audit(a.id, 0.0) for a in found)


def test_without_a_calibration_every_text_is_asked_about(
    nlp: Pipeline, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody promises anything; the log says why."""
    with caplog.at_level(logging.WARNING):
        model = model_of_folder(nlp, ROUTED, tmp_path)
    assert {annotation.route for annotation, _ in annotations(model, ROUTED)} == {Route.ASK}
    assert "freshet calibrate" in caplog.text


def test_a_model_that_does_not_say_how_sure_it_is_is_asked_about(tmp_path: Path) -> None:
    """A pipeline without entities and categories makes no sure texts."""
    model = model_of_folder(trained_toy(shared("tagger"), 1), ROUTED, tmp_path)
    assert {annotation.route for annotation, _ in annotations(model, ROUTED)} == {Route.ASK}


def test_a_version_brings_the_calibration_of_its_judge(nlp: Pipeline, tmp_path: Path) -> None:
    """What the verdict says is taken, and its confidences say that they are calibrated."""
    settings = replace(ROUTED, confidence=True)
    judged = version({"passed": True, "calibration": calibration(nlp, 1e9).to_json()})
    found = annotations(model_of_version(nlp, settings, tmp_path, judged), settings)
    assert {annotation.route for annotation, _ in found} == {Route.AUTO}
    confidences = [annotation.confidence for annotation, _ in found]
    assert all(c is not None and list(c.calibrated) == ["text"] for c in confidences)


@pytest.mark.parametrize("verdict", [None, {"passed": True}, {"passed": True, "calibration": {"format": 7}}])
def test_a_version_without_a_calibration_serves_all_the_same(
    nlp: Pipeline, tmp_path: Path, verdict: dict[str, Any] | None
) -> None:
    """Uncalibrated, and says so."""
    settings = replace(ROUTED, confidence=True)
    found = annotations(model_of_version(nlp, settings, tmp_path, version(verdict)), settings)
    assert {annotation.route for annotation, _ in found} == {Route.ASK}
    assert all(a.confidence is not None and not a.confidence.calibrated for a, _ in found)


def test_a_folder_with_another_pipelines_calibration_is_refused(nlp: Pipeline, tmp_path: Path) -> None:
    """Who serves a folder hears of it at the start."""
    write_calibration(replace(calibration(nlp, 1.0), digest="sha256:other"), tmp_path)
    with pytest.raises(ModelFileError, match="freshet calibrate"):
        model_of_folder(nlp, ROUTED, tmp_path)


def test_the_share_of_audits_is_the_one_that_was_asked_for() -> None:
    """Over many ids, and greater shares hold the smaller ones."""
    ids = [TextMessage(f"texts:0:{i}", "").id for i in range(20_000)]
    chosen = {share: {i for i in ids if in_audit(i, share)} for share in (0.05, 0.2, 1.0)}
    assert [round(len(chosen[share]) / len(ids), 2) for share in chosen] == [0.05, 0.2, 1.0]
    assert chosen[0.05] <= chosen[0.2]
