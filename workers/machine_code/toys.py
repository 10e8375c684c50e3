# SPDX-License-Identifier: Apache-2.0
"""Small pipelines of every kind of component, whose loops are called with the types that real ones have.

Sizes do not matter: a loop is compiled for the types of its arguments. What does: which arrays there are
(with and without upper layer, two or three pieces, vectors of their own or shared), and whether they came
from a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import engine
from engine import Config, Pipeline

Section = dict[str, Any]

_RULES = [
    {"label": "PER", "pattern": [{"LOWER": "ada"}, {"IS_TITLE": True, "OP": "+"}]},
    {"label": "LOC", "pattern": "New York City", "id": "nyc"},
]

_INITIALIZE: dict[str, Section] = {
    "lemmatizer": {"lookups": {"lemma_lookup": {"met": "meet"}}},
    "attribute_ruler": {"patterns": [{"patterns": [[{"LOWER": "they"}]], "attrs": {"TAG": "PRP"}}]},
    **{name: {"patterns": _RULES} for name in ("entity_ruler", "span_ruler")},
}

_RULERS = ("sentencizer", "lemmatizer", *(name for name in _INITIALIZE if name != "lemmatizer"))


def toy_pipelines() -> Iterator[Pipeline]:
    """Pipelines that are built and not yet initialized."""
    heads = ("tagger", "morphologizer", "senter", "parser", "ner", "trainable_lemmatizer")
    others = ("textcat", "textcat_multilabel", "spancat", "spancat_singlelabel")
    for width, pieces, window, upper in ((96, 3, 1, True), (16, 3, 1, True), (24, 2, 2, False)):
        encoder = _encoder(width, pieces, window)
        yield _build(
            {"tok2vec": {"factory": "tok2vec", "model": encoder}} | _heads(heads, _listener(width), upper)
        )
    for name in (*heads, *others):
        yield _build(_heads((name,), _encoder(32, 3, 1), True))
    modes = {"lemmatizer": {"mode": "lookup"}}
    yield _build({name: {"factory": name, **modes.get(name, {})} for name in _RULERS})


def _build(sections: Mapping[str, Section]) -> Pipeline:
    start = {name: _INITIALIZE[name] for name in sections if name in _INITIALIZE}
    config = {"nlp": {"lang": "en", "pipeline": list(sections)}, "components": dict(sections)}
    return engine.build(
        engine.fill_config(Config(config | ({"initialize": {"components": start}} if start else {})))
    )


def _heads(names: tuple[str, ...], tok2vec: Section, upper: bool) -> dict[str, Section]:
    rare = {"parser": {"min_action_freq": 1}, "trainable_lemmatizer": {"min_tree_freq": 1}}
    return {
        name: {"factory": name, "model": _model(name, tok2vec, upper), **rare.get(name, {})} for name in names
    }


def _model(name: str, tok2vec: Section, upper: bool) -> Section:
    if name in ("ner", "parser"):
        return {
            "@architectures": "freshet.TransitionBasedParser.v1",
            "state_type": name,
            "extra_state_tokens": not upper,
            "hidden_width": 64,
            "maxout_pieces": 2,
            "use_upper": upper,
            "nO": None,
            "tok2vec": tok2vec,
        }
    if name.startswith("textcat"):
        words = {
            "@architectures": "freshet.TextCatBOW.v2",
            "exclusive_classes": name == "textcat",
            "nO": None,
        }
        words |= {"ngram_size": 2, "no_output_layer": False, "length": 512}
        return {
            "@architectures": "freshet.TextCatEnsemble.v1",
            "nO": None,
            "tok2vec": tok2vec,
            "linear_model": words,
        }
    if name.startswith("spancat"):
        scorer = {"@layers": "freshet.LinearLogistic.v1" if name == "spancat" else "Softmax.v2"}
        return {
            "@architectures": "freshet.SpanCategorizer.v1",
            "tok2vec": tok2vec,
            "reducer": {"@layers": "freshet.mean_max_reducer.v1", "hidden_size": 12},
            "scorer": scorer,
        }
    return {"@architectures": "freshet.Tagger.v1", "nO": None, "normalize": False, "tok2vec": tok2vec}


def _listener(width: int) -> Section:
    return {
        "@architectures": "freshet.Tok2VecListener.v1",
        "width": width,
        "upstream": "*",
        "grad_factor": 1.0,
    }


def _encoder(width: int, pieces: int, window: int) -> Section:
    return {
        "@architectures": "freshet.Tok2Vec.v1",
        "embed": {
            "@architectures": "freshet.MultiHashEmbed.v1",
            "width": width,
            "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
            "rows": [200, 50, 100, 50],
            "include_static_vectors": False,
        },
        "encode": {
            "@architectures": "freshet.MaxoutWindowEncoder.v1",
            "width": width,
            "window_size": window,
            "maxout_pieces": pieces,
            "depth": 2,
        },
    }
