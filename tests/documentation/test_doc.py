# SPDX-License-Identifier: Apache-2.0
"""Documents, tokens, spans, vocabularies and examples as the documentation writes them."""

from __future__ import annotations

import doctest
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy
import pytest

import engine
from engine import (
    DependencyMatcher,
    Doc,
    DocBin,
    Example,
    Lookups,
    Scorer,
    Span,
    SpanGroup,
    StringStore,
    Token,
    Vocab,
)
from engine.doc.entity_offsets import (
    biluo_tags_to_doc_spans,
    biluo_tags_to_offsets,
    biluo_to_iob,
    iob_to_biluo,
    offsets_to_biluo_tags,
)
from engine.doc.token_alignment import TokenAlignment
from engine.errors import DocError
from engine.matching import Matcher, PhraseMatcher

from .rows import row

NLP = engine.blank("en")
VOCAB = NLP("").vocab


def sentence() -> Doc:
    """A document with every layer."""
    return Doc(
        VOCAB,
        words=["Ada", "likes", "London", "and", "Rome", "."],
        spaces=[True, True, True, True, False, False],
        tags=["NNP", "VBZ", "NNP", "CC", "NNP", "."],
        pos=["PROPN", "VERB", "PROPN", "CCONJ", "PROPN", "PUNCT"],
        morphs=["Number=Sing", "Tense=Pres|VerbForm=Fin", "Number=Sing", "", "Number=Sing", ""],
        lemmas=["Ada", "like", "London", "and", "Rome", "."],
        heads=[1, 1, 1, 2, 2, 1],
        deps=["nsubj", "ROOT", "dobj", "cc", "conj", "punct"],
        ents=["B-PERSON", "O", "B-GPE", "O", "B-GPE", "O"],
    )


@row("K01")
def test_a_reference_made_of_an_array() -> None:
    """The example object of the training page."""
    vocab = Vocab(tag_map={"N": {"pos": "NOUN"}, "V": {"pos": "VERB"}})
    words = ["I", "like", "stuff"]
    tags = ["NOUN", "VERB", "NOUN"]
    tag_ids = [vocab.strings.add(tag) for tag in tags]
    predicted = Doc(vocab, words=words)
    reference = Doc(vocab, words=words).from_array("TAG", numpy.array(tag_ids, dtype="uint64"))
    example = Example(predicted, reference)
    assert example.get_aligned("TAG", as_string=True) == tags


@row("K02", "K03")
def test_examples_of_tags_and_entities() -> None:
    """Tags, and entities as BILUO tags of words that the tokenizer cut otherwise."""
    vocab = Vocab()
    predicted = Doc(vocab, words=["Apply", "some", "sunscreen"], spaces=[True, True, False])
    example = Example.from_dict(predicted, {"tags": ["VERB", "DET", "NOUN"]})
    assert [token.tag_ for token in example.reference] == ["VERB", "DET", "NOUN"]
    token_ref = ["Apply", "some", "sun", "screen"]
    example = Example.from_dict(predicted, {"words": token_ref, "tags": ["VERB", "DET", "NOUN", "NOUN"]})
    assert example.get_aligned("TAG", as_string=True) == ["VERB", "DET", "NOUN"]
    doc = Doc(vocab, words=["Facebook", "released", "React", "in", "2014"])
    example = Example.from_dict(doc, {"entities": ["U-ORG", "O", "U-TECHNOLOGY", "O", "U-DATE"]})
    assert [(ent.text, ent.label_) for ent in example.reference.ents] == [
        ("Facebook", "ORG"),
        ("React", "TECHNOLOGY"),
        ("2014", "DATE"),
    ]


EVERY_KEY: list[tuple[str, dict[str, Any], Any]] = [
    ("K04.1", {"entities": [(0, 3, "PER"), (10, 16, "LOC")]}, ["U-PER", "O", "U-LOC"]),
    ("K04.2", {"cats": {"POSITIVE": 1.0, "NEGATIVE": 0.0}}, {"POSITIVE": 1.0, "NEGATIVE": 0.0}),
    ("K04.3", {"heads": [1, 1, 1], "deps": ["nsubj", "ROOT", "dobj"]}, [1, 1, 1]),
    ("K04.4", {"sent_starts": [True, False, None]}, [1, -1, 0]),
    ("K04.5", {"pos": ["PROPN", "VERB", "PROPN"], "morphs": ["A=b", "", "C=d"]}, ["A=b", "", "C=d"]),
    ("K04.6", {"lemmas": ["Ada", "like", ""]}, ["Ada", "like", ""]),
    ("K04.7", {"spans": {"sc": [(0, 9, "X"), (0, 3, "Y", "Q1")]}}, [(0, 9, "X", ""), (0, 3, "Y", "Q1")]),
    ("K04.8", {"entities": [(0, 3, "PER")], "links": {(0, 3): {"Q7259": 1.0, "Q1": 0.0}}}, "Q7259"),
    ("K04.9", {"words": ["Ada", "likesLondon"], "spaces": [True, False]}, ["Ada", "likesLondon"]),
]


@row(*(name for name, _, _ in EVERY_KEY))
@pytest.mark.parametrize(("name", "annotations", "expected"), EVERY_KEY)
def test_every_key_of_annotations_is_kept(name: str, annotations: dict[str, Any], expected: Any) -> None:
    """Flat and nested, and again through `to_dict`."""
    doc = NLP("Ada likes London" if name != "K04.9" else "Ada likesLondon")
    read = {
        "K04.1": lambda e: e.get_aligned_ner(),
        "K04.2": lambda e: dict(e.reference.cats),
        "K04.3": lambda e: e.get_aligned_parse()[0],
        "K04.4": lambda e: e.reference.sent_starts,
        "K04.5": lambda e: [str(token.morph) for token in e.reference],
        "K04.6": lambda e: [token.lemma_ for token in e.reference],
        "K04.7": lambda e: e.to_dict()["doc_annotation"]["spans"]["sc"],
        "K04.8": lambda e: e.reference.ents[0].kb_id_,
        "K04.9": lambda e: [token.text for token in e.reference],
    }[name]
    example = Example.from_dict(doc, annotations)
    assert read(example) == expected
    assert read(Example.from_dict(doc, example.to_dict())) == expected


@row("K05")
def test_a_vocabulary_of_ones_own() -> None:
    """Alone, and with the tag map of 2020, which sets parts of speech beside tags."""
    assert len(Vocab().strings) == 0
    doc = Doc(Vocab(tag_map={"N": {"pos": "NOUN"}}), words=["stuff"], tags=["N"])
    assert doc[0].pos_ == "NOUN"


@row("K11.02", "K11.04", "K11.08")
def test_text_attributes_carry_an_underscore() -> None:
    """On tokens and spans; ours without it stay."""
    doc = sentence()
    token = doc[2]
    assert (token.tag_, token.pos_, token.lemma_, token.dep_, token.ent_type_) == (
        "NNP",
        "PROPN",
        "London",
        "dobj",
        "GPE",
    )
    assert (token.shape_, token.lower_, token.norm_, token.prefix_, token.suffix_) == (
        "Xxxxx",
        "london",
        "london",
        "L",
        "don",
    )
    assert doc.ents[1].label_ == "GPE" == doc.ents[1].label


@row("K11.03")
def test_tokens_say_where_they_are_in_an_entity() -> None:
    """As text and as number."""
    assert [token.ent_iob_ for token in sentence()] == ["B", "O", "B", "O", "B", "O"]
    assert [token.ent_iob for token in Doc(VOCAB, words=["a", "b"], ents=["B-X", ""])] == [3, 0]


@row("K11.05")
def test_morphological_features_are_a_map_too() -> None:
    """`get`, text, map, membership; set as text or map."""
    token = sentence()[1]
    assert (token.morph.get("Tense"), str(token.morph)) == (["Pres"], "Tense=Pres|VerbForm=Fin")
    assert token.morph.to_dict() == {"Tense": "Pres", "VerbForm": "Fin"}
    assert "Tense=Pres" in token.morph
    token.set_morph({"Mood": "Ind"})
    assert (token.morph, token.has_morph(), len(token.morph)) == ("Mood=Ind", True, 1)


@row("K11.06")
def test_neighbours_sentences_and_conjuncts() -> None:
    """What a token knows of others."""
    doc = sentence()
    assert (doc[0].nbor().text, doc[1].nbor(-1).text, doc[5].is_sent_end) == ("likes", "Ada", True)
    assert doc[0].sent.text == doc.text
    assert [token.text for token in doc[2].conjuncts] == ["Rome"]
    with pytest.raises(IndexError):
        doc[5].nbor()


@row("K11.07")
def test_ids_of_texts_are_numbers() -> None:
    """The vocabulary knows the text of each; labels equal their ids."""
    doc = sentence()
    assert VOCAB.strings[doc[0].orth] == "Ada"
    assert doc[0].pos == engine.symbols.PROPN
    assert doc[0].dep == engine.symbols.nsubj
    assert VOCAB.strings["GPE"] == doc.ents[1].label


@row("K11.10", "K11.11")
def test_spans_are_cut_and_become_documents() -> None:
    """Slices, the sentence, entities inside, a document of its own."""
    span = sentence()[2:5]
    assert (span[0:1].text, span[0].text, span.sent.text) == ("London", "London", span.doc.text)
    assert [ent.text for ent in span.ents] == ["London", "Rome"]
    part = span.as_doc()
    assert (part.text, [ent.label_ for ent in part.ents], part[1].head.text) == (
        "London and Rome",
        ["GPE", "GPE"],
        "London",
    )


@row("K11.12", "K11.13")
def test_attributes_as_arrays() -> None:
    """There and back; what is annotated."""
    doc = sentence()
    array = doc.to_array(["LEMMA", "HEAD", "ENT_IOB", "ENT_TYPE", "DEP"])
    again = Doc(VOCAB, words=doc.words).from_array(["LEMMA", "HEAD", "ENT_IOB", "ENT_TYPE", "DEP"], array)
    assert (again.lemmas, again.heads, again.ent_types) == (doc.lemmas, doc.heads, doc.ent_types)
    assert doc.to_array("LEMMA").shape == (6,)
    assert doc.has_annotation("TAG")
    assert not NLP("Not yet").has_annotation("TAG")


@row("K11.14")
def test_groups_of_spans_are_written_through() -> None:
    """Assigned, appended to, made by hand; in JSON and in bytes."""
    doc = sentence()
    doc.spans["x"] = [doc[0:2]]
    doc.spans["x"].append(Span(doc, 2, 3, label="B"))
    group = SpanGroup(doc, name="errors", spans=[doc[4:5], doc[0:1]], attrs={"annotator": "matt"})
    doc.spans["errors"] = group
    group.append(doc[3:4])
    assert [span.text for span in doc.spans["errors"]] == ["Rome", "Ada", "and"]
    assert (doc.spans["errors"].attrs, doc.spans["x"].has_overlap) == ({"annotator": "matt"}, False)
    assert len(doc.to_json()["spans"]["x"]) == 2
    with pytest.raises(DocError, match="ents"):
        doc.spans["ents"] = []


@row("K11.15")
def test_assigned_entities_are_kept() -> None:
    """In JSON, in files, behind later changes (trap T1)."""
    doc = sentence()
    doc.ents = [Span(doc, 2, 5, label="ZZZ", kb_id="Q1")]
    doc[0].tag_ = "X"
    assert [(ent.text, ent.label_, ent.kb_id_) for ent in doc.ents] == [("London and Rome", "ZZZ", "Q1")]
    assert [ent["label"] for ent in doc.to_json()["ents"]] == ["ZZZ"]
    again = next(DocBin().from_bytes(DocBin(docs=[doc]).to_bytes()).get_docs(VOCAB))
    assert [(ent.label_, ent.kb_id_) for ent in again.ents] == [("ZZZ", "Q1")]
    with pytest.raises(ValueError, match="overlap"):
        doc.ents = [Span(doc, 0, 2, "A"), Span(doc, 1, 3, "B")]
    with pytest.raises(AttributeError, match="set_extension"):
        doc.mine = 1


@row("K11.16")
def test_categories_are_set_as_a_whole_and_one_by_one() -> None:
    """What was set is read."""
    doc = NLP("Fine.")
    doc.cats = {"A": 0.1}
    doc.cats["B"] = 1
    assert (doc.cats, doc.to_json()["cats"]) == ({"A": 0.1, "B": 1.0}, {"A": 0.1, "B": 1.0})


@row("K11.17", "K11.18")
def test_user_data_vocabulary_and_language() -> None:
    """Of a document; all documents of a pipeline share one vocabulary."""
    doc, other = NLP("One."), NLP("Two.")
    doc.user_data["key"] = [1]
    assert (doc.user_data, other.user_data) == ({"key": [1]}, {})
    assert doc.vocab is other.vocab
    assert (doc.lang_, doc.vocab.lang) == ("en", "en")


@row("K11.19", "K11.21")
def test_documents_are_copied_joined_and_written() -> None:
    """Everything that is known of them goes along."""
    doc = sentence()
    doc.user_data["k"] = "v"
    copy = doc.copy()
    copy[0].tag_ = "changed"
    assert (doc[0].tag_, copy.ents == doc.ents, copy.user_data) == ("NNP", False, {"k": "v"})
    joined = Doc.from_docs([doc, NLP("More.")])
    assert joined.text == "Ada likes London and Rome. More."
    assert [token.head.i for token in joined] == [1, 1, 1, 2, 2, 1, 6, 7]
    again = Doc(Vocab()).from_bytes(doc.to_bytes())
    assert again.to_json() == doc.to_json()
    assert again.user_data == {"k": "v"}
    assert Doc(Vocab()).from_dict(doc.to_dict()).to_json() == doc.to_json()


@row("K11.20")
def test_json_is_read_by_the_class_and_by_an_empty_document() -> None:
    """The documented form, and ours."""
    doc = sentence()
    assert Doc(VOCAB).from_json(doc.to_json()).to_json() == doc.to_json()
    assert Doc.from_json(doc.to_json(), VOCAB.lexemes).to_json() == doc.to_json()


@row("K11.24", "K11.25")
def test_tokens_are_written() -> None:
    """Every attribute that can be set; what is set is read by all views and files."""
    doc = NLP("This is text | And more")
    for token in doc:
        token.is_sent_start = token.text == "And"
    assert [sent.text for sent in doc.sents] == ["This is text |", "And more"]
    doc[0].tag_, doc[0].pos_, doc[0].lemma_, doc[0].norm_ = "DT", "DET", "this", "THIS"
    doc[0].dep_, doc[0].head, doc[0].ent_kb_id_ = "nsubj", doc[1], "Q2"
    token = Doc(doc.batch, 0)[0]
    assert (token.tag_, token.pos_, token.lemma_, token.norm_) == ("DT", "DET", "this", "THIS")
    assert (token.dep_, token.head.text, token.ent_kb_id_) == ("nsubj", "is", "Q2")
    doc[2].ent_type_ = "THING"
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("text", "THING")]
    with pytest.raises(ValueError, match="universal part of speech"):
        doc[0].pos_ = "NOPE"


@row("K11.24")
def test_documents_of_a_pipes_batch_are_written_like_any_other() -> None:
    """Each its own rows; the others say that nothing is known."""
    one, two = NLP.pipe(["One text.", "Another."], batch_size=2)
    two.ents = [Span(two, 0, 1, label="X")]
    two[0].tag_ = "DT"
    two.cats["A"] = 1.0
    assert [ent.label_ for ent in two.ents] == ["X"]
    assert (one.ents, one.has_annotation("ENT_IOB"), one.has_annotation("TAG"), one.cats) == (
        (),
        False,
        False,
        {},
    )


@row("K11.30", "M08")
def test_matchers_take_the_vocabulary() -> None:
    """Token patterns and phrases."""
    matcher = Matcher(VOCAB)
    matcher.add("HELLO", [[{"LOWER": "hello"}, {"IS_PUNCT": True}]])
    doc = NLP("Hello, world! Barack Obama.")
    match_id, start, end = matcher(doc)[0]
    assert (VOCAB.strings[match_id], doc[start:end].text) == ("HELLO", "Hello,")
    phrases = PhraseMatcher(VOCAB, attr="LOWER")
    phrases.add("OBAMA", [NLP("barack obama")])
    assert [doc[start:end].text for _, start, end in phrases(doc)] == ["Barack Obama"]


@row("J01", "J03")
def test_training_data_of_offsets(tmp_path: Path) -> None:
    """The script of the training page: entities by characters into a file, and back."""
    db = DocBin()
    for text, places in [("Tokyo Tower is 333m tall.", [(0, 11, "BUILDING")])]:
        doc = NLP(text)
        doc.ents = [doc.char_span(start, end, label=label) for start, end, label in places]
        db.add(doc)
    db.to_disk(tmp_path / "train.spacy")
    docs = list(DocBin().from_disk(tmp_path / "train.spacy").get_docs(VOCAB))
    assert [(ent.text, ent.label_) for ent in docs[0].ents] == [("Tokyo Tower", "BUILDING")]


@row("J02")
def test_training_data_of_marks() -> None:
    """Words, blanks and entities as IOB marks."""
    doc = Doc(
        VOCAB,
        words=["I", "like", "David", "Bowie"],
        spaces=[True] * 3 + [False],
        ents=["O", "O", "B-PERSON", "I-PERSON"],
    )
    assert [ent.text for ent in doc.ents] == ["David Bowie"]
    assert len(DocBin(attrs=["ENT_IOB", "ENT_TYPE"], docs=[doc])) == 1


@pytest.fixture
def extensions() -> Any:
    """Attributes of one's own that are gone afterwards."""
    yield
    for kind in (Doc, Token, Span):
        for name in [name for name in kind._extensions if name.startswith("t_")]:
            kind.remove_extension(name)


@row("M09.1", "M09.2", "M09.3", "M09.4", "M09.5")
def test_attributes_of_ones_own(extensions: Any) -> None:
    """Defaults, getters with and without setters, methods; on documents, tokens and spans."""
    doc = sentence()
    Doc.set_extension("t_hello", default=True)
    doc._.t_hello = False
    Doc.set_extension("t_list", default=[])
    doc._.t_list.append(1)
    Token.set_extension("t_fruit", getter=lambda token: token.text == "Rome")
    Span.set_extension("t_any", getter=lambda span: any(token._.t_fruit for token in span))
    Doc.set_extension("t_greet", method=lambda doc, name: f"Hi {name}")
    assert (doc._.t_hello, doc._.t_list, doc[4]._.t_fruit, doc[3:5]._.t_any) == (False, [1], True, True)
    assert (doc._.t_greet("Bob"), NLP("x")._.t_list) == ("Hi Bob", [])
    Doc.set_extension("t_set", getter=lambda d: d.user_data["t"], setter=lambda d, v: d.user_data.update(t=v))
    doc._.set("t_set", 3)
    assert (doc._.get("t_set"), doc._.has("t_set"), doc._.has("t_none")) == (3, True, False)
    with pytest.raises(AttributeError, match="getter"):
        doc[0]._.t_fruit = True
    with pytest.raises(ValueError, match="force"):
        Doc.set_extension("t_hello", default=1)
    with pytest.raises(AttributeError, match="t_none"):
        _ = doc._.t_none


@row("M09.4", "M16")
def test_values_of_tokens_and_spans_are_their_own(extensions: Any) -> None:
    """Set on one, unset on its neighbours, and kept by bytes and pickles."""
    doc = sentence()
    Token.set_extension("t_capital", default=None)
    Span.set_extension("t_area", default=0)
    doc[2]._.t_capital = "yes"
    entity = Span(doc, 2, 3, label="GPE")
    entity._.set("t_area", 5)
    for again in (pickle.loads(pickle.dumps(doc)), Doc(VOCAB).from_bytes(doc.to_bytes())):
        assert [token._.t_capital for token in again][1:4] == [None, "yes", None]
        assert Span(again, 2, 3, label="GPE")._.t_area == 5


@row("M13")
def test_hooks_of_the_user() -> None:
    """Functions in place of attributes and methods."""
    doc = sentence()
    doc.user_hooks["similarity"] = lambda one, other: 0.5
    doc.user_token_hooks["vector"] = lambda token: [token.i]
    doc.user_span_hooks["sentiment"] = lambda span: 0.25
    assert (doc.similarity(NLP("x")), doc[2].vector, doc[0:2].sentiment) == (0.5, [2], 0.25)


@row("N04")
def test_texts_and_ids() -> None:
    """The vocabulary page's example."""
    doc = NLP("I love coffee")
    assert doc.vocab.strings["coffee"] == 3197928453018144401
    assert doc.vocab.strings[3197928453018144401] == "coffee"
    assert doc.vocab["coffee"].orth == 3197928453018144401
    store = StringStore(["apple", "orange"])
    assert ("apple" in store, "cherry" in store, len(store), list(store)) == (
        True,
        False,
        2,
        ["apple", "orange"],
    )
    assert StringStore().from_bytes(store.to_bytes())[store["apple"]] == "apple"
    with pytest.raises(KeyError):
        store[12345678901234]


def test_words_of_the_vocabulary_are_set() -> None:
    """Stop words, norms, flags of one's own."""
    vocab = engine.blank("en")("").vocab
    vocab["btw"].is_stop = True
    vocab["btw"].norm_ = "by the way"
    flag = vocab.add_flag(lambda text: text.startswith("b"))
    doc = Doc(vocab, words=["btw", "the"])
    assert [token.is_stop for token in doc] == [True, True]
    assert (doc[0].norm_, doc[0].check_flag(flag), vocab["the"].check_flag(flag)) == (
        "by the way",
        True,
        False,
    )
    assert pickle.loads(pickle.dumps(vocab))["btw"].is_stop


def test_look_up_tables() -> None:
    """By name, with texts and their ids as keys."""
    lookups = Lookups()
    lookups.add_table("some_table", {"going": "go"})
    again = Lookups().from_bytes(lookups.to_bytes())
    assert again.get_table("some_table")["going"] == "go"
    assert (again.has_table("some_table"), again.tables, len(again)) == (True, ["some_table"], 1)
    with pytest.raises(ValueError, match="some_table"):
        lookups.add_table("some_table")


@row("N01")
def test_entities_as_tags_and_offsets() -> None:
    """The functions of the training page, with what does not fit."""
    doc = NLP("I like London.")
    assert offsets_to_biluo_tags(doc, [(7, 13, "LOC")]) == ["O", "O", "U-LOC", "O"]
    assert offsets_to_biluo_tags(doc, [(7, 13, "LOC")], missing="-") == ["-", "-", "U-LOC", "-"]
    with pytest.warns(UserWarning, match="'Lond' at 7:11"):
        assert offsets_to_biluo_tags(doc, [(7, 11, "LOC")]) == ["O", "O", "-", "O"]
    assert biluo_tags_to_offsets(doc, ["O", "O", "U-LOC", "O"]) == [(7, 13, "LOC")]
    doc.ents = biluo_tags_to_doc_spans(doc, ["O", "O", "U-LOC", "O"])
    assert [ent.label_ for ent in doc.ents] == ["LOC"]
    assert iob_to_biluo(["O", "O", "B-LOC", "I-LOC", "O", "B-PERSON"]) == [
        "O",
        "O",
        "B-LOC",
        "L-LOC",
        "O",
        "U-PERSON",
    ]
    assert biluo_to_iob(["O", "O", "B-LOC", "L-LOC", "O", "U-PERSON"]) == [
        "O",
        "O",
        "B-LOC",
        "I-LOC",
        "O",
        "B-PERSON",
    ]


def test_two_tokenizations_of_one_text() -> None:
    """The alignment page's example."""
    alignment = TokenAlignment.from_strings(["obama", "'", "s", "podcast"], ["obama", "'s", "podcast"])
    assert list(alignment.x2y.data) == [0, 1, 1, 2]
    assert list(alignment.y2x.lengths) == [1, 2, 1]
    with pytest.raises(ValueError, match="one text"):
        TokenAlignment.from_strings(["a"], ["b"])


@row("N03")
def test_scores_by_name() -> None:
    """Of all layers, and of single attributes with getters of one's own."""
    gold, predicted = sentence(), sentence()
    predicted.ents = [Span(predicted, 0, 1, "PERSON"), Span(predicted, 2, 3, "ORG")]
    predicted[0].tag_ = "NN"
    examples = [Example(predicted, gold)]
    scores = Scorer().score(examples)
    assert (scores["ents_p"], scores["ents_r"], scores["tag_acc"], scores["dep_las"]) == (
        0.5,
        1 / 3,
        5 / 6,
        1.0,
    )
    assert Scorer.score_spans(examples, "ents")["ents_f"] == scores["ents_f"]
    assert Scorer.score_token_attr(examples, "tag") == {"tag_acc": 5 / 6}
    assert Scorer.score_token_attr(examples, "x", getter=lambda token, attr: token.lemma_) == {"x_acc": 1.0}
    assert Scorer.score_token_attr_per_feat(examples, "morph")["morph_per_feat"]["Number"]["f"] == 1.0
    assert Scorer.score_deps(examples, "dep", ignore_labels=["punct"])["dep_uas"] == 1.0
    assert Scorer.score_cats(examples, "cats", labels=["A"])["cats_score_desc"] == "macro AUC"
    assert Scorer.score_tokenization(examples)["token_acc"] == 1.0
    assert (
        Scorer.score_spans(examples, "spans_sc", has_annotation=lambda doc: "sc" in doc.spans)["spans_sc_f"]
        is None
    )


def test_a_pipeline_is_right_about_its_own_answer() -> None:
    """Whitespace tokens align with themselves; without labels of their own they are not scored."""
    nlp = engine.load("models/en_starter")
    docs = nlp.pipe(["Hello there.\n", "A  b\n\nNext line here.  \n And this.", " \n"])
    scores = nlp.evaluate([Example(doc, doc) for doc in docs])
    names = ("sents_f", "tag_acc", "pos_acc", "dep_las", "lemma_acc", "morph_acc", "token_acc")
    assert {name: scores[name] for name in names} == dict.fromkeys(names, 1.0)


@row("M08")
def test_patterns_ask_for_attributes_of_ones_own(extensions: Any) -> None:
    """Equal values, comparisons and members; an unknown attribute is told."""
    Token.set_extension("t_fruit", default=False)
    Token.set_extension("t_tags", default=[])
    doc = NLP("An apple and a pear")
    doc[1]._.t_fruit, doc[4]._.t_tags = True, ["green", "soft"]
    matcher = Matcher(VOCAB)
    matcher.add("FRUIT", [[{"_": {"t_fruit": True}}], [{"_": {"t_tags": {"IS_SUPERSET": ["soft"]}}}]])
    assert [doc[start:end].text for _, start, end in matcher(doc)] == ["apple", "pear"]
    matcher.add("NONE", [[{"_": {"t_none": 1}}]])
    with pytest.raises(engine.EngineError, match="t_none"):
        matcher(doc)


def test_trees_are_found_by_their_relations() -> None:
    """The rule-based matching page's example: who founded what."""
    words = ["Lee", ",", "an", "experienced", "CEO", ",", "has", "founded", "two", "AI", "startups", "."]
    heads = [7, 0, 4, 4, 0, 0, 7, 7, 10, 10, 7, 7]
    deps = [
        "nsubj",
        "punct",
        "det",
        "amod",
        "appos",
        "punct",
        "aux",
        "ROOT",
        "nummod",
        "compound",
        "dobj",
        "punct",
    ]
    doc = Doc(VOCAB, words=words, heads=heads, deps=deps)
    matcher = DependencyMatcher(VOCAB)
    founded = {"RIGHT_ID": "anchor", "RIGHT_ATTRS": {"ORTH": "founded"}}
    subject = {"LEFT_ID": "anchor", "REL_OP": ">", "RIGHT_ID": "subject", "RIGHT_ATTRS": {"DEP": "nsubj"}}
    thing = {"LEFT_ID": "anchor", "REL_OP": ">", "RIGHT_ID": "object", "RIGHT_ATTRS": {"DEP": "dobj"}}
    modifier = {
        "LEFT_ID": "object",
        "REL_OP": ">",
        "RIGHT_ID": "modifier",
        "RIGHT_ATTRS": {"DEP": {"IN": ["amod", "compound"]}},
    }
    matcher.add("FOUNDED", [[founded, subject, thing, modifier]])
    [(match_id, tokens)] = matcher(doc)
    assert (VOCAB.strings[match_id], tokens) == ("FOUNDED", [7, 0, 10, 9])
    with pytest.raises(engine.EngineError, match="REL_OP"):
        matcher.add("X", [[founded, {**subject, "REL_OP": "~"}]])
    with pytest.raises(engine.EngineError, match="dependency tree"):
        matcher(NLP("No tree"))


@row("N12", "N13.08", "N13.09", "N13.10", "N13.11", "N13.12", "N13.13", "N13.19")
@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("ID", [2**64 - 1] * 3),
        ("HEAD", [1, 0, 2**64 - 2]),
        ("LANG", [14626626061804382878] * 3),
        ("ENT_ID", [16562859848569467201, 0, 0]),
        ("ENT_KB_ID", [8313077028856472395, 0, 0]),
        ("SENT_START", [1, 2**64 - 1, 2**64 - 1]),
        ("CLUSTER", [0, 0, 7]),
        ("PROB", [2**64 - 20, 2**64 - 20, 2**64 - 5]),
    ],
)
def test_every_attribute_is_a_feature(attribute: str, expected: list[int]) -> None:
    """Numbers as spaCy's feature extractor has them (`CLUSTER` and `PROB` are gone there)."""
    vocab = engine.blank("en")("").vocab
    vocab["x"].cluster, vocab["x"].prob = 7, -5.0
    doc = Doc(vocab, words=["Ada", "likes", "x"], heads=[1, 1, 0], deps=["a", "ROOT", "c"])
    doc.ents = [Span(doc, 0, 1, "X", kb_id="Q1", span_id="r")]
    features = engine.layers.FeatureExtractor([attribute]).predict(doc.batch)
    assert features[:, 0].tolist() == expected


@row("K11.27")
def test_documents_are_drawn() -> None:
    """The arguments of the visualizers' page, by hand too."""
    doc = sentence()
    html = engine.displacy.render(
        doc, style="ent", jupyter=False, options={"ents": ["GPE"], "colors": {"GPE": "#aabbcc"}}
    )
    assert ("<b>GPE</b>" in html, "<b>PERSON</b>" in html, "#aabbcc" in html) == (True, False, True)
    assert "background:#09a3d5" in engine.displacy.render(
        doc[0:3], options={"compact": True, "bg": "#09a3d5"}
    )
    ex = [{"text": "But Google is starting from behind.", "ents": [{"start": 4, "end": 10, "label": "ORG"}]}]
    assert "Google<b>ORG</b>" in engine.displacy.render(ex, style="ent", manual=True)
    with pytest.raises(engine.EngineError, match="options"):
        engine.displacy.render(doc, options={"nope": 1})


def test_lists_that_are_read_refuse_changes() -> None:
    """What would be lost raises (trap T1); assigned as a whole it is kept."""
    doc = sentence()
    with pytest.raises(DocError, match="set_tags"):
        doc.tags[0] = "X"
    with pytest.raises(AttributeError, match="starts"):
        doc.starts = [0]
    doc.tags = ["X"] * len(doc)
    doc.heads = [0] * len(doc)
    assert (doc.to_json()["tokens"][0]["tag"], doc[3].head.i) == ("X", 0)


def test_the_page_is_true() -> None:
    """The examples of docs/documents.md give what they show."""
    page = Path(__file__).parents[2] / "docs" / "documents.md"
    results = doctest.testfile(str(page), module_relative=False)
    assert (results.failed, results.attempted > 8) == (0, True)
    Doc.remove_extension("source")


@row("K11.22")
def test_merged_tokens_get_attributes(extensions: Any) -> None:
    """By name and by number, and those of one's own."""
    Token.set_extension("t_city", default=False)
    doc = NLP("I live in New York")
    with doc.retokenize() as retokenizer:
        attrs = {"LEMMA": "new york", engine.attrs.TAG: "NNP", "_": {"t_city": True}}
        retokenizer.merge(doc[3:5], attrs=attrs)
    assert [token.text for token in doc] == ["I", "live", "in", "New York"]
    assert (doc[3].lemma_, doc[3].tag_, doc[3]._.t_city, doc[2]._.t_city) == ("new york", "NNP", True, False)
    with pytest.raises(DocError, match="t_none"), doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2], attrs={"_": {"t_none": 1}})


def test_components_of_documents_share_what_is_kept(extensions: Any) -> None:
    """User data, attributes of one's own and annotations go from component to component, in a pipe too."""
    Doc.set_extension("t_seen", default=0)

    @engine.Language.component("t_first")
    def first(doc: Doc) -> Doc:
        doc.user_data["start"], doc[0].tag_ = doc.text[:3], "X"
        doc.ents = [Span(doc, 0, 1, "Q")]
        return doc

    @engine.Language.component("t_count")
    def count(doc: Doc) -> Doc:
        doc._.t_seen += 1
        return doc

    nlp = engine.blank("en")
    for name, own in (("t_first", None), ("t_count", "a"), ("t_count", "b")):
        nlp.add_pipe(name, name=own or name)
    docs = list(nlp.pipe(["one two", "six seven"]))
    assert [(doc._.t_seen, doc.user_data["start"], doc.ents[0].text, doc[0].tag_) for doc in docs] == [
        (2, "one", "one", "X"),
        (2, "six", "six", "X"),
    ]
    assert docs[0].vocab is docs[1].vocab is nlp.vocab


def annotate_elsewhere(doc: Doc) -> Doc:
    """What a process of a pool does with a document."""
    doc[0].tag_ = "SEEN"
    doc.user_data["by"] = "another process"
    return doc


@pytest.mark.nightly
def test_documents_go_through_a_pool_of_processes() -> None:
    """There and back, with annotations, user data and a vocabulary that knows their words."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        [doc] = pool.map(annotate_elsewhere, [sentence()])
    assert (doc[0].tag_, doc.user_data, doc.ents[0].label_) == ("SEEN", {"by": "another process"}, "PERSON")
    assert doc.vocab.strings[doc[0].orth] == "Ada"


@row("K11.22")
def test_split_tokens_get_heads_where_there_was_no_tree() -> None:
    """The retokenizer page's example."""
    doc = NLP("I live in NewYork")
    with doc.retokenize() as retokenizer:
        heads = [(doc[3], 1), doc[2]]
        attrs = {"POS": ["PROPN", "PROPN"], "DEP": ["pobj", "compound"]}
        retokenizer.split(doc[3], ["New", "York"], heads=heads, attrs=attrs)
    assert [(token.text, token.head.text) for token in doc][2:] == [
        ("in", "in"),
        ("New", "York"),
        ("York", "in"),
    ]
    assert [token.dep_ for token in doc][3:] == ["pobj", "compound"]
