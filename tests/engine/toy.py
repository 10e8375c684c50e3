# SPDX-License-Identifier: Apache-2.0
"""A toy corpus and toy configs, for tests of what learns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from confection import Config
from thinc.api import Adam

import engine
from engine import Example, Pipeline, registry
from engine.components import TrainableComponent
from engine.doc.doc import Doc
from engine.knowledge import InMemoryLookupKB

SENTENCES = (
    (
        "Ada/NNP/PROPN/Number=Sing/U-PER met/VBD/VERB/Tense=Past/O "
        "Grace/NNP/PROPN/Number=Sing/B-PER Hopper/NNP/PROPN//L-PER ./././/O"
    ),
    (
        "They/PRP/PRON/Number=Plur/O live/VBP/VERB/Tense=Pres/O in/IN/ADP//O "
        "Kigali/NNP/PROPN/Number=Sing/U-LOC ./././/O"
    ),
    (
        "New/NNP/PROPN/Number=Sing/B-LOC York/NNP/PROPN/Number=Sing/I-LOC "
        "City/NNP/PROPN/Number=Sing/L-LOC sleeps/VBZ/VERB/Tense=Pres/O"
    ),
    ("Rain/NN/NOUN/Number=Sing/O fell/VBD/VERB/Tense=Past/O ?/./PUNCT//O"),
)
"""Words as text/tag/pos/morph/entity action; a `.` or `?` is punctuation."""

LEMMAS = {"met": "meet", "sleeps": "sleep", "fell": "fall"}
"""Lemmas of words that are not their own, in lower case."""

LISTENER = {"@architectures": "freshet.Tok2VecListener.v1", "width": 16, "upstream": "*", "grad_factor": 1.0}
EMBED = {
    "@architectures": "freshet.MultiHashEmbed.v1",
    "width": 16,
    "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
    "rows": [200, 50, 100, 50],
    "include_static_vectors": False,
}
ENCODE = {
    "@architectures": "freshet.MaxoutWindowEncoder.v1",
    "width": 16,
    "window_size": 1,
    "maxout_pieces": 3,
    "depth": 2,
}
TOK2VEC = {"@architectures": "freshet.Tok2Vec.v1", "embed": EMBED, "encode": ENCODE}
NER = {
    "@architectures": "freshet.TransitionBasedParser.v1",
    "state_type": "ner",
    "extra_state_tokens": False,
    "hidden_width": 12,
    "maxout_pieces": 2,
    "use_upper": True,
    "nO": None,
}
OTHER_MODELS: dict[str, dict[str, Any]] = {
    "entity_linker": {"@architectures": "spacy.EntityLinker.v2", "nO": None},
    "span_finder": {
        "@architectures": "spacy.SpanFinder.v1",
        "scorer": {"@layers": "spacy.LinearLogistic.v1", "nO": 2, "nI": None},
    },
    "nn_labeller": {
        "@architectures": "spacy.MultiTask.v1",
        "maxout_pieces": 2,
        "token_vector_width": 16,
        "nO": None,
    },
}
"""Models of components that have an architecture of their own."""

BOW = {
    "@architectures": "freshet.TextCatBOW.v2",
    "exclusive_classes": True,
    "ngram_size": 2,
    "no_output_layer": False,
    "length": 512,
    "nO": None,
}


RULES = [
    {"label": "PER", "pattern": [{"LOWER": "ada"}]},
    {"label": "LOC", "pattern": "New York City", "id": "nyc"},
]
"""Patterns of rulers."""

UNTRAINED: dict[str, dict[str, Any]] = {
    name: {"mode": "lookup"} if name == "lemmatizer" else {}
    for name in (
        *(
            "sentencizer",
            "lemmatizer",
            "merge_entities",
            "merge_noun_chunks",
            "merge_subtokens",
            "doc_cleaner",
            "token_splitter",
        ),
        *("attribute_ruler", "entity_ruler", "future_entity_ruler", "span_ruler"),
    )
}
"""Components without weights, and their settings."""

INITIALIZE: dict[str, dict[str, Any]] = {
    "lemmatizer": {"lookups": {"lemma_lookup": {"met": "meet", "fell": "fall"}}},
    "attribute_ruler": {
        "patterns": [{"patterns": [[{"LOWER": "they"}]], "attrs": {"TAG": "PRP", "LEMMA": "they"}}]
    },
    "entity_linker": {"kb_loader": {"@misc": "tests.toy_kb.v1"}},
    **{name: {"patterns": RULES} for name in ("entity_ruler", "future_entity_ruler", "span_ruler")},
}
"""What components need of `[initialize.components]`."""


RARE: dict[str, dict[str, Any]] = {
    "parser": {"min_action_freq": 1},
    "beam_ner": {"beam_width": 4, "beam_update_prob": 1.0},
    "beam_parser": {"min_action_freq": 1, "beam_width": 4, "beam_update_prob": 1.0},
    "trainable_lemmatizer": {"min_tree_freq": 1},
    "experimental_edit_tree_lemmatizer": {"min_tree_freq": 1},
}
"""Settings by which a corpus of two documents is large enough."""


LINKS = {"PER": "Q1", "LOC": "Q2"}
"""What entities mean, by their type."""


@registry.misc("tests.toy_kb.v1")
def make_toy_kb() -> Any:
    """Two meanings, and names that may mean both."""

    def load(vocab: Any) -> InMemoryLookupKB:
        kb = InMemoryLookupKB(vocab, entity_vector_length=4)
        kb.set_entities(["Q1", "Q2"], [3, 4], [[1.0, 0.5, -1.0, 0.2], [-1.0, 0.3, 0.4, 1.0]])
        for name in ("Ada", "Kigali", "Grace Hopper", "New York City"):
            kb.add_alias(name, ["Q1", "Q2"], [0.4, 0.3])
        return kb

    return load


def tagger_model(tok2vec: Mapping[str, Any]) -> dict[str, Any]:
    """A token classifier on the given vectors."""
    return {"@architectures": "freshet.Tagger.v1", "nO": None, "normalize": False, "tok2vec": tok2vec}


def model_of(factory: str, tok2vec: Mapping[str, Any]) -> dict[str, Any]:
    """The model block of a component on the given vectors."""
    if factory == "tok2vec":
        return dict(TOK2VEC)
    if factory.removeprefix("beam_") in ("ner", "parser"):
        return {**NER, "state_type": factory.removeprefix("beam_"), "tok2vec": tok2vec}
    if factory in OTHER_MODELS:
        return {**OTHER_MODELS[factory], "tok2vec": tok2vec}
    if factory.startswith("textcat"):
        linear = {**BOW, "exclusive_classes": factory == "textcat"}
        return {
            "@architectures": "freshet.TextCatEnsemble.v1",
            "nO": None,
            "tok2vec": tok2vec,
            "linear_model": linear,
        }
    if factory.startswith("spancat"):
        scorer = {"@layers": "freshet.LinearLogistic.v1" if factory == "spancat" else "Softmax.v2"}
        reducer = {"@layers": "freshet.mean_max_reducer.v1", "hidden_size": 12}
        return {
            "@architectures": "freshet.SpanCategorizer.v1",
            "tok2vec": tok2vec,
            "reducer": reducer,
            "scorer": scorer,
        }
    return tagger_model(tok2vec)


def toy_config(pipeline: Mapping[str, Mapping[str, Any]], seed: int = 0) -> Config:
    """A filled config with these component sections, in order."""
    nlp = {"lang": "en", "pipeline": list(pipeline)}
    components = {name: dict(section) for name, section in pipeline.items()}
    initialize = {
        name: INITIALIZE[part["factory"]]
        for name, part in components.items()
        if part.get("factory") in INITIALIZE
    }
    start = {"initialize": {"components": initialize}} if initialize else {}
    return engine.fill_config(
        Config({"system": {"seed": seed}, "nlp": nlp, "components": components, **start})
    )


def shared(*factories: str, upstream: str = "tok2vec") -> dict[str, dict[str, Any]]:
    """Sections of one embedding and heads that listen to it."""
    heads = {name: section_of(name, {**LISTENER, "upstream": upstream}) for name in factories}
    return {"tok2vec": {"factory": "tok2vec", "model": dict(TOK2VEC)}, **heads}


def alone(factory: str) -> dict[str, dict[str, Any]]:
    """Section of one component with an embedding of its own."""
    if factory in UNTRAINED:
        return {factory: {"factory": factory, **UNTRAINED[factory]}}
    return {factory: section_of(factory, TOK2VEC)}


def section_of(factory: str, tok2vec: Mapping[str, Any]) -> dict[str, Any]:
    """The section of a component on the given vectors; the corpus is too small for rare labels to be left
    out."""
    section = {"factory": factory, "model": model_of(factory, tok2vec)}
    return {**section, **RARE.get(factory, {})}


def toy_pipeline(pipeline: Mapping[str, Mapping[str, Any]], seed: int = 0) -> Pipeline:
    """An initialized pipeline."""
    nlp = engine.build(toy_config(pipeline, seed))
    examples = toy_examples(nlp)
    nlp.initialize(lambda: examples)
    return nlp


def trained_toy(pipeline: Mapping[str, Mapping[str, Any]], n_steps: int = 20) -> Pipeline:
    """A pipeline that has seen the toy corpus so many times: right about much of it, and not sure of all."""
    nlp = toy_pipeline(pipeline)
    optimizer, examples = Adam(0.01), toy_examples(nlp)
    for _ in range(n_steps):
        nlp.update(examples, optimizer=optimizer)
    return nlp


def toy_examples(nlp: Pipeline) -> list[Example]:
    """Two documents of two sentences each, with every layer."""
    pairs = ((0, 1), (2, 3))
    return [
        _example(nlp, [SENTENCES[i] for i in pair], label)
        for pair, label in zip(pairs, ("people", "nature"), strict=True)
    ]


def _example(nlp: Pipeline, sentences: list[str], label: str) -> Example:
    rows = [[part.rsplit("/", 4) for part in sentence.split()] for sentence in sentences]
    words = [fields for row in rows for fields in row]
    gold = nlp.tokenizer.from_words([fields[0] for fields in words])
    gold.set_tags([fields[1] for fields in words])
    gold.set_pos([fields[2].replace(".", "PUNCT") for fields in words])
    gold.set_morphs([fields[3] for fields in words])
    gold.set_lemmas([LEMMAS.get(fields[0], fields[0].lower()) for fields in words])
    gold.set_heads(*_tree([len(row) for row in rows]))
    gold.set_sent_starts([1 if i == 0 else -1 for row in rows for i in range(len(row))])
    ents = _spans([fields[4] for fields in words])
    gold.set_ents(ents)
    if "entity_linker" in nlp.names:
        meanings = {i: LINKS[label] for start, end, label in ents for i in range(start, end)}
        gold.set_column("ent_kb_id", [meanings.get(i, "") for i in range(len(words))])
    gold.set_spans("sc", ents)
    gold.set_cats({"people": float(label == "people"), "nature": float(label == "nature")})
    return Example(nlp.tokenizer(gold.text), gold)


def _tree(lengths: list[int]) -> tuple[list[int], list[str]]:
    """In every sentence the second word is the root, on which all others depend."""
    heads, deps = [], []
    for length in lengths:
        first = len(heads)
        heads += [first + 1] * length
        deps += ["nsubj", "ROOT", *["dep"] * (length - 2)]
    return heads, deps


def _spans(actions: list[str]) -> list[tuple[int, int, str]]:
    spans, start = [], 0
    for i, action in enumerate(actions):
        start = i if action[0] in "BU" else start
        if action[0] in "LU":
            spans.append((start, i + 1, action[2:]))
    return spans


def weights(nlp: Pipeline) -> dict[str, np.ndarray[Any, Any]]:
    """Copies of all weights, by component and name."""
    trained = [(name, c) for name, c in nlp.components if isinstance(c, TrainableComponent)]
    return {f"{name}/{key}": array.copy() for name, c in trained for key, array in c.state().arrays.items()}


def layers_of(doc: Doc) -> dict[str, Any]:
    """What a pipeline wrote onto a document, as plain values."""
    found: dict[str, Any] = {
        "tags": doc.tags,
        "pos": doc.pos_tags,
        "morphs": doc.morphs,
        "lemmas": doc.lemmas,
        "ents": [(e.start, e.end, e.label) for e in doc.ents],
    }
    found["spans"] = {key: [(s.start, s.end, s.label) for s in group] for key, group in doc.spans.items()}
    found["span scores"] = {key: np.round(doc.span_scores(key), 4).tolist() for key in doc.spans}
    return {
        **found,
        "sents": doc.sent_starts,
        "heads": doc.heads,
        "deps": doc.deps,
        "cats": {k: round(v, 5) for k, v in doc.cats.items()},
    }
