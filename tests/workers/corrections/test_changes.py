# SPDX-License-Identifier: Apache-2.0
"""What a correction changed, and which annotation it is that was corrected."""

from __future__ import annotations

from dataclasses import replace

from schemas import Annotation, CharSpan, Correction, LabelledSpan, Layer, ModelRef, Source
from workers.corrections.changes import find_changes, tally_labels
from workers.corrections.join import LatestAnnotations, join

TEXT = "Ada met Bo in Kigali"
ADA, BO, KIGALI = (0, 3), (8, 10), (14, 20)
ANNOTATION = Annotation(
    "m-1",
    TEXT,
    None,
    {"start": [0, 4, 8, 11, 14], "end": [3, 7, 10, 13, 20], "tag": ["NNP", "VBD", "NN", "IN", "NNP"]},
    ModelRef("m", "3", "d"),
    Source("texts", 0, 7),
    ents=[LabelledSpan(*ADA, "LOC"), LabelledSpan(*KIGALI, "LOC")],
    cats={"news": 0.9, "sport": 0.2},
)


def correction(**layers: Layer) -> Correction:
    """A correction of the text."""
    return Correction("c", "ada", "", "m-1", TEXT, layers, tokens=[CharSpan(4, 7), CharSpan(*BO)])


def test_complete_entities_are_compared_whole() -> None:
    """Kept, added, removed, by label."""
    said = [LabelledSpan(*ADA, "PER"), LabelledSpan(*KIGALI, "LOC")]
    assert find_changes(correction(ents=Layer("complete", said)), ANNOTATION) == {
        "ents": {"LOC": [1, 0, 1], "PER": [0, 1, 0]}
    }


def test_of_partial_entities_only_what_was_spoken_of_counts() -> None:
    """The model's entity that nobody looked at is neither right nor wrong; a span without label removes what
    is there."""
    assert find_changes(correction(ents=Layer("partial", [LabelledSpan(*ADA, "PER")])), ANNOTATION)[
        "ents"
    ] == {
        "LOC": [0, 0, 1],
        "PER": [0, 1, 0],
    }
    assert find_changes(correction(ents=Layer("partial", [LabelledSpan(*ADA, "")])), ANNOTATION)["ents"] == {
        "LOC": [0, 0, 1]
    }
    assert find_changes(correction(ents=Layer("partial", wrong=[LabelledSpan(*ADA, "LOC")])), ANNOTATION)[
        "ents"
    ] == {"LOC": [0, 0, 1]}
    assert (
        find_changes(correction(ents=Layer("partial", wrong=[LabelledSpan(*ADA, "ORG")])), ANNOTATION)["ents"]
        == {}
    )


def test_categories_and_tags_are_compared_where_both_spoke() -> None:
    """From a half on a category counts as said."""
    found = find_changes(
        correction(
            cats=Layer("partial", scores={"sport": 1.0}), tags=Layer("partial", values=["VBD", "NNP"])
        ),
        ANNOTATION,
    )
    assert found == {
        "cats": {"sport": [0, 1, 0]},
        "tags": {"NN": [0, 0, 1], "NNP": [0, 1, 0], "VBD": [1, 0, 0]},
    }
    assert find_changes(correction(cats=Layer("complete", scores={"sport": 1.0})), ANNOTATION)["cats"] == {
        "news": [0, 0, 1],
        "sport": [0, 1, 0],
    }


def test_a_layer_that_the_model_lacks_is_no_evidence() -> None:
    """Nothing was predicted, so nothing was changed."""
    assert find_changes(correction(pos=Layer("partial", values=["VERB", None])), ANNOTATION) == {}


def test_labels_are_counted_by_layer() -> None:
    """Lemmas are no labels, and a denied category was not said."""
    said = correction(
        ents=Layer("partial", [LabelledSpan(*ADA, "PER"), LabelledSpan(*BO, "")]),
        cats=Layer("partial", scores={"news": 0.0, "sport": 1.0}),
        lemmas=Layer("partial", values=["meet", None]),
        tags=Layer("partial", values=["VBD", None]),
    )
    assert tally_labels(said) == {"ents": {"PER": 1}, "cats": {"sport": 1}, "tags": {"VBD": 1}}


def test_the_annotation_is_found_by_place_or_by_id_and_only_of_the_same_text() -> None:
    """A correction of another model's annotation, or of another text, is not joined."""
    latest = LatestAnnotations()
    latest.add(ANNOTATION)
    asked = correction()
    assert latest.of(asked) is ANNOTATION
    assert latest.of(replace(asked, id="other", source=Source("texts", 0, 7))) is ANNOTATION
    assert latest.of(replace(asked, source=Source("texts", 0, 8))) is None
    assert latest.of(replace(asked, text=TEXT + ".")) is None
    assert latest.of(replace(asked, model_version="2")) is None


def test_only_the_latest_annotations_are_kept() -> None:
    """And of one id the latest."""
    latest = LatestAnnotations(capacity=2)
    for offset in range(3):
        latest.add(replace(ANNOTATION, id="m-1" if offset else "m-0", source=Source("texts", 0, offset)))
    assert len(latest) == 2
    assert latest.of(correction()) == replace(ANNOTATION, source=Source("texts", 0, 2))
    assert latest.of(replace(correction(), id="m-0")) is None


def test_joining_names_place_and_model() -> None:
    """What the correction says itself stays."""
    found = join(correction(), ANNOTATION)
    assert (found.source, found.model_version) == (Source("texts", 0, 7), "3")
    assert join(replace(found, model_version="9"), ANNOTATION).model_version == "9"
