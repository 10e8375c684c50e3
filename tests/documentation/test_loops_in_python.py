# SPDX-License-Identifier: Apache-2.0
"""Small things of the Python pages that a training script does: loops, initialisation, components."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import engine
from engine import Doc, Example, Language, PhraseMatcher, Span

from .rows import row
from .shell import PATHS, SHORT, Shell, partial_config

CODE = """
import engine
from engine import Language

@Language.factory("your_custom_factory", default_config={"your_custom_setting": False})
def make(nlp, name, your_custom_setting: bool):
    def component(doc):
        doc.user_data["setting"] = your_custom_setting
        return doc
    return component


@Language.factory("scored", default_score_weights={"mine": 1.0})
class Scored:
    def __init__(self, nlp, name):
        self.name = name

    def __call__(self, doc):
        return doc

    def score(self, examples, **kwargs):
        return {"mine": 0.5}
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line with a little corpus."""
    shell = Shell(tmp_path, monkeypatch)
    shell.write("functions.py", CODE)
    return shell


@row("K10.04", "K10.05")
def test_averages_and_scores() -> None:
    """use_params is a context; evaluate gives scores, speed among them."""
    nlp = engine.blank("en")
    nlp.add_pipe("sentencizer")
    optimizer = nlp.initialize()
    with nlp.use_params(optimizer.averages):
        assert nlp("One. Two.").text
    examples = [Example.from_dict(nlp.make_doc("One. Two."), {"sent_starts": [1, 0, 1, 0]})]
    assert nlp.evaluate(examples)["sents_f"] == 1.0


@row("K10.23", "K10.27")
def test_memory_zones_and_vocabularies(tmp_path: Path) -> None:
    """A zone bounds what a stream leaves behind; a pipeline loads with a vocabulary of its own."""
    nlp = engine.blank("en")
    with nlp.memory_zone():
        assert [doc.text for doc in nlp.pipe(["One.", "Two."])] == ["One.", "Two."]
    nlp.to_disk(tmp_path / "blank")
    assert engine.load(tmp_path / "blank", vocab=True)("One.").vocab is not None


@pytest.mark.nightly
@row("K10.09")
def test_a_stream_goes_through_processes() -> None:
    """Order and texts stay."""
    nlp = engine.blank("en")
    texts = [f"Text number {i}." for i in range(6)]
    assert [doc.text for doc in nlp.pipe(texts, n_process=2, batch_size=2)] == texts


@row("K11.01", "K11.09", "K11.23", "K11.26", "K11.28", "K11.29")
def test_documents_tokens_and_spans_are_read() -> None:
    """Texts and places, spans of one's own, sentences, trees."""
    nlp = engine.blank("en")
    doc = Doc(
        nlp.vocab,
        words=["The", "old", "town", "sleeps", "."],
        spaces=[True, True, True, False, False],
        pos=["DET", "ADJ", "NOUN", "VERB", "PUNCT"],
        heads=[2, 2, 3, 3, 3],
        deps=["det", "amod", "nsubj", "ROOT", "punct"],
        ents=["O", "O", "B-LOC", "O", "O"],
    )
    token = doc[2]
    assert (token.text, token.idx, token.i, token.whitespace_, token.text_with_ws) == (
        *("town", 8, 2, " ", "town "),
    )
    (ent,) = doc.ents
    assert (ent.start_char, ent.end_char, ent.text, ent.root.text) == (8, 12, "town", "town")
    assert [chunk.text for chunk in doc.noun_chunks] == ["The old town"]
    assert [sent.text for sent in doc.sents] == [doc.text]
    assert Span(doc, 0, 1, label="A").label_ == "A"
    assert (doc == doc, len(doc), doc.text) == (True, 5, "The old town sleeps.")
    assert (token.head.text, [t.text for t in token.children]) == ("sleeps", ["The", "old"])
    assert [t.text for t in token.subtree] == ["The", "old", "town"]
    assert [t.text for t in doc[0].ancestors] == ["town", "sleeps"]
    assert (token.left_edge.text, token.right_edge.text) == ("The", "town")


@row("M02", "M07", "M14")
def test_components_on_documents() -> None:
    """A sentencizer of one's own; acronyms by phrases and an extension; a function in a default config."""

    @Language.component("doc_sentencizer")
    def custom_sentencizer(doc: Doc) -> Doc:
        for i, token in enumerate(doc[:-2]):
            if token.text == "|" and doc[i + 1].is_title:
                doc[i + 1].is_sent_start = True
            else:
                doc[i + 1].is_sent_start = False
        return doc

    @engine.registry.misc("doc_acronyms.v1")
    def create_acronyms() -> dict[str, str]:
        return {"LOL": "laughing out loud"}

    @Language.factory("doc_acronym_component", default_config={"data": {"@misc": "doc_acronyms.v1"}})
    def create_component(nlp: Language, name: str, data: dict[str, str]) -> Any:
        matcher = PhraseMatcher(nlp.vocab)
        matcher.add("ACRONYMS", [nlp.make_doc(term) for term in data])
        if not Doc.has_extension("doc_acronyms"):
            Doc.set_extension("doc_acronyms", default=[])

        def component(doc: Doc) -> Doc:
            for _, start, end in matcher(doc):
                doc._.doc_acronyms = [(doc[start:end].text, data[doc[start:end].text])]
            return doc

        return component

    nlp = engine.blank("en")
    nlp.add_pipe("doc_sentencizer")
    nlp.add_pipe("doc_acronym_component")
    doc = nlp("This is LOL | Another one . x")
    assert len(list(doc.sents)) == 2
    assert doc._.doc_acronyms == [("LOL", "laughing out loud")]


@row("G06")
def test_a_factory_of_ones_own_stands_frozen_in_a_config(shell: Shell) -> None:
    """With a setting, on documents, beside a trained component."""
    custom = '\n[components.custom]\nfactory = "your_custom_factory"\nyour_custom_setting = true\n'
    more = custom + '\n[training]\nfrozen_components = ["custom"]\n'
    config = partial_config("tok2vec", "tagger", more=more)
    shell.write("c.cfg", config.replace('["tok2vec", "tagger"]', '["tok2vec", "tagger", "custom"]'))
    shell.good("train", "c.cfg", "-o", "out", "--code", "functions.py", *PATHS, *SHORT)
    assert engine.load("out")("Ada met Grace.").user_data["setting"] is True


@row("N06")
def test_scores_of_ones_own_component_count(shell: Shell) -> None:
    """They are written into the weights and shown in the table."""
    config = partial_config("tok2vec", "tagger", more='\n[components.scored]\nfactory = "scored"\n')
    shell.write("c.cfg", config.replace('["tok2vec", "tagger"]', '["tok2vec", "tagger", "scored"]'))
    told = shell.good("train", "c.cfg", "-o", "out", "--code", "functions.py", *PATHS, *SHORT)
    assert "MINE" in told.stdout.splitlines()[0].split()
    assert engine.read_config("out/model-best/config.cfg")["training"]["score_weights"]["mine"] == 0.5


@row("I02b")
def test_labels_of_one_component_are_read(shell: Shell) -> None:
    """`spacy.read_labels.v1`, as spaCy writes a tagger's labels."""
    labels = ["NNP", "VBD", "PRP", "VBP", "IN", ".", "VBZ", "NN"]
    shell.write("tagger.json", json.dumps(labels))
    more = (
        "\n[initialize]\n\n[initialize.components]\n\n[initialize.components.tagger]\n"
        '\n[initialize.components.tagger.labels]\n@readers = "spacy.read_labels.v1"\npath = "tagger.json"\n'
    )
    shell.write("c.cfg", partial_config("tok2vec", "tagger", more=more))
    shell.good("init", "nlp", "c.cfg", "nlp", *PATHS)
    assert engine.load("nlp").labels["tagger"] == labels


@row("I12")
def test_labels_of_a_stream_come_from_its_first_examples(shell: Shell) -> None:
    """With max_epochs -1 only the first hundred are looked at."""
    rows = [{"text": f"text {i}", "cats": {"A": 1.0, "B": 0.0}} for i in range(120)]
    rows[-1]["cats"] = {"late": 1.0}
    shell.write("stream.jsonl", "".join(json.dumps(r) + "\n" for r in rows))
    block = (
        '\n[components.textcat_multilabel]\nfactory = "textcat_multilabel"\n'
        '\n[components.textcat_multilabel.model]\n@architectures = "spacy.TextCatBOW.v3"\n'
        "exclusive_classes = false\nngram_size = 1\nno_output_layer = false\nlength = 512\n"
    )
    config = partial_config(more=block + "\n[training]\nmax_epochs = -1\n")
    shell.write("c.cfg", config.replace("pipeline = []", 'pipeline = ["textcat_multilabel"]'))
    paths = ("--paths.train", "stream.jsonl", "--paths.dev", "stream.jsonl")
    shell.good("init", "nlp", "c.cfg", "nlp", *paths)
    assert engine.load("nlp").labels["textcat_multilabel"] == ["A", "B"]
