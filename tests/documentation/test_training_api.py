# SPDX-License-Identifier: Apache-2.0
"""Training from Python, and components that annotate, as the pages print them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from thinc.api import Adam

import engine
from engine import Doc, Example, Language
from engine.lang.en import English
from engine.matcher import PhraseMatcher
from engine.util import minibatch
from tests.documentation.rows import row

TRAIN_DATA = [
    ("Who is Shaka Khan?", {"entities": [(7, 17, "PERSON")]}),
    ("I like London.", {"entities": [(7, 13, "LOC")]}),
]


@row("K06", "K10.05")
def test_the_training_loop_as_printed(tmp_path: Path) -> None:
    """`add_label`-free: labels are found in the examples."""
    nlp = engine.blank("en")
    nlp.add_pipe("ner")
    examples = [Example.from_dict(nlp.make_doc(text), gold) for text, gold in TRAIN_DATA]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(15):
        random.shuffle(examples)
        for batch in minibatch(examples, size=2):
            nlp.update(batch, sgd=optimizer, drop=0.0)
    assert nlp.evaluate(examples)["ents_f"] == 1.0
    assert set(nlp.evaluate(examples, per_component=True)) == {"tokenizer", "ner"}
    nlp.to_disk(tmp_path)
    assert [ent.label_ for ent in engine.load(tmp_path)("I like London.").ents] == ["LOC"]


@row("K10.04")
def test_averaged_weights_are_used_for_a_while() -> None:
    """`use_params(optimizer.averages)`, then the own ones again."""
    nlp = engine.blank("en")
    tagger = nlp.add_pipe("tagger")
    example = Example.from_dict(nlp.make_doc("Ada met"), {"tags": ["A", "B"]})
    nlp.initialize(lambda: [example])
    optimizer = Adam(0.1, use_averages=True)
    for _ in range(3):
        nlp.update([example], sgd=optimizer)
    own = tagger.model.get_ref("output_layer").get_param("W").copy()
    with nlp.use_params(optimizer.averages):
        assert (tagger.model.get_ref("output_layer").get_param("W") != own).any()
    assert (tagger.model.get_ref("output_layer").get_param("W") == own).all()


@row("K10.23", "K10.27", "K10.31")
def test_a_language_class_a_shared_vocabulary_and_a_memory_zone(tmp_path: Path) -> None:
    """`English()`, `load(vocab=...)`, `with nlp.memory_zone():`."""
    nlp = English()
    assert isinstance(nlp, English)
    assert [token.text for token in nlp("Don't.")] == ["Do", "n't", "."]
    with nlp.memory_zone():
        assert [len(doc) for doc in nlp.pipe(["One two", "three"])] == [2, 1]
    nlp.to_disk(tmp_path)
    assert engine.load(tmp_path, vocab=True).lang == "en"
    assert engine.load(tmp_path, vocab=nlp.vocab).vocab is nlp.vocab


@row("M02")
def test_a_sentencizer_of_ones_own_sets_sentence_starts() -> None:
    """Before a parser, token by token."""

    @Language.component("training_sentencizer")
    def custom_sentencizer(doc: Doc) -> Doc:
        for i, token in enumerate(doc[:-2]):
            if token.text == "|":
                doc[i + 1].is_sent_start = True
            else:
                doc[i + 1].is_sent_start = False
        return doc

    nlp = engine.blank("en")
    nlp.add_pipe("training_sentencizer", first=True)
    docs = list(nlp.pipe(["This is. A sentence. | This is. Another sentence.", "One | two three four"]))
    assert [[sent.text for sent in doc.sents] for doc in docs] == [
        ["This is. A sentence. |", "This is. Another sentence."],
        ["One |", "two three four"],
    ]


@Language.factory("training_acronyms", default_config={"case_sensitive": False})
def create_acronym_component(nlp: Language, name: str, case_sensitive: bool) -> Any:
    """As printed."""
    return AcronymComponent(nlp, case_sensitive)


class AcronymComponent:
    """Finds acronyms and their long forms."""

    def __init__(self, nlp: Language, case_sensitive: bool) -> None:
        self.matcher = PhraseMatcher(nlp.vocab, attr="TEXT" if case_sensitive else "LOWER")
        self.matcher.add("ACRONYMS", [nlp.make_doc(term) for term in ("LOL", "laughing out loud")])
        if not Doc.has_extension("acronyms"):
            Doc.set_extension("acronyms", default=[])

    def __call__(self, doc: Doc) -> Doc:
        """Note them."""
        doc._.acronyms = [doc[start:end].text for _, start, end in self.matcher(doc)]
        return doc


@row("M07")
def test_a_component_with_a_matcher_fills_an_extension() -> None:
    """In one text and in a stream, every document its own."""
    nlp = engine.blank("en")
    nlp.add_pipe("training_acronyms", config={"case_sensitive": False})
    try:
        assert nlp("LOL, be right back")._.acronyms == ["LOL"]
        docs = nlp.pipe(["lol", "no", "Laughing out loud."])
        assert [doc._.acronyms for doc in docs] == [["lol"], [], ["Laughing out loud"]]
    finally:
        Doc.remove_extension("acronyms")


@row("N06")
def test_scores_of_a_component_of_ones_own_are_scores() -> None:
    """They stand beside ours."""

    class Scored:
        def __call__(self, doc: Doc) -> Doc:
            return doc

        def score(self, examples: Any, **settings: Any) -> dict[str, float]:
            return {"custom_acc": len(list(examples)) / 2}

    Language.factory("training_scored", func=lambda nlp, name: Scored())
    nlp = engine.blank("en")
    nlp.add_pipe("training_scored")
    examples = [Example.from_dict(nlp.make_doc("A b"), {}), Example.from_dict(nlp.make_doc("C"), {})]
    assert nlp.evaluate(examples)["custom_acc"] == 1.0


@row("H23")
def test_an_augmenter_of_ones_own() -> None:
    """`spongebob` as printed: `to_dict`, `make_doc`, `from_dict`."""

    def augment(nlp: Language, example: Example) -> Iterator[Example]:
        text = example.text
        changed = "".join(c.lower() if i % 2 else c.upper() for i, c in enumerate(text))
        example_dict = example.to_dict()
        doc = nlp.make_doc(changed)
        example_dict["token_annotation"]["ORTH"] = [token.text for token in doc]
        yield example
        yield example.from_dict(doc, example_dict)

    @engine.registry.augmenters("test_training.spongebob.v1")
    def create_augmenter() -> Callable[[Language, Example], Iterator[Example]]:
        return augment

    nlp = engine.blank("en")
    example = Example.from_dict(nlp.make_doc("like this"), {"tags": ["IN", "DT"]})
    augmented = list(create_augmenter()(nlp, example))
    assert [each.text for each in augmented] == ["like this", "LiKe tHiS"]
    assert augmented[1].reference.tags == ["IN", "DT"]


@row("I08", "I09")
def test_words_and_tables_are_given_at_initialization(tmp_path: Path) -> None:
    """`vocab_data` and `lookups`; both are saved with the pipeline."""

    @engine.registry.misc("test_training.lookups.v1")
    def create() -> dict[str, dict[str, str]]:
        return {"lexeme_norm": {"cos": "because"}}

    (tmp_path / "words.jsonl").write_text(
        '{"lang": "en", "settings": {"oov_prob": -18.0}}\n{"orth": "rain", "prob": -7.5, "is_stop": true}\n'
    )
    nlp = engine.blank("en", config={"initialize.vocab_data": str(tmp_path / "words.jsonl")})
    nlp.config["initialize"]["lookups"] = {"@misc": "test_training.lookups.v1"}
    nlp.initialize()
    nlp.config["initialize"]["lookups"] = None
    nlp.to_disk(tmp_path / "out")
    for each in (nlp, engine.load(tmp_path / "out")):
        assert each.vocab["rain"].prob == -7.5
        assert each.vocab["snow"].prob == -18.0
        assert each("rain snow")[0].is_stop
        assert each.vocab.lookups.get_table("lexeme_norm")["cos"] == "because"
    (tmp_path / "words.jsonl").write_text('{"orth": "rain", "colour": 1}\n')
    with pytest.raises(engine.ConfigError, match=r"line 1: expected a feature of words, got 'colour'"):
        nlp.initialize()
