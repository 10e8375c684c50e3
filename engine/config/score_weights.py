# SPDX-License-Identifier: Apache-2.0
"""Which scores choose the best step: each component's own weights, put together so that they add up to 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .config import read_config
from .registry import registry

Weights = dict[str, float | None]

_ENTS: Mapping[str, float | None] = {"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None}
_SENTS: Mapping[str, float | None] = {"sents_f": 1.0, "sents_p": 0.0, "sents_r": 0.0}
_TREES: Mapping[str, float | None] = {
    "dep_uas": 0.5,
    "dep_las": 0.5,
    "dep_las_per_type": None,
    "sents_p": None,
    "sents_r": None,
    "sents_f": 0.0,
}
_CATS: Mapping[str, float | None] = {
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
_SPANS: Mapping[str, float | None] = {"spans_{key}_f": 1.0, "spans_{key}_p": 0.0, "spans_{key}_r": 0.0}

DEFAULT_WEIGHTS: Mapping[str, Mapping[str, float | None]] = {
    "tagger": {
        "tag_acc": 1.0,
        "pos_acc": 0.0,
        "tag_micro_p": None,
        "tag_micro_r": None,
        "tag_micro_f": None,
    },
    "morphologizer": {"pos_acc": 0.5, "morph_acc": 0.5, "morph_per_feat": None},
    "parser": _TREES,
    "beam_parser": _TREES,
    "ner": _ENTS,
    "beam_ner": _ENTS,
    "entity_ruler": _ENTS,
    "future_entity_ruler": _ENTS,
    "senter": _SENTS,
    "sentencizer": _SENTS,
    "textcat": _CATS,
    "textcat_multilabel": _CATS,
    "spancat": _SPANS,
    "spancat_singlelabel": _SPANS,
    "span_finder": _SPANS,
    "span_ruler": {**_SPANS, "spans_{key}_per_type": None},
    "entity_linker": {"nel_micro_f": 1.0, "nel_micro_r": None, "nel_micro_p": None},
    "lemmatizer": {"lemma_acc": 1.0},
    "trainable_lemmatizer": {"lemma_acc": 1.0},
    "experimental_edit_tree_lemmatizer": {"lemma_acc": 1.0},
}
"""Factory -> the scores of its component and what each counts: 0 is shown only, null neither shown nor
counted. `{key}` stands for the component's `spans_key`."""

ROUNDING = 0.005
"""Weights that add up to 1 but for this are left as they are."""

SPANS_KEYS: Mapping[str, str] = {"span_ruler": "ruler"}
"""Factory -> the key of its spans where the config names none; the others use `sc`."""


def fill_score_weights(given: Mapping[str, float | None], values: Mapping[str, Any]) -> Weights:
    """The weights of a config with those of its components written out: what is given counts in place of a
    component's own, and all together add up to 1.

    >>> fill_score_weights({"ents_f": 0.3}, {"nlp": {"pipeline": ["ner"]}, "components": {"ner": {}}})
    {'ents_f': 0.3}
    """
    combined: Weights = {}
    for name in values.get("nlp", {}).get("pipeline", ()):
        block = values.get("components", {}).get(name)
        if isinstance(block, Mapping):
            combined.update(weights_of(block, name))
    added = [name for name in combined if name not in given]
    combined.update(given)
    total = sum(weight for weight in combined.values() if weight)
    if not added or total <= 0 or abs(total - 1) < ROUNDING:
        return combined
    return {
        name: round(weight / total, 2) if weight is not None else None for name, weight in combined.items()
    }


def weights_of(block: Mapping[str, Any], name: str) -> Iterator[tuple[str, float | None]]:
    """The default weights of one component, by its block in a config."""
    block = {**_block_of_source(block, name), **block}
    factory = block.get("factory")
    if not isinstance(factory, str):
        return
    own = (
        getattr(registry.get("factories", factory), "default_score_weights", None)
        if factory not in DEFAULT_WEIGHTS and registry.has("factories", factory)
        else None
    )
    key = block.get("spans_key") or SPANS_KEYS.get(factory, "sc")
    for score, weight in (own or DEFAULT_WEIGHTS.get(factory, {})).items():
        yield score.replace("{key}", str(key)), weight


def known_scores() -> set[str]:
    """Names of scores that components of ours give; `{key}` stands for the key of a group of spans."""
    general = {"speed", "token_acc", "token_p", "token_r", "token_f", "morph_micro_p", "morph_micro_r"}
    return general.union({"morph_micro_f"}, *map(set, DEFAULT_WEIGHTS.values()))


def _block_of_source(block: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The block of a component that is taken from a saved pipeline, as far as its folder says it; of another
    source the factory of that name."""
    source = block.get("source")
    if not isinstance(source, str):
        return {}
    wanted = str(block.get("component", name))
    for file in (Path(source) / "config.cfg", Path(source) / "model-best" / "config.cfg"):
        if file.is_file():
            components = read_config(file).get("components", {})
            return {k: v for k, v in components.get(wanted, {}).items() if k in ("factory", "spans_key")}
    return {"factory": wanted}
