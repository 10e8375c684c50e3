# SPDX-License-Identifier: Apache-2.0
"""What our own factories' components set on documents, and what they need."""

from __future__ import annotations

from collections.abc import Mapping

_ENTS = ("doc.ents", "token.ent_iob", "token.ent_type")
_TREE = ("token.dep", "token.head", "token.is_sent_start", "doc.sents")

ASSIGNS: Mapping[str, tuple[str, ...]] = {
    "attribute_ruler": ("token.tag", "token.pos", "token.morph", "token.lemma"),
    "beam_ner": _ENTS,
    "beam_parser": _TREE,
    "entity_linker": ("token.ent_kb_id",),
    "entity_ruler": _ENTS,
    "future_entity_ruler": _ENTS,
    "hf_text_classifier": ("doc.cats",),
    "hf_token_classifier": _ENTS,
    "lemmatizer": ("token.lemma",),
    "morphologizer": ("token.morph", "token.pos"),
    "ner": _ENTS,
    "parser": _TREE,
    "senter": ("token.is_sent_start",),
    "sentencizer": ("token.is_sent_start", "doc.sents"),
    "span_finder": ("doc.spans",),
    "span_ruler": ("doc.spans",),
    "spancat": ("doc.spans",),
    "spancat_singlelabel": ("doc.spans",),
    "tagger": ("token.tag",),
    "textcat": ("doc.cats",),
    "textcat_multilabel": ("doc.cats",),
    "tok2vec": ("doc.tensor",),
    "trainable_lemmatizer": ("token.lemma",),
}

REQUIRES: Mapping[str, tuple[str, ...]] = {
    "entity_linker": ("doc.ents", "doc.sents", "token.ent_iob", "token.ent_type"),
    "merge_entities": ("doc.ents", "token.ent_iob", "token.ent_type"),
    "merge_noun_chunks": ("token.dep", "token.tag", "token.pos"),
    "merge_subtokens": ("token.dep",),
}

RETOKENIZING = frozenset({"merge_entities", "merge_noun_chunks", "merge_subtokens", "token_splitter"})
