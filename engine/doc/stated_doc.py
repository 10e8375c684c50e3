# SPDX-License-Identifier: Apache-2.0
"""Annotations that somebody states while making a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import DocValueError
from ..vocab.morphology import feature_text
from .batch_writer import MORPH, SpanValue, writer_of
from .biluo import MISSING

if TYPE_CHECKING:
    from .doc import Doc

LAYERS = {"tags": "tag", "pos": "pos", "lemmas": "lemma"}
KNOWN = (*LAYERS, "morphs", "heads", "deps", "sent_starts", "ents")


def state_annotations(doc: Doc, annotations: Mapping[str, Any]) -> None:
    """Set what is stated, each a value per word; None is unset.

    Raises: TypeError for a name that does not exist; DocValueError where a number of values is not that of
    the words, a value means nothing, or heads come without labels.
    """
    unknown = [name for name in annotations if name not in KNOWN]
    if unknown:
        raise TypeError(f"expected annotations of a Doc, got {unknown[0]!r}; there are: {', '.join(KNOWN)}")
    stated = {name: list(values) for name, values in annotations.items() if values is not None}
    for name, values in stated.items():
        if len(values) != len(doc):
            raise DocValueError(f"expected one value a word, {len(doc)} of {name}, got {len(values)}")
    for name, column in LAYERS.items():
        if name in stated:
            doc.set_layer(column, stated[name])
    if "morphs" in stated:
        write_morphs(doc, stated["morphs"])
    _state_tree(doc, stated)
    if "sent_starts" in stated and "heads" not in stated:
        doc.set_sent_starts([sent_start(value) for value in stated["sent_starts"]])
    if "ents" in stated:
        write_spans(doc, spans_of_marks(stated["ents"]))


def write_morphs(doc: Doc, morphs: Sequence[Any]) -> None:
    """Set morphological features, as texts or maps; an empty one is a word without, None an unknown one."""
    texts = [None if value is None else feature_text(value) for value in morphs]
    rows = slice(doc.start_row, doc.end_row)
    writer_of(doc.batch).set_labels(MORPH, rows, texts)
    doc.refresh()


def write_spans(doc: Doc, spans: Sequence[SpanValue]) -> None:
    """Set entities, and of which tokens nothing is known."""
    writer_of(doc.batch).set_spans("ents", doc.index, sorted(spans))
    doc.refresh()


def sent_start(value: bool | int | None) -> int:
    """Whether a sentence starts, as a number: 1, -1, or 0 where nothing is known."""
    if value is None:
        return 0
    return (1 if value else -1) if isinstance(value, bool) else int(value)


def spans_of_marks(marks: Sequence[str | None]) -> list[SpanValue]:
    """Entities of marks `B-LABEL`, `I-LABEL`, `O`, and an empty one or None where nothing is known.

    Raises: DocValueError for any other mark.
    """
    spans: list[SpanValue] = []
    for i, mark in enumerate(marks):
        kind, dash, label = ("", "", "") if mark is None else mark.partition("-")
        if kind not in ("", "B", "I", "O") or (kind in ("B", "I")) != bool(dash) or (not kind and dash):
            raise DocValueError(
                f"expected marks B-LABEL, I-LABEL, O or an empty one, got {mark!r} at position {i}"
            )
        if kind == "O":
            continue
        name = label if kind else MISSING
        before = spans[-1] if spans else None
        if kind != "B" and before is not None and (before.end, before.label) == (i, name):
            spans[-1] = before._replace(end=i + 1)
        else:
            spans.append(SpanValue(i, i + 1, name))
    return spans


def _state_tree(doc: Doc, stated: Mapping[str, list[Any]]) -> None:
    if "heads" in stated and "deps" not in stated:
        raise DocValueError(
            "expected deps beside heads, got none; where there are no labels, say deps=['dep'] * len(words)"
        )
    if "heads" in stated:
        heads = [i if head is None else int(head) for i, head in enumerate(stated["heads"])]
        doc.set_heads(heads, [label or "" for label in stated["deps"]])
        if any(stated["deps"]):
            doc.sentences_from_tree()
    elif "deps" in stated:
        doc.set_column("dep", [label or "" for label in stated["deps"]])
