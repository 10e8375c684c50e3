# SPDX-License-Identifier: Apache-2.0
"""spaCy's side of the pipelines' differential test, run by an interpreter that has spaCy 3.8:
`pipelines_spacy.py DATA FOLDER`.

Each line in is a recipe with texts; the pipeline is made, trained and saved to FOLDER, loaded anew, and
annotates the texts one by one, once with each of its two matrix products, so that what depends on the last
bit is known. Each line out is what it says.
"""

from __future__ import annotations

import json
import random
import re
import sys
import time
import traceback
import warnings
from pathlib import Path

import numpy as np
import spacy
from spacy.attrs import LOWER, NORM, ORTH
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vectors import Vectors
from thinc.api import NumpyOps, fix_random_seed

N_EXAMPLES = 60
ATTRS = {"ORTH": ORTH, "LOWER": LOWER, "NORM": NORM}


def main():
    """Answer one recipe a line."""
    warnings.simplefilter("ignore")
    data, folder = Path(sys.argv[1]), Path(sys.argv[2])
    sentences = list(gold_sentences(data))
    for line in sys.stdin:
        try:
            print(json.dumps(answer(json.loads(line), sentences, folder)), flush=True)
        except Exception:
            print(json.dumps({"failed": traceback.format_exc()[-5000:]}), flush=True)


def answer(recipe, sentences, folder):
    """Make, train, save, load, annotate."""
    fix_random_seed(recipe["seed"])
    rng = random.Random(recipe["seed"])
    made(recipe, sentences, rng).to_disk(folder)
    nlp = spacy.load(folder)
    started = time.perf_counter()
    first = [said(nlp, text) for text in recipe["texts"]]
    seconds = time.perf_counter() - started
    for _, component in nlp.pipeline:
        for node in component.model.walk() if getattr(component, "model", None) else []:
            node.ops = NumpyOps(use_blis=False)
    return {
        "docs": first,
        "again": [said(nlp, text) for text in recipe["texts"]],
        "seconds": seconds,
        "names": nlp.pipe_names,
    }


def said(nlp, text):
    """All layers of a text, or the error that it ends with."""
    try:
        return layers(nlp(text))
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}


def layers(doc):
    """All layers."""
    scores = {
        key: group.attrs["scores"].reshape(-1).tolist()
        for key, group in doc.spans.items()
        if len(group) and "scores" in group.attrs
    }
    return {
        **doc.to_json(),
        "cats": doc.cats,
        "norms": [token.norm_ for token in doc],
        "starts": [token.is_sent_start for token in doc][1:],
        "ids": [[ent.start, ent.end, ent.label_, ent.ent_id_] for ent in doc.ents],
        "scores": scores,
    }


def made(recipe, sentences, rng):
    """A pipeline with its labels, tables and weights."""
    nlp = spacy.blank(recipe["lang"])
    if recipe["own_rules"]:
        nlp.tokenizer = Tokenizer(
            nlp.vocab,
            rules={
                "can't": [{65: "ca", 67: "can"}, {65: "n't", 67: "not"}],
                "U.S.": [{65: "U.S."}],
                "New York": [{65: "New York"}],
            },
            prefix_search=re.compile(r"""^[("'$]""").search,
            suffix_search=re.compile(r"""[)"',.:!?]$|'s$""").search,
            infix_finditer=re.compile(r"[-\u2013/]").finditer,
            token_match=re.compile(r"^\w+@\w+").match if rng.random() < 0.5 else None,
        )
    if recipe["lexeme_norm"]:
        if "lexeme_norm" in nlp.vocab.lookups:
            nlp.vocab.lookups.remove_table("lexeme_norm")
        nlp.vocab.lookups.add_table(
            "lexeme_norm",
            {"cos": "because", "colour": "color", "\u2026": "dots", "The": "the_norm", "I": "me"},
        )
    if recipe["vectors"]:
        nlp.vocab.vectors = static_vectors(nlp, recipe["vectors"], sentences)
    patterns = {}
    for name, factory, settings in recipe["components"]:
        settings = dict(settings)
        if "patterns" in settings:
            patterns[name] = settings.pop("patterns")
        component = nlp.add_pipe(factory, name=name, config=settings)
        if factory == "lemmatizer":
            component.initialize = lambda get_examples, nlp=None, lookups=None: None
            add_lemmas(component.lookups, sentences)
    chosen = rng.sample(sentences, N_EXAMPLES)
    examples = [gold(nlp.make_doc(text), group) for text, group in documents(chosen, rng)]
    optimizer = nlp.initialize(lambda: examples)
    for name, rules in patterns.items():
        nlp.get_pipe(name).add_patterns(rules)
    if recipe["added_labels"]:
        add_labels(nlp, rng)
    for _ in range(recipe["steps"]):
        nlp.update(rng.sample(examples, 8), sgd=optimizer, drop=0.1)
    if recipe["noise"] or not recipe["steps"]:
        add_noise(nlp, np.random.RandomState(recipe["seed"] % 2**32), recipe["noise"] or 0.2)
    replace_listeners(nlp, recipe, rng)
    for name in recipe["disabled"]:
        nlp.disable_pipe(name)
    return nlp


def replace_listeners(nlp, recipe, rng):
    """Now and then give a component its own copy of the shared vectors."""
    for name, _, settings in recipe["components"] if recipe["replace_listeners"] else []:
        inner = settings.get("model", {}).get("tok2vec", {})
        if inner.get("@architectures", "").startswith("spacy.Tok2VecListener") and rng.random() < 0.5:
            upstreams = [other for other, factory, _ in recipe["components"] if factory == "tok2vec"]
            upstream = upstreams[-1] if inner["upstream"] == "*" else inner["upstream"]
            try:
                nlp.replace_listeners(upstream, name, ["model.tok2vec"])
            except ValueError:
                continue


def add_noise(nlp, random_state, scale):
    """Other weights everywhere, so that no output is all zeros."""
    nodes = {
        node.id: node
        for _, pipe in nlp.pipeline
        if getattr(pipe, "model", None)
        for node in pipe.model.walk()
    }
    for node in nodes.values():
        for key in node.param_names:
            value = node.get_param(key)
            node.set_param(key, (value + random_state.normal(0, scale, value.shape)).astype("f"))


def add_labels(nlp, rng):
    """Labels that no example has."""
    for name, component in nlp.pipeline:
        if (
            nlp.get_pipe_meta(name).factory in ("ner", "parser", "tagger", "textcat", "textcat_multilabel")
            and rng.random() < 0.7
        ):
            try:
                for label in rng.sample(["ZZ", "AA", "new", "MISC"], 2):
                    component.add_label(label)
            except (ValueError, NotImplementedError):
                continue


def add_lemmas(lookups, sentences):
    """Tables of words, rules and exceptions."""
    words = {token["form"]: token["lemma"] for sentence in sentences[:2000] for token in sentence["tokens"]}
    lookups.add_table("lemma_lookup", words)
    rules = {
        "noun": [["ies", "y"], ["s", ""], ["ing", ""]],
        "verb": [["s", ""], ["ed", ""], ["ed", "e"], ["ing", ""], ["ing", "e"]],
    }
    lookups.add_table("lemma_rules", {**rules, "adj": [["er", ""], ["est", ""]], "punct": [["\u201c", '"']]})
    lookups.add_table(
        "lemma_exc",
        {"noun": {"men": ["man"], "people": ["person", "folk"]}, "verb": {"was": ["be"], "'s": ["be"]}},
    )
    lookups.add_table(
        "lemma_index", {"verb": ["make", "take", "use"], "noun": ["city", "day"], "adj": ["new"]}
    )


def static_vectors(nlp, settings, sentences):
    """A table of random numbers, for many words or for pieces of words."""
    random_state = np.random.RandomState(settings["rows"] * 1000 + settings["width"])
    data = random_state.normal(size=(settings["rows"], settings["width"])).astype("f")
    attr = ATTRS[settings["attr"]]
    if settings["mode"] == "floret":
        keys = ("minn", "maxn", "hash_count", "hash_seed", "bow", "eow")
        return Vectors(
            strings=nlp.vocab.strings,
            mode="floret",
            data=data,
            attr=attr,
            **{key: settings[key] for key in keys},
        )
    vectors = Vectors(strings=nlp.vocab.strings, data=data, attr=attr)
    words = sorted({token["form"] for sentence in sentences[:3000] for token in sentence["tokens"]})
    for i, word in enumerate(words[:: 1 + settings["width"] % 3]):
        vectors.add(word.lower() if settings["attr"] != "ORTH" else word, row=i % settings["rows"])
    return vectors


# --- examples


def gold_sentences(data):
    """Sentences of UD English EWT with the entities of Universal NER."""
    entities = {}
    for block in blocks(data / "uner_english_ewt/train.iob2"):
        rows = [line.split("\t") for line in block if not line.startswith("#")]
        entities[sentence_id(block)] = [row[2] for row in rows if row[0].isdigit()]
    for block in blocks(data / "ud_english_ewt/train.conllu"):
        text = next(line.partition("=")[2].strip() for line in block if line.startswith("# text ="))
        rows = [line.split("\t") for line in block if not line.startswith("#")]
        rows = [row for row in rows if row[0].isdigit()]
        iob = entities.get(sentence_id(block))
        tokens = [
            dict(
                form=r[1],
                lemma=r[2],
                pos=r[3],
                tag=r[4],
                morph=r[5].replace("_", ""),
                head=int(r[6]) - 1,
                dep=r[7],
            )
            for r in rows
        ]
        yield {
            "id": sentence_id(block),
            "text": text,
            "tokens": tokens,
            "iob": iob if iob and len(iob) == len(tokens) else None,
        }


def sentence_id(block):
    """Its name."""
    return next(line.partition("=")[2].strip() for line in block if line.startswith("# sent_id ="))


def blocks(path):
    """Lines of each sentence."""
    for block in path.read_text(encoding="utf8").strip().split("\n\n"):
        yield block.splitlines()


def documents(sentences, rng):
    """Texts of one to three sentences."""
    left = list(sentences)
    while left:
        n = rng.choice([1, 1, 2, 3])
        group, left = left[:n], left[n:]
        yield " ".join(sentence["text"] for sentence in group), group


def gold(doc, group):
    """An example with all layers."""
    words, tags, pos, morphs, lemmas, heads, deps, starts, iobs = ([] for _ in range(9))
    for sentence in group:
        first = len(words)
        for i, token in enumerate(sentence["tokens"]):
            words.append(token["form"])
            tags.append(token["tag"])
            pos.append(token["pos"])
            morphs.append(token["morph"])
            lemmas.append(token["lemma"])
            heads.append(first + (token["head"] if token["head"] >= 0 else i))
            deps.append(token["dep"] if token["head"] >= 0 else "ROOT")
            starts.append(i == 0)
        iobs += [
            tag if tag == "O" else tag[:2] + tag[2:]
            for tag in (sentence["iob"] or ["O"] * len(sentence["tokens"]))
        ]
    words, spaces = (
        spacy.util.get_words_and_spaces(words, doc.text) if fits(words, doc.text) else (words, None)
    )
    if len(words) != len(tags):
        words, spaces = [token["form"] for sentence in group for token in sentence["tokens"]], None
    reference = Doc(
        doc.vocab,
        words=words,
        spaces=spaces,
        tags=tags,
        pos=pos,
        morphs=morphs,
        lemmas=lemmas,
        heads=heads,
        deps=deps,
        ents=iobs,
    )
    for key in ("sc", "one", "a b"):
        spans = [Span(reference, ent.start, ent.end, label=ent.label_) for ent in reference.ents]
        spans += [
            Span(reference, i, min(i + 2, len(words)), label=pos[i])
            for i in range(0, len(words), 3)
            if pos[i] in ("NOUN", "VERB", "DET")
        ]
        spans += [Span(reference, span.start, span.end, label="ANY") for span in spans[::2]]
        reference.spans[key] = list({(s.start, s.end, s.label): s for s in spans}.values())
        doc.spans[key] = [doc[i : i + 2] for i in range(0, len(doc), 4)]
    kinds = ("weblog", "newsgroup", "email", "reviews", "answers")
    kind = next((kind for kind in kinds if group[0]["id"].startswith(kind)), "weblog")
    reference.cats = {label: float(label == kind) for label in kinds}
    return Example(doc, reference)


def fits(words, text):
    """Whether the words make the text, blanks aside."""
    return "".join(words).replace(" ", "") == "".join(text.split())


if __name__ == "__main__":
    main()
