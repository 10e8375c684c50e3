# SPDX-License-Identifier: Apache-2.0
"""People who correct the same text, side by side."""

from __future__ import annotations

from engine.scoring.units import Counts
from schemas import CharSpan, Correction, LabelledSpan, Layer
from workers.corrections import CorrectionHandler, CorrectionSettings
from workers.corrections.overlap import Overlap
from workers.transports.base import Record

TEXT = "Ada met Bo"
ADA, BO = LabelledSpan(0, 3, "PER"), LabelledSpan(8, 10, "PER")


def said(author: str, text: str = "m", **layers: Layer) -> Correction:
    """What somebody says."""
    tokens = [CharSpan(0, 3), CharSpan(4, 7), CharSpan(8, 10)]
    return Correction(f"{author}-{text}", author, "", text, TEXT, layers, tokens=tokens)


def test_complete_spans_are_compared_one_by_one() -> None:
    """What one of the two leaves out counts."""
    overlap = Overlap()
    assert overlap.add(said("ada", ents=Layer(spans=[ADA]))) is None
    assert overlap.add(said("bo", ents=Layer(spans=[ADA, BO]))) == ("ada", {"ents": Counts(1, 1, 0)})


def test_what_only_one_speaks_of_is_no_disagreement() -> None:
    """Of tags and categories what both said counts, of partial spans nothing."""
    overlap = Overlap()
    overlap.add(said("ada", tags=Layer(values=["N", "V", None]), cats=Layer(scores={"A": 1.0, "B": 0.0})))
    partial = Layer("partial", spans=[ADA])
    layers = {"tags": Layer(values=["N", None, "N"]), "cats": Layer(scores={"B": 0.9}), "ents": partial}
    assert overlap.add(said("bo", **layers)) == ("ada", {"cats": Counts(0, 1, 1), "tags": Counts(1, 0, 0)})


def test_only_the_newest_texts_are_remembered() -> None:
    """And nobody meets himself."""
    overlap = Overlap(limit=2)
    for text in ("1", "2", "3"):
        overlap.add(said("ada", text, ents=Layer(spans=[ADA])))
    assert overlap.add(said("ada", "3", ents=Layer(spans=[BO]))) is None
    assert overlap.add(said("bo", "1", ents=Layer(spans=[ADA]))) is None


def test_the_stream_app_tells_of_both() -> None:
    """In its tables, which are served."""
    handler = CorrectionHandler(CorrectionSettings())
    for offset, author in enumerate(("ada", "bo")):
        value = (
            b'{"id": "m", "author": "%s", "text": "Ada met Bo", "layers": {"ents": {"status": "complete", '
            b'"spans": [{"start": 0, "end": 3, "label": "PER"}]}}}' % author.encode()
        )
        handler.count(handler.handle(Record("corrections", 0, offset, 0, b"m", value)))
    told = handler.report()["authors"]
    assert {name: row["others"] for name, row in told.items()} == {
        "ada": {"ents": [1.0, 1]},
        "bo": {"ents": [1.0, 1]},
    }
