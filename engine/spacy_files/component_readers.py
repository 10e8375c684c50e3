# SPDX-License-Identifier: Apache-2.0
"""How each component of spaCy is read from its folder: one table, by factory name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..components import (
    AttributeRuler,
    Component,
    DependencyParser,
    EntityLinker,
    EntityRecognizer,
    EntityRuler,
    Lemmatizer,
    SpanRuler,
    State,
    TextCategorizer,
    TrainableComponent,
    TrainableLemmatizer,
)
from ..components.edit_trees import NO_TREE, SAVED_NO_TREE
from ..decoders.ner_actions import NER_LETTERS
from ..decoders.parser_actions import PARSER_LETTERS
from ..errors import EngineError, ModelFileError
from ..layers.late_parts import late_parts
from .folder import Folder
from .model_file import read_model
from .moves import Moves, read_moves
from .vocab_folder import LOOKUPS, Vocab, read_lookups
from .weight_transfer import graft

CFG, MODEL, MOVES, TREES = "cfg", "model", "moves", "trees"

CLASS_LAYERS = ("linear", "softmax", "sparse_linear")
"""Layers of a text categorizer that give one number per label."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of one saved component: its name, its block of the config, its files, and the shared
    vocabulary.

    `files` is the component's own folder, which a component without state does not have; `root` is the
    pipeline's.
    """

    name: str
    config: Mapping[str, Any]
    files: Folder
    root: Folder
    vocab: Vocab

    @property
    def cfg(self) -> dict[str, Any]:
        """The values of the file `cfg`, empty where there is none. Raises: ModelFileError."""
        return self.files.json_map(CFG) if self.files.has(CFG) else {}

    def error(self, file: str, message: str) -> ModelFileError:
        """An error that names a file of this component."""
        return ModelFileError(f"{self.files.path / file}: {message}")


def no_settings(source: Source) -> Mapping[str, Any]:
    """Nothing saved beside the config overrides it."""
    return {}


@dataclass(frozen=True, slots=True)
class Reader:
    """`load` gives a component, made from the config, what its files hold; `settings` are saved values that
    override the config."""

    load: Callable[[Any, Source], None]
    settings: Callable[[Source], Mapping[str, Any]] = no_settings


def from_cfg(source: Source) -> Mapping[str, Any]:
    """Values of the file `cfg` for settings that the config has too."""
    return {
        key: value
        for key, value in source.cfg.items()
        if key in source.config and not isinstance(source.config[key], Mapping)
    }


def load_nothing(component: Component, source: Source) -> None:
    """A component without state."""


def load_model(component: TrainableComponent, source: Source, labels: Mapping[str, Any]) -> None:
    """Give a component its weights and labels. Raises: ModelFileError."""
    file = source.files.path / MODEL
    if file.is_dir():
        state = State(_encoders().take_folder(component.model, file), labels, {})
    else:
        nodes = read_model(source.files.data(MODEL), file)
        has_encoders = any(node.shims for node in nodes) or any(True for _ in late_parts(component.model))
        given = _encoders().take_encoders(component.model, nodes, file) if has_encoders else {}
        state = graft(component.model, nodes, labels, file, given)
    try:
        component.load_state(state)
    except EngineError as error:
        raise ModelFileError(f"{file}: {error}") from None


def _encoders() -> Any:
    """What reads encoders, imported for pipelines that have some."""
    return import_module(".encoders", __package__)


def load_trained(component: Component, source: Source) -> None:
    """Any component with a model, and with a list of labels in `cfg` if it has labels: what factories of
    users get."""
    if isinstance(component, TrainableComponent):
        load_model(component, source, {"labels": _labels(source, "labels") if "labels" in source.cfg else []})


def load_classifier(component: TrainableComponent, source: Source) -> None:
    """Labels from the file `cfg`, as a list or as the keys of a map."""
    load_model(component, source, {"labels": _labels(source, "labels")})


def load_morphologizer(component: TrainableComponent, source: Source) -> None:
    """Its classes are the keys of `labels_morph`, in their order."""
    load_model(component, source, {"labels": _labels(source, "labels_morph")})


def load_senter(component: TrainableComponent, source: Source) -> None:
    """Two classes that are always the same."""
    load_model(component, source, {"labels": component.labels})


def load_textcat(component: TextCategorizer, source: Source) -> None:
    """Labels in the order of the classes, and the positive one."""
    labels = _labels(source, "labels")
    load_model(component, source, {"labels": labels, "positive_label": source.cfg.get("positive_label")})
    for node in component.model.walk():
        if node.name in CLASS_LAYERS and node.get_dim("nO") != len(labels):
            raise source.error(
                MODEL, f"expected {len(labels)} classes, as cfg has labels, got {node.get_dim('nO')}"
            )


def load_entities(component: EntityRecognizer, source: Source) -> None:
    """Actions in class order from `moves`."""
    moves = saved_moves(source)
    load_model(component, source, {"actions": [[NER_LETTERS[kind], label] for kind, label in moves if kind]})


def load_parser(component: DependencyParser, source: Source) -> None:
    """Actions in class order from `moves`."""
    moves = saved_moves(source)
    load_model(
        component,
        source,
        {"actions": [[PARSER_LETTERS[kind], label] for kind, label in moves if kind < len(PARSER_LETTERS)]},
    )


def load_linker(component: EntityLinker, source: Source) -> None:
    """Its knowledge base, from a folder inside its own, and the weights. Raises: ModelFileError."""
    component.kb.from_disk(source.files.folder("kb").path)
    load_model(component, source, {})


def load_without_labels(component: TrainableComponent, source: Source) -> None:
    """A component whose model has no labels."""
    load_model(component, source, {})


def load_lemmatizer(component: Lemmatizer, source: Source) -> None:
    """Its tables, from a folder inside its own."""
    folder = source.files.folder("lookups")
    try:
        component.use_tables(read_lookups(folder, LOOKUPS))
    except EngineError as error:
        raise (
            error
            if isinstance(error, ModelFileError)
            else ModelFileError(f"{folder.path / LOOKUPS}: {error}")
        ) from None


def load_trainable_lemmatizer(component: TrainableLemmatizer, source: Source) -> None:
    """Class `k` is the edit tree with the number `labels[k]`; the trees are a file beside the model."""
    labels = source.cfg.get("labels")
    if not isinstance(labels, list) or not all(type(label) is int for label in labels):
        raise source.error(
            CFG,
            f"expected numbers of edit trees under 'labels', got {str(labels)[:80]}; fetch the file again",
        )
    load_model(component, source, {"labels": labels, "trees": saved_trees(source)})


def saved_trees(source: Source) -> list[list[Any]]:
    """Edit trees as lists. Raises: ModelFileError where a text is not among the pipeline's strings."""
    texts = source.vocab.strings

    def row(tree: Mapping[str, int]) -> list[Any]:
        if "orig" in tree:
            return [texts[tree["orig"]], texts[tree["subst"]]]
        parts = (
            NO_TREE if tree[part] == SAVED_NO_TREE else tree[part] for part in ("prefix_tree", "suffix_tree")
        )
        return [tree["prefix_len"], tree["suffix_len"], *parts]

    try:
        return [row(tree) for tree in source.files.unpack(TREES)["trees"]]
    except (TypeError, LookupError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise source.error(
            TREES, f"expected edit trees of known strings, got {what}; fetch the file again"
        ) from None


def saved_moves(source: Source) -> Moves:
    """The actions of a transition system in class order. Raises: ModelFileError."""
    return read_moves(source.files.data(MOVES), source.files.path / MOVES)


def _labels(source: Source, key: str) -> Sequence[str]:
    labels = source.cfg.get(key)
    if not isinstance(labels, list | dict) or not all(isinstance(label, str) for label in labels):
        raise source.error(CFG, f"expected texts under {key!r}, got {str(labels)[:80]}; fetch the file again")
    return list(labels)


def sentencizer_settings(source: Source) -> Mapping[str, Any]:
    """A sentencizer is one file beside the folders; it holds all settings."""
    name = f"{source.name}.json"
    saved = source.root.json_map(name) if source.root.has(name) else {}
    return {key: saved[key] for key in ("punct_chars", "overwrite") if key in saved}


PATTERNS, PATTERN_LINES = "patterns", "patterns.jsonl"


def load_attribute_rules(component: AttributeRuler, source: Source) -> None:
    """Rules of an attribute ruler, in their order. Raises: ModelFileError."""
    rules = source.files.unpack(PATTERNS) if source.files.has(PATTERNS) else []
    try:
        component.clear()
        component.add_patterns(rules)
    except (EngineError, TypeError, LookupError) as error:
        raise source.error(
            PATTERNS, f"expected rules of patterns and attributes, got something else: {error}"
        ) from None


def load_pattern_lines(component: EntityRuler | SpanRuler, source: Source) -> None:
    """Patterns of a ruler, one a line. Raises: ModelFileError."""
    name = PATTERN_LINES if isinstance(component, EntityRuler) else PATTERNS
    if source.files.has(name):
        try:
            component.labelled.load_lines(source.files.data(name))
        except (EngineError, TypeError, LookupError, ValueError) as error:
            raise source.error(name, str(error)) from None


def entity_ruler_settings(source: Source) -> Mapping[str, Any]:
    """Settings that an entity ruler keeps in `cfg`; one has another name there."""
    cfg = {"overwrite_ents" if key == "overwrite" else key: value for key, value in source.cfg.items()}
    return {key: cfg[key] for key in ("overwrite_ents", "phrase_matcher_attr", "ent_id_sep") if key in cfg}


READERS: dict[str, Reader] = {
    "attribute_ruler": Reader(load_attribute_rules),
    "beam_ner": Reader(load_entities, from_cfg),
    "beam_parser": Reader(load_parser, from_cfg),
    "entity_linker": Reader(load_linker, from_cfg),
    "experimental_edit_tree_lemmatizer": Reader(load_trainable_lemmatizer),
    "entity_ruler": Reader(load_pattern_lines, entity_ruler_settings),
    "span_ruler": Reader(load_pattern_lines),
    "future_entity_ruler": Reader(load_pattern_lines),
    "lemmatizer": Reader(load_lemmatizer),
    "morphologizer": Reader(load_morphologizer, from_cfg),
    "ner": Reader(load_entities, from_cfg),
    "parser": Reader(load_parser, from_cfg),
    "senter": Reader(load_senter, from_cfg),
    "sentencizer": Reader(load_nothing, sentencizer_settings),
    "nn_labeller": Reader(load_classifier),
    "span_finder": Reader(load_without_labels, from_cfg),
    "spancat": Reader(load_classifier, from_cfg),
    "spancat_singlelabel": Reader(load_classifier, from_cfg),
    "tagger": Reader(load_classifier, from_cfg),
    "textcat": Reader(load_textcat, from_cfg),
    "textcat_multilabel": Reader(load_textcat, from_cfg),
    "tok2vec": Reader(load_trained),
    "trainable_lemmatizer": Reader(load_trainable_lemmatizer),
    "transformer": Reader(load_trained, from_cfg),
}
"""Factory -> how its saved components are read; factories that are not here are read by `load_trained`."""
