# SPDX-License-Identifier: Apache-2.0
"""Makes the small pipelines of `golden/` and what spaCy says with them; run with an interpreter that has
spaCy 3.8.

Weights are random, tokenizer rules are our own: nothing in these folders comes from spaCy but their form.
`python make_golden.py` writes the folders anew (with names: only these), which changes the weights only if
NumPy's generator does.
"""

from __future__ import annotations

import json
import random
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from spacy.kb import InMemoryLookupKB
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vectors import Vectors

GOLDEN = Path(__file__).parent / "golden"
TEXTS = [
    "Water rises in the delta, said Ada Lovelace on Monday.",
    'They\'re gonna ask: "Why did the U.S. office (in Kigali) pay $5?"',
    "Nobody knew.  Two spaces,\n\na new line - and root number 12.50 here!",
    "\u00c9l\u00e8ve na\u00efve \u2013 caf\u00e9, \u4f60\u597d \u2026 \U0001f600 cos colour",
    " leading blank, trailing blank ",
    "a",
    "He's late. It's cold. I can't see the Rhine, the Nile or the Amazon from here, and nobody "
    "at Acme Corp. can either.",
]
ENTITIES = ("PER", "LOC", "ORG")
CATEGORIES = ("news", "sport", "other")

Config = dict[str, Any]


def tok2vec(
    width: int = 12,
    attrs: tuple[str, ...] = ("NORM", "PREFIX", "SUFFIX", "SHAPE"),
    *,
    static: bool = False,
    **encode: Any,
) -> Config:
    """Hash embedding and CNN."""
    embed = {
        "width": width,
        "attrs": list(attrs),
        "rows": [24] * len(attrs),
        "include_static_vectors": static,
    }
    settings = {"width": width, "depth": 2, "window_size": 1, "maxout_pieces": 3} | encode
    return {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {"@architectures": "spacy.MultiHashEmbed.v2", **embed},
        "encode": {"@architectures": "spacy.MaxoutWindowEncoder.v2", **settings},
    }


def mish(vectors: Config) -> Config:
    """The same with an encoder of one Mish layer."""
    return vectors | {
        "encode": {"@architectures": "spacy.MishWindowEncoder.v2", "width": 8, "depth": 1, "window_size": 1}
    }


def older(value: Any) -> Any:
    """The same by names of an older version."""
    if isinstance(value, dict):
        return {key: older(item) for key, item in value.items()}
    return value.replace(".v2", ".v1") if isinstance(value, str) and value.startswith("spacy.") else value


def listener(width: int = 12) -> Config:
    """The shared vectors."""
    return {"@architectures": "spacy.Tok2VecListener.v1", "width": width, "upstream": "*"}


def tagger(vectors: Config) -> Config:
    """One class per token."""
    return {"@architectures": "spacy.Tagger.v2", "nO": None, "normalize": False, "tok2vec": vectors}


def entities(vectors: Config, state_type: str = "ner", **settings: Any) -> Config:
    """A transition model."""
    values = {
        "extra_state_tokens": False,
        "hidden_width": 10,
        "maxout_pieces": 2,
        "use_upper": True,
    } | settings
    return {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": state_type,
        "nO": None,
        "tok2vec": vectors,
        **values,
    }


def words(*, exclusive: bool) -> Config:
    """Counted words."""
    settings = {
        "exclusive_classes": exclusive,
        "ngram_size": 2,
        "no_output_layer": False,
        "length": 64,
        "nO": None,
    }
    return {"@architectures": "spacy.TextCatBOW.v3", **settings}


def characters() -> Config:
    """First and last bytes of words beside static vectors."""
    embed = {"width": 12, "rows": 24, "nM": 4, "nC": 6, "include_static_vectors": True, "feature": "LOWER"}
    return tok2vec() | {"embed": {"@architectures": "spacy.CharacterEmbed.v2", **embed}}


ENSEMBLE = {
    "@architectures": "spacy.TextCatEnsemble.v2",
    "nO": None,
    "tok2vec": listener(),
    "linear_model": words(exclusive=True),
}
ATTENTION = {
    "@architectures": "spacy.TextCatParametricAttention.v1",
    "exclusive_classes": False,
    "nO": None,
    "tok2vec": listener(),
}
POOLS = {f"use_reduce_{how}": True for how in ("first", "last", "max", "mean")}
REDUCE = {
    "@architectures": "spacy.TextCatReduce.v1",
    "exclusive_classes": True,
    "nO": None,
    "tok2vec": listener(),
    **POOLS,
}

LOGISTIC = {"@layers": "spacy.LinearLogistic.v1", "nO": None, "nI": None}


def spans(vectors: Config, scorer: Config) -> Config:
    """A span categorizer."""
    reducer = {"@layers": "spacy.mean_max_reducer.v1", "hidden_size": 10}
    return {
        "@architectures": "spacy.SpanCategorizer.v1",
        "tok2vec": vectors,
        "reducer": reducer,
        "scorer": scorer,
    }


def linker(vectors: Config, version: int = 2) -> Config:
    """An entity linker."""
    return {"@architectures": f"spacy.EntityLinker.v{version}", "nO": None, "tok2vec": vectors}


def finder(vectors: Config) -> Config:
    """A span finder."""
    return {"@architectures": "spacy.SpanFinder.v1", "tok2vec": vectors, "scorer": LOGISTIC | {"nO": 2}}


PIPELINES: dict[str, list[tuple[str, str, Config]]] = {
    "heads": [
        ("tok2vec", "tok2vec", {"model": tok2vec()}),
        ("tagger", "tagger", {"model": tagger(listener())}),
        ("morphologizer", "morphologizer", {"model": tagger(listener()), "overwrite": False}),
        ("dots", "sentencizer", {"punct_chars": [".", "!"]}),
        ("ner", "ner", {"model": entities(listener())}),
    ],
    "own_vectors": [
        (
            "senter",
            "senter",
            {"model": tagger(tok2vec(8, ("LOWER", "LENGTH", "IS_ALPHA"), depth=1, window_size=2))},
        ),
        ("tagger", "tagger", {"model": tagger(tok2vec(8, ("NORM", "SPACY", "IS_SPACE"), maxout_pieces=2))}),
        ("ner", "ner", {"model": entities(tok2vec(), extra_state_tokens=True, maxout_pieces=1)}),
        ("ner2", "ner", {"model": entities(tok2vec(8), use_upper=False, maxout_pieces=3)}),
    ],
    "parser": [
        ("tok2vec", "tok2vec", {"model": tok2vec()}),
        ("parser", "parser", {"model": entities(listener(), "parser"), "min_action_freq": 1}),
        ("ner", "ner", {"model": entities(listener(), hidden_width=8)}),
    ],
    "parser_wide": [
        (
            "parser",
            "parser",
            {
                "model": entities(tok2vec(), "parser", extra_state_tokens=True, use_upper=False),
                "min_action_freq": 1,
            },
        ),
    ],
    "static": [
        ("tok2vec", "tok2vec", {"model": tok2vec(static=True)}),
        ("tagger", "tagger", {"model": tagger(listener())}),
        ("second", "tok2vec", {"model": characters()}),
        ("senter", "senter", {"model": tagger(listener() | {"upstream": "second"})}),
    ],
    "floret": [
        ("tok2vec", "tok2vec", {"model": tok2vec(static=True)}),
        ("tagger", "tagger", {"model": tagger(listener())}),
    ],
    "windows": [
        ("tok2vec", "tok2vec", {"model": tok2vec(8)}),
        ("second", "tok2vec", {"model": mish(tok2vec(8))}),
        ("tagger", "tagger", {"model": tagger(listener(8) | {"upstream": "tok2vec"})}),
        ("senter", "senter", {"model": tagger(older(tok2vec(8)))}),
        ("morphologizer", "morphologizer", {"model": tagger(listener(8)), "overwrite": False}),
        ("morphologizer2", "morphologizer", {"model": tagger(mish(tok2vec(8))), "overwrite": False}),
    ],
    "lemmas": [
        ("morphologizer", "morphologizer", {"model": tagger(tok2vec())}),
        ("words", "lemmatizer", {"mode": "lookup"}),
        (
            "trees",
            "trainable_lemmatizer",
            {"model": tagger(tok2vec()), "min_tree_freq": 1, "overwrite": True, "backoff": None, "top_k": 3},
        ),
        ("rules", "lemmatizer", {"mode": "rule", "overwrite": False}),
    ],
    "spans": [
        ("tok2vec", "tok2vec", {"model": tok2vec()}),
        ("spancat", "spancat", {"model": spans(listener(), LOGISTIC), "threshold": 0.6, "max_positive": 2}),
        (
            "single",
            "spancat_singlelabel",
            {
                "model": spans(tok2vec(), {"@layers": "Softmax.v2"}),
                "spans_key": "one",
                "allow_overlap": False,
                "suggester": {"@misc": "spacy.ngram_range_suggester.v1", "min_size": 1, "max_size": 4},
            },
        ),
    ],
    "merged": [
        ("tok2vec", "tok2vec", {"model": tok2vec()}),
        (
            "parser",
            "parser",
            {"model": entities(listener(), "parser"), "min_action_freq": 1, "learn_tokens": True},
        ),
        ("ner", "ner", {"model": entities(listener(), hidden_width=8)}),
        ("merge_entities", "merge_entities", {}),
        ("doc_cleaner", "doc_cleaner", {}),
    ],
    "cats": [
        ("tok2vec", "tok2vec", {"model": tok2vec()}),
        ("textcat", "textcat", {"model": ENSEMBLE}),
        ("textcat_multilabel", "textcat_multilabel", {"model": ATTENTION}),
    ],
    "beams": [
        ("tok2vec", "tok2vec", {"model": tok2vec()}),
        ("parser", "beam_parser", {"model": entities(listener(), "parser"), "min_action_freq": 1}),
        ("ner", "beam_ner", {"model": entities(listener()), "beam_width": 6, "beam_density": 0.001}),
    ],
    "linked": [
        ("dots", "sentencizer", {"punct_chars": [".", "?"]}),
        ("ner", "ner", {"model": entities(tok2vec(8))}),
        (
            "linker",
            "entity_linker",
            {"model": linker(tok2vec(8)), "n_sents": 1, "threshold": 0.2},
        ),
        ("finder", "span_finder", {"model": finder(tok2vec(8)), "max_length": 4, "min_length": 2}),
    ],
    "pooled": [
        ("tok2vec", "tok2vec", {"model": tok2vec()}),
        ("textcat", "textcat", {"model": REDUCE}),
        ("words", "textcat_multilabel", {"model": words(exclusive=False)}),
    ],
}


def main() -> None:
    """Write all folders."""
    for name, components in PIPELINES.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        rng = np.random.RandomState(sum(map(ord, name)))
        nlp = made(name, components, rng)
        texts = [text for text in TEXTS if len(text) > 2 or not name.startswith(("cats", "pooled"))]
        GOLDEN.mkdir(exist_ok=True)
        nlp.to_disk(GOLDEN / name)
        meta = json.loads((GOLDEN / name / "meta.json").read_text())
        (GOLDEN / name / "meta.json").write_text(
            json.dumps({key: meta[key] for key in ("lang", "name", "version", "spacy_version")}, indent=1)
        )
        nlp = spacy.load(GOLDEN / name)
        docs = [
            {
                **doc.to_json(),
                "norms": [token.norm_ for token in doc],
                "cats": doc.cats,
                **scores(doc),
                **links(nlp, doc),
            }
            for doc in map(nlp, texts)
        ]
        lines = [json.dumps(doc, ensure_ascii=False) for doc in docs]
        (GOLDEN / name / "expected.jsonl").write_text("\n".join(lines) + "\n", encoding="utf8")
        own = sorted(
            {token.text for text in TEXTS for token in nlp.make_doc(text)} | {*ENTITIES, *CATEGORIES}
        )
        if name == "lemmas":
            own = sorted(
                {
                    *own,
                    *(
                        text
                        for text in nlp.vocab.strings
                        if any(text in known for known in (*TEXTS, *map(str.lower, TEXTS)))
                    ),
                }
            )
        (GOLDEN / name / "vocab" / "strings.json").write_text(
            json.dumps(own, ensure_ascii=False, indent=0), encoding="utf8"
        )


def links(nlp: Any, doc: Any) -> Config:
    """What entities mean, where somebody says so."""
    return {"kb_ids": [ent.kb_id_ for ent in doc.ents]} if "linker" in nlp.pipe_names else {}


def knowledge(vocab: Any) -> Any:
    """Three things that a text may mean."""
    kb = InMemoryLookupKB(vocab, entity_vector_length=5)
    vectors = np.random.RandomState(1).normal(size=(3, 5))
    kb.set_entities(["Q1", "Q2", "Q3"], [5, 6, 7], vectors.tolist())
    return kb


def name_things(nlp: Any) -> None:
    """Texts of entities, each with the things that it may mean."""
    kb, draw = nlp.get_pipe("linker").kb, random.Random(3)
    with nlp.select_pipes(enable=["dots", "ner"]):
        found = dict.fromkeys(ent.text for doc in nlp.pipe(TEXTS) for ent in doc.ents)
    for text in found:
        things = draw.sample(["Q1", "Q2", "Q3"], draw.randint(1, 3))
        kb.add_alias(text, things, [round(draw.random() / 3, 2) for _ in things])


def scores(doc: Any) -> Config:
    """How sure a model was of each span."""
    found = {
        key: group.attrs["scores"].reshape(-1).tolist()
        for key, group in doc.spans.items()
        if "scores" in group.attrs
    }
    return {"scores": found} if found else {}


def made(name: str, components: list[tuple[str, str, Config]], rng: np.random.RandomState) -> Any:
    """A pipeline with its labels and with random weights."""
    nlp = spacy.blank("xx")
    nlp.tokenizer = Tokenizer(
        nlp.vocab,
        rules={
            "They're": [{65: "They"}, {65: "'re", 67: "are"}],
            "can't": [{65: "ca", 67: "can"}, {65: "n't", 67: "not"}],
            "gonna": [{65: "gon"}, {65: "na"}],
            "U.S.": [{65: "U.S."}],
        },
        prefix_search=re.compile(r"""^[("'$]""").search,
        suffix_search=re.compile(r"""[)"',.:!?]$|'s$""").search,
        infix_finditer=re.compile(r"[-\u2013]").finditer,
    )
    if name == "heads":
        nlp.vocab.lookups.add_table("lexeme_norm", {"cos": "because", "colour": "color", "\u2026": "dots"})
    if name == "static":
        nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=rng.normal(size=(9, 6)).astype("f"))
        for i, word in enumerate(sorted({word for text in TEXTS for word in text.split()})):
            nlp.vocab.vectors.add(word, row=i % 9)
    if name == "floret":
        data = rng.normal(size=(16, 6)).astype("f")
        nlp.vocab.vectors = Vectors(
            strings=nlp.vocab.strings,
            mode="floret",
            data=data,
            minn=2,
            maxn=4,
            hash_count=2,
            hash_seed=7,
            bow="<",
            eow=">",
        )
    for component, factory, config in components:
        nlp.add_pipe(factory, name=component, config=config)
    if name == "lemmas":
        for component in ("rules", "words"):
            nlp.get_pipe(component).initialize = lambda get_examples, nlp=None, lookups=None: None
        rules, words = nlp.get_pipe("rules").lookups, nlp.get_pipe("words").lookups
        rules.add_table(
            "lemma_rules", {"noun": [["s", ""], ["ing", ""]], "verb": [["s", ""], ["w", "x"], ["e", "ing"]]}
        )
        rules.add_table("lemma_exc", {"noun": {"water": ["waters", "aqua"]}})
        rules.add_table("lemma_index", {"verb": ["rise", "knox"]})
        words.add_table("lemma_lookup", {"rises": "rise", "They": "they", "\u00c9l\u00e8ve": "eleve"})
    if name == "linked":
        nlp.get_pipe("linker").set_kb(knowledge)
    nlp.initialize(lambda: [gold(nlp.make_doc(text), i) for i, text in enumerate(TEXTS)])
    if name == "heads":
        nlp.get_pipe("ner").add_label("ZZ")
        nlp.get_pipe("ner").add_label("AA")
    if name == "parser":
        nlp.get_pipe("parser").add_label("obj||nsubj")
    for node in {
        node.id: node
        for _, pipe in nlp.pipeline
        if getattr(pipe, "model", None)
        for node in pipe.model.walk()
    }.values():
        for key in node.param_names:
            node.set_param(
                key, (node.get_param(key) + rng.normal(0, 0.3, node.get_param(key).shape)).astype("f")
            )
    if name == "linked":
        name_things(nlp)
    return nlp


def gold(doc: Any, seed: int) -> Example:
    """Layers drawn at random, for labels."""
    draw = random.Random(seed)
    reference = Doc(
        doc.vocab, words=[token.text for token in doc], spaces=[bool(token.whitespace_) for token in doc]
    )
    for i, token in enumerate(reference):
        token.tag_, token.pos_ = draw.choice(["A", "B", "C"]), draw.choice(["NOUN", "VERB"])
        token.head = reference[i - i % 7]
        token.dep_ = draw.choice(["obj", "nsubj", "det"]) if i % 7 else "ROOT"
        token.set_morph("" if i % 2 else "Number=Sing|Case=Nom")
        token.lemma_ = token.lower_[: 3 + i % 5]
    reference.set_ents(
        [
            Span(reference, i, min(i + 2, len(doc)), label=draw.choice(ENTITIES))
            for i in range(0, len(doc) - 2, 5)
        ]
    )
    for key in ("sc", "one"):
        reference.spans[key] = [
            Span(reference, i, min(i + 2, len(doc)), label=ENTITIES[i % 3]) for i in range(0, len(doc), 4)
        ]
    reference.cats = {label: float(seed % 3 == i) for i, label in enumerate(CATEGORIES)}
    return Example(doc, reference)


if __name__ == "__main__":
    main()
