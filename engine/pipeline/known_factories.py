# SPDX-License-Identifier: Apache-2.0
"""What our own factories' components set on documents, what they need, and how their scores count."""

from __future__ import annotations

from collections.abc import Mapping

_ENTS = ("doc.ents", "token.ent_iob", "token.ent_type")
_TREE = ("token.dep", "token.head", "token.is_sent_start", "doc.sents")
_ENT_WEIGHTS = {"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None}
_SENTS = {"sents_f": 1.0, "sents_p": 0.0, "sents_r": 0.0}
_PARSE = {
    "dep_uas": 0.5,
    "dep_las": 0.5,
    "dep_las_per_type": None,
    "sents_p": None,
    "sents_r": None,
    "sents_f": 0.0,
}
_CATS = {
    "cats_score": 1.0,
    "cats_score_desc": None,
    "cats_micro_p": None,
    "cats_micro_r": None,
    "cats_micro_f": None,
    "cats_macro_p": None,
    "cats_macro_r": None,
    "cats_macro_f": None,
    "cats_macro_auc": None,
    "cats_f_per_type": None,
}
_SPANS = {"spans_sc_f": 1.0, "spans_sc_p": 0.0, "spans_sc_r": 0.0}

ASSIGNS: Mapping[str, tuple[str, ...]] = {
    "attribute_ruler": ("token.tag", "token.pos", "token.morph", "token.lemma"),
    "beam_ner": _ENTS,
    "beam_parser": _TREE,
    "entity_linker": ("token.ent_kb_id",),
    "entity_ruler": _ENTS,
    "future_entity_ruler": _ENTS,
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

SCORE_WEIGHTS: Mapping[str, Mapping[str, float | None]] = {
    "beam_ner": _ENT_WEIGHTS,
    "beam_parser": _PARSE,
    "entity_linker": {"nel_micro_f": 1.0, "nel_micro_r": None, "nel_micro_p": None},
    "entity_ruler": _ENT_WEIGHTS,
    "future_entity_ruler": _ENT_WEIGHTS,
    "lemmatizer": {"lemma_acc": 1.0},
    "morphologizer": {"pos_acc": 0.5, "morph_acc": 0.5, "morph_per_feat": None},
    "ner": _ENT_WEIGHTS,
    "parser": _PARSE,
    "senter": _SENTS,
    "sentencizer": _SENTS,
    "span_finder": _SPANS,
    "span_ruler": {
        "spans_ruler_f": 1.0,
        "spans_ruler_p": 0.0,
        "spans_ruler_r": 0.0,
        "spans_ruler_per_type": None,
    },
    "spancat": _SPANS,
    "spancat_singlelabel": _SPANS,
    "tagger": {"tag_acc": 1.0},
    "textcat": _CATS,
    "textcat_multilabel": _CATS,
    "trainable_lemmatizer": {"lemma_acc": 1.0},
}
