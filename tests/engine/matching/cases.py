# SPDX-License-Identifier: Apache-2.0
"""Cases for matchers as plain values: documents, rules, and what is found."""

from __future__ import annotations

from typing import Any

from engine.doc.doc import Doc
from engine.matching import Matcher, PatternError, PhraseMatcher
from engine.vocab.lexemes import LexemeTable


def answer(case: dict[str, Any]) -> Any:
    """What Freshet finds in a case."""
    lexemes = LexemeTable(lang="en")
    doc = make(case["doc"], lexemes)
    where = doc if case["span"] is None else doc[slice(*case["span"])]
    try:
        if case["kind"] == "phrases":
            phrases = PhraseMatcher(attr=case["attr"])
            for key, docs in case["rules"]:
                phrases.add(key, [make(phrase, lexemes) for phrase in docs])
            return [[phrases.key(k), s, e] for k, s, e in phrases(where)]
        matcher = Matcher()
        for key, patterns, greedy in case["rules"]:
            matcher.add(key, patterns, greedy=greedy)
        missing = case["allow_missing"]
        found = (
            matcher(where, with_alignments=True, allow_missing=missing)
            if case["aligned"]
            else matcher(where, allow_missing=missing)
        )
        return [[matcher.key(m[0]), *m[1:]] for m in found]
    except PatternError:
        return "refused"


def make(case: dict[str, Any], lexemes: LexemeTable) -> Doc:
    """A document of the words and layers of a case."""
    parts = [word + " " * space for word, space in zip(case["words"], case["spaces"], strict=True)]
    starts = [sum(map(len, parts[:i])) for i in range(len(parts))]
    tokens = [
        {"id": i, "start": s, "end": s + len(word)}
        for i, (s, word) in enumerate(zip(starts, case["words"], strict=True))
    ]
    doc = Doc.from_json({"text": "".join(parts), "tokens": tokens}, lexemes)
    for key, name in (("tags", "tag"), ("pos", "pos"), ("lemmas", "lemma")):
        if key in case:
            doc.set_column(name, case[key])
    if "morphs" in case:
        doc.set_morphs([morph or "_" for morph in case["morphs"]])
    if "deps" in case:
        doc.set_heads(case["heads"], case["deps"])
        doc.set_sent_starts([1 if i == 0 else -1 for i in range(len(doc))])
    if "sent_starts" in case:
        doc.set_sent_starts(case["sent_starts"])
    if "ents" in case:
        doc.set_ents([(start, end, label) for start, end, label, _, _ in case["ents"]])
        ids = [
            next(((kb, i) for s, e, _, kb, i in case["ents"] if s <= n < e), ("", ""))
            for n in range(len(doc))
        ]
        doc.set_column("ent_kb_id", [kb for kb, _ in ids])
        doc.set_column("ent_id", [i for _, i in ids])
    return doc
