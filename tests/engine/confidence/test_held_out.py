# SPDX-License-Identifier: Apache-2.0
"""A calibration from documents that the pipeline has not learned from, and where it is kept."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

import engine
from engine import Doc, Example, Pipeline
from engine.confidence import Calibration, calibrate, read_calibration, write_calibration
from engine.doc.biluo import MISSING
from engine.errors import ModelFileError
from tests.engine.toy import shared, trained_toy

TEXTS = [f"Ada met {name} Hopper in New York City ." for name in ("Grace", "Jean", "Alan", "Edsger")] * 10


@pytest.fixture(scope="module")
def nlp() -> Pipeline:
    """A pipeline that has learned a little."""
    return trained_toy(shared("ner", "textcat"))


def gold(
    nlp: Pipeline, text: str, *, wrong: bool = False, partial: bool = False, cats: bool = False
) -> Example:
    """What the pipeline says as what people say; or one entity more; or one of which nobody knows."""
    doc = nlp(text)
    reference = nlp.tokenizer(text)
    spans = [(span.start, span.end, span.label) for span in doc.ents]
    free = next(i for i in range(len(doc)) if not any(s <= i < e for s, e, _ in spans))
    extra = [(free, free + 1, MISSING if partial else "PER")] if wrong or partial else []
    reference.set_ents(sorted([*spans, *extra]))
    if cats:
        reference.set_cats({label: float(score >= 0.5) for label, score in doc.cats.items()})
    return Example(reference, reference)


def test_texts_are_right_where_all_their_layers_are(nlp: Pipeline) -> None:
    """Of forty texts, ten with an entity too few: the curve counts them, and the layers are those that people
    spoke of."""
    examples = [gold(nlp, text, wrong=i % 4 == 0) for i, text in enumerate(TEXTS)]
    found = calibrate(nlp, examples)
    assert found is not None
    assert (found.layers, found.curve.n, found.curve.n_wrong) == (("ents",), 40, 10)
    assert set(found.scales) == {"ents", "text"}
    assert found.digest == nlp.digest


def test_several_layers_are_judged_together(nlp: Pipeline) -> None:
    """Where people said all about entities and categories, a text is right where both are; texts with one
    layer alone do not count."""
    both = [gold(nlp, text, wrong=i % 4 == 0, cats=True) for i, text in enumerate(TEXTS)]
    found = calibrate(nlp, [*both, gold(nlp, TEXTS[0])])
    assert found is not None
    assert (found.layers, found.curve.n, found.curve.n_wrong) == (("ents", "cats"), 40, 10)
    assert "cats" in found.scales


def test_what_people_did_not_say_judges_nothing(nlp: Pipeline) -> None:
    """A text of which a part is unknown is neither right nor wrong."""
    examples = [gold(nlp, text) for text in TEXTS[:32]] + [gold(nlp, TEXTS[0], partial=True)] * 8
    found = calibrate(nlp, examples)
    assert found is not None
    assert (found.curve.n, found.curve.n_wrong) == (32, 0)


def test_promises_come_from_texts_like_those_to_come(nlp: Pipeline) -> None:
    """Other held-out documents help with the scales; the curve is not theirs."""
    to_come = [gold(nlp, text) for text in TEXTS[:10]]
    found = calibrate(nlp, to_come, [gold(nlp, text, wrong=True) for text in TEXTS])
    assert found is not None
    assert (found.curve.n, found.curve.n_wrong) == (10, 0)
    assert "text" in found.scales


def test_who_said_nothing_of_a_layer_calibrates_nothing(nlp: Pipeline) -> None:
    """Without documents, or with a pipeline that says not how sure it is, there is none."""
    assert calibrate(nlp, []) is None
    assert calibrate(engine.blank("en"), [gold(nlp, TEXTS[0])]) is None


def test_a_calibration_stands_beside_the_files_of_its_pipeline(nlp: Pipeline, tmp_path: Path) -> None:
    """It is read again for the pipeline that it was made for, whose digest and meta it does not change."""
    nlp.to_disk(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    found = calibrate(nlp, [gold(nlp, text) for text in TEXTS])
    assert found is not None
    assert read_calibration(tmp_path, nlp.digest) is None
    write_calibration(found, tmp_path)
    loaded = engine.load(tmp_path)
    assert loaded.digest == nlp.digest
    again = read_calibration(tmp_path, loaded.digest)
    assert again is not None
    assert again.to_json() == found.to_json()
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_a_calibration_of_another_pipeline_is_refused(nlp: Pipeline, tmp_path: Path) -> None:
    """The error says whose it is and what to do."""
    write_calibration(Calibration("sha256:1", ("ents",)), tmp_path)
    with pytest.raises(ModelFileError, match="freshet calibrate"):
        read_calibration(tmp_path, nlp.digest)


@pytest.mark.parametrize(
    "broken", [b"", b"[]", b'{"format": 2}', b'{"format": 1, "digest": "d"}', b'{"format": 1, "digest": 3}']
)
def test_a_broken_calibration_is_named(broken: bytes, tmp_path: Path) -> None:
    """Whatever is in the file, the error names it."""
    (tmp_path / "calibration.json").write_bytes(broken)
    with pytest.raises(ModelFileError, match=r"calibration\.json"):
        read_calibration(tmp_path, "d")


def test_probabilities_are_those_of_the_calibrated_pipeline(nlp: Pipeline) -> None:
    """A calibration as JSON is plain and small."""
    found = calibrate(nlp, [gold(nlp, text, wrong=i % 2 == 0) for i, text in enumerate(TEXTS)])
    assert found is not None
    assert len(orjson.dumps(found.to_json())) < 4000
    assert isinstance(nlp(TEXTS[0]), Doc)
