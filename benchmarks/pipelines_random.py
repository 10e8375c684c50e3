# SPDX-License-Identifier: Apache-2.0
"""Random pipelines as recipes of plain values: what `benchmarks.pipelines_spacy` makes and trains, and texts
to annotate."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .texts import grouped, sentences

Config = dict[str, Any]

LANGS = [
    *["en"] * 8,
    *["xx"] * 3,
    *["de", "fr", "es"] * 2,
    "it",
    "nl",
    "pt",
    "sv",
    "pl",
    "ru",
    "da",
    "fi",
    "el",
    "tr",
    "hu",
    "ar",
    "he",
]
LANGS += [
    "ca",
    "ro",
    "bn",
    "fa",
    "uk",
    "ga",
    "id",
    "nb",
    "hr",
    "lt",
    "cs",
    "sl",
    "et",
    "af",
    "la",
    "eu",
    "ur",
    "hy",
    "ta",
]
ATTRS = [
    "NORM",
    "PREFIX",
    "SUFFIX",
    "SHAPE",
    "LOWER",
    "ORTH",
    "LENGTH",
    "SPACY",
    "IS_ALPHA",
    "IS_DIGIT",
    "IS_PUNCT",
    "IS_TITLE",
    "IS_SPACE",
]
ATTRS += [
    "IS_UPPER",
    "LIKE_URL",
    "LIKE_EMAIL",
    "IS_BRACKET",
    "IS_QUOTE",
    "IS_CURRENCY",
    "IS_ASCII",
    "IS_LOWER",
]
LANGUAGE_ATTRS = ["LIKE_NUM", "IS_STOP"]
"""Attributes that are code of a language, not saved; Freshet has those of `en` and of languages of which
nothing is known."""

FILTERS = [
    {"@misc": f"spacy.{name}.v1"} for name in ("first_longest_spans_filter", "prioritize_new_ents_filter")
]
LABELS = ["PER", "ORG", "LOC"]
ODD = [
    "",
    " ",
    "  ",
    "\n",
    "\n\n \t",
    "a",
    ".",
    "...",
    "He's late. It's cold; I can't, won't, shouldn't've.",
    "\xa0non\xa0breaking\u3000wide ",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 emoji\ufe0f :-) :) <3 \u2764\ufe0f",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645\u060c 12\u066b5%",
    "e\u0301cole nai\u0308ve \u0130stanbul STRA\xdfE \u01c5 \ufb01n",
    "x" * 150 + " " + "ab1-" * 40,
    "http://a.b-c.org/x?y=1&z=(2),www.q.de; me@x.co.uk.",
    "L'avion n'est-il pas l\xe0\xa0? Aujourd'hui, c'est-\xe0-dire qu'il y a 3,5\xa0km (p. ex.) \xabbien\xbb.",
    "Das ist z.B. der 3. Okt. 2020, d.h. \u201eGr\xfc\xdfe\u201c f\xfcr 5\xa0\u20ac u.s.w.",
    "\xbfQu\xe9 pasa, Sr. D\xedaz? \xa1No s\xe9! EE.UU. del a.C. 1.000,50",
    (
        "\u4f60\u597d\u4e16\u754c\u3002"
        "\u4eca\u65e5\u306f\u3001\u5143\u6c17\uff1f\ud55c\uad6d\uc5b4 \ud14d\uc2a4\ud2b8."
    ),
    "Tab\tseparated\r\nlines\r\n\r\n  and   runs \x0b\x0c of\u2028space\x85.",
    "U.S. gov't: $1,000.00/yr -- 50% off!!! (see [1], {2}) #tag @user A&B C++ and/or re-do 10km/h 9a.m.",
    "root number agent PERSON DATE _ X mark",
    (
        "\u041c\u043e\u0441\u043a\u0432\u0430, 5 \u0433. \u043d\u0430\u0437\u0430\u0434 "
        "\u043d\u0435 \u0431\u044b"
        "\u043b\u0430. \u0394\u03b5\u03bd \u03be\u03ad\u03c1\u03c9\xb7 \u03ba.\u03bb\u03c0."
    ),
    "\x00nul\x7f \u200bzero\u200b-\ufeffwidth",
    "l'uomo dell'arte all'80% Sant'Agata, un po' pi\xf9; c'\xe8. D'\xe9l\xe8ve \u2019s \u2019t "
    "is 'twas o'clock",
    "\u0939\u0948\u0964 \u0926\u094b \u0935\u093e\u0915\u094d\u092f\u0964 "
    "\u09ac\u09be\u0982\u09b2\u09be\u0964",
]


def texts_of(data: Path, rng: random.Random, n: int) -> list[str]:
    """Odd texts, and `n` more of several corpora, short and long."""
    own = sentences(data, "dev")
    pools = [
        own,
        grouped(own),
        _lines(data / "docs_issues/dev.jsonl"),
        _lines(data / "cooking_multilabel/dev.jsonl"),
    ]
    pools += [_lines(data / "fashion_brands/dev.jsonl"), _tweets(data / "wnut17/dev.conllu")]
    return [*ODD, *(rng.choice(pool)[:1200] for pool in rng.choices(pools, k=n))]


def _lines(path: Path) -> list[str]:
    with path.open(encoding="utf8") as lines:
        return [json.loads(line)["text"] for line in lines]


def _tweets(path: Path) -> list[str]:
    with path.open(encoding="utf8") as lines:
        return [line.partition("=")[2].strip() for line in lines if line.startswith("# text =")]


def recipe(seed: int) -> Config:
    """A pipeline: language, vectors, components in order, steps of training."""
    return _Drawn(random.Random(f"pipeline {seed}"), seed).recipe()


class _Drawn:
    """One draw: the random state, and what was decided for the whole pipeline."""

    def __init__(self, rng: random.Random, seed: int) -> None:
        self.rng, self.seed = rng, seed
        self.lang = rng.choice(LANGS)
        self.vectors = rng.choice([None, None, "default", "floret"])
        self.shared: dict[str, int] = {}

    def recipe(self) -> Config:
        rng = self.rng
        components = list(self.components())
        names = [name for name, factory, _ in components if factory != "tok2vec"]
        return {
            "seed": self.seed,
            "lang": self.lang,
            "own_rules": rng.random() < 0.15,
            "lexeme_norm": rng.random() < 0.2,
            "vectors": self.vectors and self._vectors(),
            "components": components,
            "steps": rng.choice([0, 0, 3, 10, 30]),
            "noise": rng.choice([0.0, 0.1, 0.3]),
            "replace_listeners": rng.random() < 0.1,
            "added_labels": rng.random() < 0.2,
            "disabled": [name for name in names if rng.random() < 0.04],
            "excluded": [name for name in names if rng.random() < 0.3],
        }

    def _vectors(self) -> Config:
        rng = self.rng
        shape = {"rows": rng.choice([5, 50, 300]), "width": rng.choice([3, 8, 50])}
        if self.vectors == "default":
            return {"mode": "default", "attr": rng.choice(["ORTH", "ORTH", "LOWER", "NORM"]), **shape}
        minn = rng.randint(1, 4)
        marks = rng.choice([("<", ">"), ("^", "$"), ("", ""), ("\u00ab", "\u00bb")])
        settings = {
            "minn": minn,
            "maxn": minn + rng.randint(0, 3),
            "hash_count": rng.randint(1, 4),
            "hash_seed": rng.randint(0, 2**32 - 1),
        }
        return {
            "mode": "floret",
            "attr": rng.choice(["ORTH", "LOWER"]),
            "bow": marks[0],
            "eow": marks[1],
            **settings,
            **shape,
        }

    # --- vectors of tokens

    def tok2vec(self) -> Config:
        rng = self.rng
        width = rng.choice([4, 7, 12, 16, 24, 32, 64, 96])
        pieces, depth, window = (
            rng.choice([1, 2, 3, 3, 4]),
            rng.choice([1, 2, 3, 4, 6]),
            rng.choice([1, 1, 1, 2, 3]),
        )
        if rng.random() < 0.2:
            sizes = {
                "embed_size": rng.choice([7, 50, 500]),
                "window_size": window,
                "maxout_pieces": pieces,
                "depth": depth,
            }
            static = {"pretrained_vectors": True if self.vectors and rng.random() < 0.5 else None}
            name = (
                "spacy.HashEmbedCNN.v1"
                if rng.random() < 0.2 and self.vectors != "floret"
                else "spacy.HashEmbedCNN.v2"
            )
            return {
                "@architectures": name,
                "width": width,
                "subword_features": rng.random() < 0.6,
                **sizes,
                **static,
            }
        encode: Config = {"@architectures": "spacy.MaxoutWindowEncoder.v2", "maxout_pieces": pieces}
        if rng.random() < 0.15:
            encode = {"@architectures": "spacy.MishWindowEncoder.v2"}
        encode |= {"width": width, "depth": depth, "window_size": window}
        made = {"@architectures": "spacy.Tok2Vec.v2", "embed": self.embed(width), "encode": encode}
        return _older(made) if rng.random() < 0.1 and self.vectors != "floret" else made

    def embed(self, width: int) -> Config:
        rng = self.rng
        static = self.vectors is not None and rng.random() < 0.6
        if rng.random() < 0.25:
            sizes = {
                "rows": rng.choice([5, 100, 1000]),
                "nM": rng.choice([2, 8, 64]),
                "nC": rng.choice([1, 4, 8]),
            }
            feature = rng.choice(["LOWER", "NORM", "ORTH", "SHAPE"])
            return {
                "@architectures": "spacy.CharacterEmbed.v2",
                "width": width,
                **sizes,
                "include_static_vectors": static,
                "feature": feature,
            }
        known = [*ATTRS, *(LANGUAGE_ATTRS if self.lang in ("en", "xx") else [])]
        known += ["TAG", "POS", "MORPH", "LEMMA", "DEP", "ENT_TYPE", "ENT_IOB"] if rng.random() < 0.2 else []
        attrs = rng.choice(
            [
                ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
                ["ORTH", "SHAPE"],
                rng.sample(known, rng.randint(1, 6)),
                ["NORM", "SPACY"],
            ]
        )
        rows = [rng.choice([3, 40, 200, 1000, 5000]) for _ in attrs]
        settings: Config = {"width": width, "attrs": attrs, "rows": rows, "include_static_vectors": static}
        return {"@architectures": "spacy.MultiHashEmbed.v2", **settings}

    def inner(self, *, spans: bool = False) -> Config:
        """Shared vectors, if there are any, or vectors of its own."""
        if self.shared and self.rng.random() < 0.65:
            name = self.rng.choice([*self.shared, "*"])
            width = self.shared[name] if name != "*" else list(self.shared.values())[-1]
            return {"@architectures": "spacy.Tok2VecListener.v1", "width": width, "upstream": name}
        return self.tok2vec()

    # --- heads

    def tagger(self) -> Config:
        name = self.rng.choice(["spacy.Tagger.v2", "spacy.Tagger.v2", "spacy.Tagger.v1"])
        normalize = {} if name.endswith("v1") else {"normalize": self.rng.random() < 0.3}
        return {"@architectures": name, "nO": None, "tok2vec": self.inner(), **normalize}

    def transitions(self, state_type: str) -> Config:
        rng = self.rng
        sizes = {"hidden_width": rng.choice([1, 5, 16, 32, 64]), "maxout_pieces": rng.choice([1, 2, 2, 3])}
        more = {"extra_state_tokens": rng.random() < 0.4, "use_upper": rng.random() < 0.7}
        name = rng.choice(["spacy.TransitionBasedParser.v2"] * 5 + ["spacy.TransitionBasedParser.v1"])
        return {
            "@architectures": name,
            "state_type": state_type,
            "nO": None,
            "tok2vec": self.inner(),
            **sizes,
            **more,
        }

    def bag(self, exclusive: bool, *, no_output: bool = False) -> Config:
        rng = self.rng
        settings = {
            "exclusive_classes": exclusive,
            "ngram_size": rng.randint(1, 4),
            "no_output_layer": no_output,
            "nO": None,
        }
        version = rng.choice(["v1", "v2", "v3", "v3"])
        size = {"length": rng.choice([1, 100, 262144, 5000])} if version == "v3" else {}
        return {"@architectures": f"spacy.TextCatBOW.{version}", **settings, **size}

    def textcat(self, exclusive: bool) -> Config:
        rng = self.rng
        kind = rng.choice(["bag", "ensemble", "cnn", "reduce", "attention"])
        head: Config = {"exclusive_classes": exclusive, "nO": None}
        if kind == "bag":
            return self.bag(exclusive, no_output=rng.random() < 0.2)
        if kind == "ensemble":
            linear = self.bag(exclusive, no_output=rng.random() < 0.2)
            return {
                "@architectures": "spacy.TextCatEnsemble.v2",
                "nO": None,
                "tok2vec": self.inner(),
                "linear_model": linear,
            }
        if kind == "cnn":
            return {
                "@architectures": f"spacy.TextCatCNN.{rng.choice(['v1', 'v2'])}",
                "tok2vec": self.inner(),
                **head,
            }
        if kind == "attention":
            return {"@architectures": "spacy.TextCatParametricAttention.v1", "tok2vec": self.inner(), **head}
        pools = {f"use_reduce_{how}": rng.random() < 0.5 for how in ("first", "last", "max", "mean")}
        pools["use_reduce_mean"] |= not any(pools.values())
        return {"@architectures": "spacy.TextCatReduce.v1", "tok2vec": self.inner(), **head, **pools}

    def spancat(self, *, single: bool, taken: list[str]) -> Config:
        rng = self.rng
        key = rng.choice([key for key in ("sc", "one", "a b") if key not in taken])
        logistic = {"@layers": "spacy.LinearLogistic.v1", "nO": None, "nI": None}
        softmax = {"@layers": "Softmax.v2", "nO": None, "nI": None}
        suggester = rng.choice(
            [
                {
                    "@misc": "spacy.ngram_suggester.v1",
                    "sizes": rng.sample([1, 2, 3, 4, 7], rng.randint(1, 3)),
                },
                {
                    "@misc": "spacy.ngram_range_suggester.v1",
                    "min_size": rng.randint(1, 2),
                    "max_size": rng.randint(2, 5),
                },
                *(
                    [{"@misc": "spacy.preset_spans_suggester.v1", "spans_key": rng.choice(taken)}]
                    if taken
                    else []
                ),
            ]
        )
        model = {
            "@architectures": "spacy.SpanCategorizer.v1",
            "tok2vec": self.inner(),
            "reducer": {"@layers": "spacy.mean_max_reducer.v1", "hidden_size": rng.choice([5, 10, 64])},
            "scorer": softmax if single else rng.choice([logistic, logistic, softmax]),
        }
        taken.append(key)
        settings: Config = {"model": model, "suggester": suggester, "spans_key": key}
        if single:
            return {
                **settings,
                "negative_weight": rng.choice([1.0, 0.3]),
                "allow_overlap": rng.random() < 0.5,
            }
        return {
            **settings,
            "threshold": rng.choice([0.5, 0.3, 0.1, 0.8]),
            "max_positive": rng.choice([None, None, 1, 2]),
        }

    def ruler(self) -> list[Config]:
        rng = self.rng
        phrases = [
            "New York",
            "the",
            "U.S.",
            "United States",
            "Bush",
            "Al Qaeda",
            "cos",
            "I",
            "can't",
            "!",
            "is a",
        ]
        number = {"LIKE_NUM": True} if self.lang in ("en", "xx") else {"IS_DIGIT": True}
        tokens: list[Any] = [
            {"LOWER": "the"},
            {"IS_TITLE": True},
            number,
            {"ORTH": {"REGEX": "^[A-Z]"}},
            {"IS_PUNCT": True, "OP": "+"},
        ]
        tokens += [{"TEXT": {"FUZZY": "their"}}, {"LENGTH": {">=": 8}}, {"SHAPE": "Xxxxx", "OP": "{1,2}"}, {}]
        out: list[Config] = []
        for _ in range(rng.randint(1, 12)):
            pattern = (
                rng.choice(phrases)
                if rng.random() < 0.5
                else [rng.choice(tokens[:4]), *rng.choices(tokens, k=rng.randint(0, 2))]
            )
            out.append(
                {"label": rng.choice([*LABELS, "MISC"]), "pattern": pattern}
                | ({"id": "q"} if rng.random() < 0.3 else {})
            )
        return out

    def rules(self) -> list[Config]:
        rng = self.rng
        out = []
        for _ in range(rng.randint(1, 6)):
            pattern = rng.choice(
                [
                    [{"LOWER": "the"}],
                    [{"IS_TITLE": True}, {"IS_ALPHA": True}],
                    [{"IS_SPACE": True}],
                    [{"TAG": "NN"}],
                    [{"POS": "X"}],
                ]
            )
            attrs = rng.sample(
                [("TAG", "ZZ"), ("POS", "X"), ("MORPH", "A=b|C=d"), ("LEMMA", "lemma"), ("NORM", "normal")],
                rng.randint(1, 3),
            )
            out.append({"patterns": [pattern], "attrs": dict(attrs), "index": rng.choice([0, -1])})
        return out

    def components(self) -> Iterator[tuple[str, str, Config]]:
        """Components in an order that may occur."""
        rng = self.rng
        vectors = rng.choice([[], ["tok2vec"], ["tok2vec"], ["tok2vec", "second"]])
        keys: list[str] = []
        wanted = [factory for factory, share in SHARES.items() if rng.random() < share]
        if rng.random() < 0.3:
            rng.shuffle(wanted)
        later = rng.randint(0, len(wanted))
        for i, factory in enumerate(wanted or ["tagger"]):
            for name in (
                vectors
                if i == 0 and not later
                else vectors[:1]
                if i == 0
                else vectors[1:]
                if i == later
                else []
            ):
                yield name, "tok2vec", {"model": self.embedding(name)}
            yield from self.component(factory, keys)
        for factory in ("merge_entities", "merge_noun_chunks", "merge_subtokens", "doc_cleaner"):
            possible = {"merge_noun_chunks": self.lang == "en", "merge_subtokens": "parser" in wanted}.get(
                factory, True
            )
            if rng.random() < 0.1 and possible:
                yield factory, factory, {}

    def embedding(self, name: str) -> Config:
        """Shared vectors, often as wide as the ones before."""
        model = self.tok2vec()
        block = model if "width" in model else model["encode"]
        if self.shared and self.rng.random() < 0.6:
            block["width"] = list(self.shared.values())[-1]
            model.get("embed", block)["width"] = block["width"]
        self.shared[name] = block["width"]
        return model

    def component(self, factory: str, keys: list[str]) -> Iterator[tuple[str, str, Any]]:
        """One of a kind, now and then two."""
        rng = self.rng
        twice = (
            factory != "parser" and rng.random() < 0.08
        )  # of two parsers spaCy makes one tree that may be none
        for name in [factory, *([f"{factory}_2"] if twice else [])]:
            yield name, factory, self.settings(factory, keys)

    def settings(self, factory: str, keys: list[str]) -> Config:
        rng = self.rng
        if factory in ("tagger", "senter"):
            return {"model": self.tagger(), "overwrite": rng.random() < 0.4}
        if factory == "morphologizer":
            return {"model": self.tagger(), "overwrite": rng.random() < 0.5, "extend": rng.random() < 0.3}
        if factory == "trainable_lemmatizer":
            settings = {
                "min_tree_freq": rng.randint(1, 3),
                "top_k": rng.randint(1, 4),
                "overwrite": rng.random() < 0.5,
            }
            return {
                "model": self.tagger(),
                "backoff": rng.choice(["orth", "orth", None, "lower", "norm"]),
                **settings,
            }
        if factory == "parser":
            settings = {"learn_tokens": rng.random() < 0.25, "min_action_freq": rng.choice([1, 5, 30])}
            return {"model": self.transitions("parser"), "update_with_oracle_cut_size": 100, **settings}
        if factory == "ner":
            return {"model": self.transitions("ner"), "incorrect_spans_key": None}
        if factory in ("textcat", "textcat_multilabel"):
            return {"model": self.textcat(factory == "textcat"), "threshold": rng.choice([0.0, 0.5])}
        if factory in ("spancat", "spancat_singlelabel"):
            return self.spancat(single=factory != "spancat", taken=keys)
        if factory == "sentencizer":
            return {
                "overwrite": rng.random() < 0.4,
                "punct_chars": rng.choice([None, None, [".", "!"], ["\n", "?"]]),
            }
        if factory == "lemmatizer":
            return {
                "mode": rng.choice(["lookup", "rule"] if self.lang == "en" else ["lookup"]),
                "overwrite": rng.random() < 0.5,
            }
        if factory in ("entity_ruler", "future_entity_ruler"):
            settings = {
                "phrase_matcher_attr": rng.choice([None, "LOWER", "NORM"]),
                "overwrite_ents": rng.random() < 0.4,
            }
            return {**settings, "ent_id_sep": "||", "patterns": self.ruler()}
        if factory == "span_ruler":
            filters = {"spans_filter": rng.choice([None, *FILTERS]), "ents_filter": rng.choice(FILTERS)}
            settings = {
                "annotate_ents": rng.random() < 0.4,
                "overwrite": rng.random() < 0.5,
                "spans_key": rng.choice(["ruler", None, "sc"]),
            }
            return {**settings, **filters, "patterns": self.ruler()}
        assert factory == "attribute_ruler"
        return {"patterns": self.rules()}


def _older(block: Config) -> Config:
    """The same by the names of an older version."""
    out = {key: _older(value) if isinstance(value, dict) else value for key, value in block.items()}
    return {
        key: value.replace(".v2", ".v1") if key == "@architectures" else value for key, value in out.items()
    }


SHARES = {
    "entity_ruler": 0.1,
    "sentencizer": 0.15,
    "senter": 0.2,
    "tagger": 0.5,
    "morphologizer": 0.4,
    "parser": 0.5,
    "attribute_ruler": 0.2,
    "lemmatizer": 0.15,
    "trainable_lemmatizer": 0.25,
    "ner": 0.5,
    "span_ruler": 0.15,
    "spancat": 0.3,
    "spancat_singlelabel": 0.2,
    "future_entity_ruler": 0.07,
    "textcat": 0.35,
    "textcat_multilabel": 0.3,
}
"""Factory -> the share of pipelines that have it, in the usual order."""
