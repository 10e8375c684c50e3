# SPDX-License-Identifier: Apache-2.0
"""What two versions say differently about one text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TOKEN_LAYERS = ("tag", "pos", "morph", "lemma", "head", "dep")
CATEGORY_STEP = 0.01
"""Scores of categories that are closer than this count as the same."""


@dataclass(frozen=True, slots=True)
class Change:
    """One answer that differs; an empty string means none. Units: `start` and `end` in code points of the
    text."""

    layer: str
    start: int
    end: int
    words: str
    before: str
    after: str


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """All differences between two documents of the same text, in their JSON form (`Doc.to_json`), by layer
    and place.

    >>> found = {"text": "Kigali", "ents": [{"start": 0, "end": 6, "label": "LOC"}]}
    >>> [change.after for change in changes({"text": "Kigali"}, found)]
    ['LOC']
    """
    return [
        *_spans("ents", before, after),
        *_boundaries(before, after),
        *_tokens(before, after),
        *_categories(before, after),
    ]


def _spans(layer: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    was, now = (
        {(span["start"], span["end"]): str(span["label"]) for span in doc.get(layer, ())}
        for doc in (before, after)
    )
    for start, end in sorted(was.keys() | now.keys()):
        if was.get((start, end)) != now.get((start, end)):
            yield Change(
                layer,
                start,
                end,
                before["text"][start:end],
                was.get((start, end), ""),
                now.get((start, end), ""),
            )


def _boundaries(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    was, now = ({(sent["start"], sent["end"]) for sent in doc.get("sents", ())} for doc in (before, after))
    for start, end in sorted(was ^ now):
        yield Change(
            "sents",
            start,
            end,
            before["text"][start:end],
            *(("sentence", "") if (start, end) in was else ("", "sentence")),
        )


def _tokens(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    was, now = _by_place(before), _by_place(after)
    for start, end in sorted(was.keys() | now.keys()):
        words = before["text"][start:end]
        for layer in TOKEN_LAYERS:
            old, new = (
                _value(doc, tokens, (start, end), layer) for doc, tokens in ((before, was), (after, now))
            )
            if old != new:
                yield Change(layer, start, end, words, old, new)


def _by_place(doc: Mapping[str, Any]) -> dict[tuple[int, int], Mapping[str, Any]]:
    return {(token["start"], token["end"]): token for token in doc.get("tokens", ())}


def _value(
    doc: Mapping[str, Any],
    tokens: Mapping[tuple[int, int], Mapping[str, Any]],
    place: tuple[int, int],
    layer: str,
) -> str:
    value = tokens.get(place, {}).get(layer)
    if value is None:
        return ""
    if layer != "head":
        return str(value)
    head = doc["tokens"][value]
    return str(doc["text"][head["start"] : head["end"]])


def _categories(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    was: Mapping[str, float] = before.get("cats", {})
    now: Mapping[str, float] = after.get("cats", {})
    for label in sorted(was.keys() | now.keys()):
        old, new = was.get(label), now.get(label)
        if old is None or new is None or abs(old - new) >= CATEGORY_STEP:
            shown = tuple("" if score is None else f"{label} {score:.2f}" for score in (old, new))
            yield Change("cats", 0, len(before["text"]), "", *shown)
