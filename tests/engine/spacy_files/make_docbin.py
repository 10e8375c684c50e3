# SPDX-License-Identifier: Apache-2.0
"""Writes `docbin/saved.spacy` and `docbin/saved.jsonl` with spaCy 3.8; run by hand where spaCy is installed.

The annotations are made up: each layer is there in some document and missing, or half there, in another.
"""

from __future__ import annotations

import json
from pathlib import Path

import spacy
from spacy.tokens import Doc, DocBin, Span

FOLDER = Path(__file__).parent / "docbin"


def documents() -> list[Doc]:
    """Documents with trees, entities, groups of spans, categories; an empty one; one with gaps."""
    nlp = spacy.blank("en")
    tree = Doc(
        nlp.vocab,
        words=["Ada", "ca", "n't", "see", "Kigali", ".", "Rain", "\n\n", "fell"],
        spaces=[True, False, True, True, False, True, True, False, False],
        tags=["NNP", "MD", "RB", "VB", "NNP", ".", "NN", "_SP", "VBD"],
        pos=["PROPN", "AUX", "PART", "VERB", "PROPN", "PUNCT", "NOUN", "SPACE", "VERB"],
        morphs=[
            "Number=Sing",
            "VerbForm=Fin",
            "",
            "VerbForm=Inf",
            "Number=Sing",
            "PunctType=Peri",
            "Number=Sing",
            "",
            "Tense=Past",
        ],
        lemmas=["Ada", "can", "not", "see", "Kigali", ".", "rain", "\n\n", "fall"],
        heads=[3, 3, 3, 3, 3, 3, 8, 6, 8],
        deps=["nsubj", "aux", "neg", "ROOT", "obj", "punct", "nsubj", "dep", "ROOT"],
    )
    tree.set_ents([Span(tree, 0, 1, "PER", kb_id="Q7259"), Span(tree, 4, 6, "LOC", span_id="kgl")])
    tree.spans["sc"] = [Span(tree, 3, 5, "X"), Span(tree, 0, 4, "Y"), Span(tree, 0, 1, "")]
    tree.spans["none"] = []
    tree.cats = {"weather": 0.25, "travel": 0.75}
    contraction = nlp("They're gonna go \U0001f600")
    gaps = Doc(
        nlp.vocab,
        words=["I", "am", "gold"],
        ents=["O", "", "B-X"],
        lemmas=["I", "", "gold"],
        sent_starts=[True, None, False],
    )
    return [tree, nlp(""), contraction, gaps]


if __name__ == "__main__":
    docs = documents()
    FOLDER.mkdir(exist_ok=True)
    DocBin(docs=docs, store_user_data=True).to_disk(FOLDER / "saved.spacy")
    lines = [json.dumps({**doc.to_json(), "norms": [token.norm_ for token in doc]}) for doc in docs]
    (FOLDER / "saved.jsonl").write_text("\n".join(lines) + "\n")
